"""Diagnostics from JSON: as the LSP has them, and as SARIF files of linters hold them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import Any
from urllib.parse import unquote, urlsplit

from lsp_server.actions.base import Diagnostic, Related
from lsp_server.buffer import Encoding, Position, Snapshot, decode_position

_SEVERITIES = {1: "error", 2: "warning", 3: "information", 4: "hint"}
_MOST = 200


def read_lsp_diagnostics(
    values: object, snapshot: Snapshot, encoding: Encoding
) -> tuple[Diagnostic, ...]:
    """A list of LSP diagnostics; what does not have their form is passed over."""
    if not isinstance(values, list | tuple):
        return ()
    found = [_read_lsp(value, snapshot, encoding) for value in values[:_MOST]]
    return tuple(one for one in found if one is not None)


def read_diagnostics_file(tree: object, snapshot: Snapshot) -> tuple[Diagnostic, ...]:
    """The diagnostics of one document in a SARIF log, a list of LSP diagnostics, or the parameters
    of `textDocument/publishDiagnostics`, one or several. Raises ValueError for anything else."""
    if isinstance(tree, Mapping) and isinstance(tree.get("runs"), list):
        return tuple(_read_sarif(tree, snapshot))[:_MOST]
    if isinstance(tree, Mapping) and isinstance(tree.get("diagnostics"), list):
        tree = [tree]
    if not isinstance(tree, list):
        raise ValueError("neither SARIF nor LSP diagnostics")
    found: list[Diagnostic] = []
    for value in tree:
        if isinstance(value, Mapping) and isinstance(value.get("diagnostics"), list):
            if _is_same_file(str(value.get("uri", "")), snapshot.uri):
                found += read_lsp_diagnostics(value["diagnostics"], snapshot, Encoding.UTF16)
        else:
            found += read_lsp_diagnostics([value], snapshot, Encoding.UTF16)
    if tree and not found and not any(isinstance(value, Mapping) for value in tree):
        raise ValueError("neither SARIF nor LSP diagnostics")
    return tuple(found[:_MOST])


def read_range(
    value: object, snapshot: Snapshot, encoding: Encoding
) -> tuple[Position, Position] | None:
    """An LSP range in the document, None where it does not have its form."""
    if not isinstance(value, Mapping):
        return None
    places: list[Position] = []
    for name in ("start", "end"):
        place = value.get(name)
        if not isinstance(place, Mapping):
            return None
        line, character = place.get("line"), place.get("character")
        if not isinstance(line, int) or not isinstance(character, int):
            return None
        places.append(decode_position(snapshot, line, character, encoding))
    start, end = sorted(places)
    return start, end


def _read_lsp(value: object, snapshot: Snapshot, encoding: Encoding) -> Diagnostic | None:
    if not isinstance(value, Mapping):
        return None
    place = read_range(value.get("range"), snapshot, encoding)
    message = value.get("message")
    if isinstance(message, Mapping):
        message = message.get("value")
    if place is None or not isinstance(message, str):
        return None
    code = value.get("code")
    severity = value.get("severity")
    return Diagnostic(
        *place,
        message,
        "" if code is None else str(code),
        str(value.get("source") or ""),
        _SEVERITIES.get(severity, "") if isinstance(severity, int) else "",
        tuple(_read_related(value.get("relatedInformation"))),
    )


def _read_related(values: object) -> Iterator[Related]:
    for value in values if isinstance(values, list | tuple) else ():
        related = _read_one_related(value)
        if related is not None:
            yield related


def _read_one_related(value: Any) -> Related | None:
    try:
        location = value["location"]
        path = unquote(urlsplit(location["uri"]).path).rpartition("/")[2]
        return Related(path, int(location["range"]["start"]["line"]), str(value["message"]))
    except (KeyError, TypeError, ValueError):
        return None


def _read_sarif(tree: Mapping[str, Any], snapshot: Snapshot) -> Iterator[Diagnostic]:
    """SARIF 2.1.0: lines and columns count from 1, columns in UTF-16 units unless it says else."""
    for run in tree["runs"]:
        if not isinstance(run, Mapping):
            continue
        encoding = Encoding.UTF16
        if run.get("columnKind") == "unicodeCodePoints":
            encoding = Encoding.UTF32
        driver = (run.get("tool") or {}).get("driver") or {}
        source = str(driver.get("name") or "")
        for result in run.get("results") or ():
            diagnostic = _read_result(result, source, snapshot, encoding)
            if diagnostic is not None:
                yield diagnostic


def _read_result(
    result: Any, source: str, snapshot: Snapshot, encoding: Encoding
) -> Diagnostic | None:
    try:
        location = result["locations"][0]["physicalLocation"]
        if not _is_same_file(location["artifactLocation"]["uri"], snapshot.uri):
            return None
        region = location.get("region") or {}
        line = int(region.get("startLine", 1)) - 1
        last = int(region.get("endLine", line + 1)) - 1
        column = int(region.get("startColumn", 1)) - 1
        # Without an end the region goes on to the end of its line.
        end_column = int(region["endColumn"]) - 1 if "endColumn" in region else 1_000_000
        message = result["message"]
        text = str(message.get("text") or message.get("markdown") or message.get("id"))
        level, rule = str(result.get("level", "warning")), str(result.get("ruleId") or "")
    except (KeyError, TypeError, ValueError, IndexError, AttributeError):
        return None
    start = decode_position(snapshot, line, column, encoding)
    end = decode_position(snapshot, last, end_column, encoding)
    return Diagnostic(start, end, text, rule, source, level)


def _is_same_file(address: str, uri: str) -> bool:
    """Whether an address, often relative to some root, names the document."""
    wanted = PurePath(unquote(urlsplit(uri).path)).parts
    named = PurePath(unquote(urlsplit(address).path)).parts
    named = tuple(part for part in named if part not in ("/", "."))
    return bool(named) and wanted[-len(named) :] == named
