"""The format of the files in tests/cases_actions: what is there, what is asked for, what the model
says, what comes of it.

Of the sections in `tests.pipeline.sections`, and more:

    -- source LANGUAGE PATH --   the document; █ marks the cursor, or two of them the selection
    -- action KIND --            fix, refactor, explain, doc or test; the body is the instruction
    -- diagnostics --            one a line: LINE:COLUMN-COLUMN SEVERITY SOURCE CODE: MESSAGE
    -- open LANGUAGE PATH --     another open document
    -- reply --                  what the model says; `-- reply 2 --` to the second request
    -- edited --                 the document as its user edits it while the model writes
    -- expect STATUS --          the change as a diff without its head, or the Markdown
    -- reason --                 the reason given, with notes
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from lsp_server.actions.base import ActionResult, Diagnostic, Kind
from lsp_server.buffer import Position, Snapshot, split_lines
from tests.pipeline.sections import (
    CURSOR,
    GOLDEN,
    Given,
    read_characters,
    read_setup,
    split_sections,
)

_DIAGNOSTIC = re.compile(r"(\d+):(\d+)-(\d+) (\w+) (\S+) (\S+): (.*)")


@dataclass(frozen=True)
class ActionCase(Given):
    """A case as its file tells it."""

    kind: Kind
    start: Position | None
    end: Position | None
    instruction: str
    diagnostics: tuple[Diagnostic, ...]
    opened: Mapping[str, tuple[str, str]]
    replies: tuple[str, ...]
    edited: str | None


def read_action_case(file: Path) -> ActionCase:
    """Raises ValueError where a file does not have the form above."""
    intent, sections = split_sections(file.read_text("utf-8"))
    by_name: dict[str, tuple[str, str]] = {}
    files, opened, replies = {}, {}, []
    for head, body in sections.items():
        name, _, argument = head.partition(" ")
        text = read_characters(body)
        if name == "file":
            files[argument] = text
        elif name == "open":
            language, path = argument.split()
            opened[path] = (language, text)
        elif name == "reply":
            replies.append(text)
        else:
            by_name[name] = (argument, text)
    known = {"source", "action", "diagnostics", "settings", "endpoint", "edited", *GOLDEN}
    if by_name.keys() - known or not {"source", "action"} <= by_name.keys():
        raise ValueError(f"{file.name}: its sections are {sorted(by_name)}")
    head, source = by_name["source"]
    language, path = head.split()
    parts = source.split(CURSOR)
    places = [_place("".join(parts[: number + 1])) for number in range(len(parts) - 1)]
    text = "".join(parts)
    return ActionCase(
        intent=intent,
        sections=sections,
        kind=cast(Kind, by_name["action"][0]),
        language=language,
        path=path,
        text=text,
        start=places[0] if places else None,
        end=places[-1] if places else None,
        instruction=by_name["action"][1],
        diagnostics=_read_diagnostics(by_name.get("diagnostics", ("", ""))[1]),
        opened=opened,
        files=files,
        settings=json.loads(by_name.get("settings", ("", ""))[1] or "{}"),
        setup=read_setup(by_name.get("endpoint", ("dashscope", ""))),
        replies=tuple(replies),
        edited=by_name["edited"][1] if "edited" in by_name else None,
    )


def show_result(result: ActionResult) -> str:
    """The change or the Markdown."""
    if result.markdown is not None:
        return result.markdown
    if result.file is None:
        return ""
    before, after = split_lines(result.file.before), split_lines(result.file.after)
    lines = list(difflib.unified_diff(before, after, n=1))[2:]
    shown = [line if line.endswith("\n") else f"{line} ⌿\n" for line in lines if line != " "]
    head = [f"creates {result.file.uri.rpartition('/')[2]}\n"] if result.file.creates else []
    return "".join([*head, *shown]).removesuffix("\n")


def _place(before: str) -> Position:
    lines = Snapshot("", 0, "", tuple(split_lines(before))).lines
    return Position(len(lines) - 1, len(lines[-1]))


def _read_diagnostics(text: str) -> tuple[Diagnostic, ...]:
    found = []
    for line in filter(None, text.split("\n")):
        match = _DIAGNOSTIC.fullmatch(line)
        if match is None:
            raise ValueError(f"no diagnostic: {line}")
        number, first, last, severity, source, code, message = match.groups()
        start = Position(int(number) - 1, int(first) - 1)
        end = Position(int(number) - 1, int(last) - 1)
        found.append(Diagnostic(start, end, message, code, source, severity))
    return tuple(found)
