"""What a model is shown besides the region: the file around it, and definitions it uses."""

from __future__ import annotations

import re
from collections.abc import Sequence

from lsp_server.actions.base import Region
from lsp_server.buffer import Snapshot
from lsp_server.context.base import Snippet
from lsp_server.context.tokens import estimate_tokens
from lsp_server.indentation import measure_indentation

# Imports stand at a file's head, and tell what names mean.
_HEAD_LINES = 40
_IMPORT = re.compile(
    r"\s*(?:from\s+\S+\s+import|import|use|using|#\s*include|require|package|const .*require\()\b"
)
_WORD = re.compile(r"[^\W\d]\w{2,}")
_MAX_DEFINITION_LINES = 40
_MAX_SCANNED_LINES = 20_000
_DEFINED = re.compile(
    r"\s*(?:(?:export|default|public|private|protected|static|final|abstract|async|pub(?:\([^)]*\))?"
    r"|unsafe|const|inline|declare)\s+)*(?:def|class|function\*?|fn|func|struct|interface|trait"
    r"|enum|type|module|object|const|let|var)\s+(?:\([^)]*\)\s*)?([^\W\d]\w*)"
)
_MARK = "…"


def gather_before(snapshot: Snapshot, region: Region, tokens: int) -> str:
    """The file above the region: the nearest lines, and its imports where not all fits."""
    lines = snapshot.lines[: region.first]
    near = _take(lines[::-1], tokens)[::-1]
    if len(near) == len(lines):
        return "".join(near).removeprefix("\ufeff")
    head = [
        line for line in lines[: min(_HEAD_LINES, len(lines) - len(near))] if _IMPORT.match(line)
    ]
    return "".join([*head, f"{_MARK}\n", *near]).removeprefix("\ufeff")


def gather_after(snapshot: Snapshot, region: Region, tokens: int) -> str:
    """The lines below the region."""
    return "".join(_take(snapshot.lines[region.last :], tokens))


def gather_definitions(
    region: str, documents: Sequence[tuple[str, Snapshot]], tokens: int
) -> tuple[Snippet, ...]:
    """The definitions in other documents of names that the region uses, as far as they fit."""
    wanted = frozenset(_WORD.findall(region))
    snippets: list[Snippet] = []
    for path, snapshot in documents:
        for first in _find_definitions(snapshot, wanted):
            text = _cut_block(snapshot, first)
            tokens -= estimate_tokens(text)
            if tokens < 0:
                return tuple(snippets)
            snippets.append(Snippet(path, text))
    return tuple(snippets)


def _find_definitions(snapshot: Snapshot, wanted: frozenset[str]) -> list[int]:
    found = []
    for number, line in enumerate(snapshot.lines[:_MAX_SCANNED_LINES]):
        if len(line) > 400:
            continue
        match = _DEFINED.match(line)
        if match and match.group(1) in wanted and measure_indentation(line) == 0:
            found.append(number)
    return found


def _cut_block(snapshot: Snapshot, first: int) -> str:
    """A definition with what hangs on it, to 40 lines."""
    end = first + 1
    last = min(len(snapshot.lines), first + _MAX_DEFINITION_LINES)
    while end < last:
        line = snapshot.line_text(end)
        if line.strip() and measure_indentation(line) == 0:
            # A closing bracket at the margin belongs to it.
            end += line.lstrip().startswith(("}", ")", "]", "end"))
            break
        end += 1
    return "".join(snapshot.lines[first:end]).rstrip() + "\n"


def _take(lines: Sequence[str], tokens: int) -> list[str]:
    taken: list[str] = []
    for line in lines:
        tokens -= estimate_tokens(line)
        if tokens < 0:
            break
        taken.append(line)
    return taken
