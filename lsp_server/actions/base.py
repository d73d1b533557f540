"""What an action takes and gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from lsp_server.buffer import Position, Snapshot

Kind = Literal["fix", "refactor", "explain", "doc", "test"]
# What became of an action: the words that `workspace/executeCommand` answers with.
Status = Literal["applied", "rejected", "stale", "unchanged", "failed", "cancelled"]


@dataclass(frozen=True, slots=True)
class Related:
    """Another place that a diagnostic speaks of; `line` counts from 0."""

    path: str
    line: int
    message: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """What a tool found fault with."""

    start: Position
    end: Position
    message: str
    code: str = ""
    source: str = ""
    severity: str = ""
    related: tuple[Related, ...] = ()


@dataclass(frozen=True, slots=True)
class ActionRequest:
    """What is asked for: an action on a range of a document. `path` is what a model is told.

    `start` and `end` are None where nothing is selected and no cursor is known.
    """

    kind: Kind
    snapshot: Snapshot
    path: str
    start: Position | None = None
    end: Position | None = None
    instruction: str = ""
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def is_selection(self) -> bool:
        """Whether there is more than a cursor."""
        return self.start is not None and self.end is not None and self.start != self.end


@dataclass(frozen=True, slots=True)
class Region:
    """Whole lines [first, last) of a document, counted from 0; what an edit is confined to.

    `name` says what it is, as in "function `parse`". `column` is where the first line begins: 1
    past a byte order mark, which is nobody's to edit.
    """

    first: int
    last: int
    name: str = ""
    column: int = 0

    @property
    def count(self) -> int:
        """How many lines it has."""
        return self.last - self.first


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why something is not done, in one sentence that says what to do."""

    reason: str


@dataclass(frozen=True, slots=True)
class TextEdit:
    """Replace the text from `start` to `end` with `text`."""

    start: Position
    end: Position
    text: str


@dataclass(frozen=True, slots=True)
class FileEdit:
    """The edits of one file. `version` is that of the open document they were computed on, None
    where the file is not open; `creates` where there is no such file yet."""

    uri: str
    version: int | None
    edits: tuple[TextEdit, ...]
    before: str
    after: str
    creates: bool = False


@dataclass(frozen=True, slots=True)
class ActionResult:
    """What an action came to.

    Until an editor or the command line has applied `file`, "applied" means that it may be.
    `notes` are remarks for the user about what was done.
    """

    status: Status
    reason: str = ""
    file: FileEdit | None = None
    markdown: str | None = None
    model: str | None = None
    notes: tuple[str, ...] = ()

    def with_status(self, status: Status, reason: str = "") -> ActionResult:
        """The same result with another end."""
        return replace(self, status=status, reason=reason or self.reason)


@dataclass(frozen=True, slots=True)
class Step:
    """How far an action has come: what is done, and the characters received so far."""

    message: str
    characters: int = 0


def region_lines(snapshot: Snapshot, region: Region) -> list[str]:
    """The region's lines without their ends, and without a byte order mark."""
    lines = [
        line.rstrip("\r\n") if line.endswith(("\r", "\n")) else line
        for line in snapshot.lines[region.first : region.last]
    ]
    if region.column and lines:
        lines[0] = lines[0][region.column :]
    return lines


def apply_edits(snapshot: Snapshot, edits: Sequence[TextEdit]) -> str:
    """The document's text after the edits, which do not overlap."""
    text = snapshot.text
    placed = sorted(
        ((snapshot.offset(edit.start), snapshot.offset(edit.end), edit.text) for edit in edits),
        reverse=True,
    )
    for start, end, new in placed:
        text = text[:start] + new + text[end:]
    return text
