"""A suggestion -> the range and text that an editor takes."""

from __future__ import annotations

from dataclasses import dataclass, replace

from lsp_server.buffer import Position, Snapshot, split_lines
from lsp_server.overlap import count_repeated


@dataclass(frozen=True, slots=True)
class InlineEdit:
    """Replace the text from `start` to `end`, both on one line, with `text`."""

    start: Position
    end: Position
    text: str


def make_inline_edit(snapshot: Snapshot, position: Position, text: str) -> InlineEdit:
    """The edit that inserts `text` at `position`, in the document's own line endings.

    The range starts at the first non-blank of the line, or at its start where the cursor stands
    in the indentation, and the new text begins with what the range holds left of the cursor: an
    editor that accepts late, after another key, then cannot double a character. It ends past
    those characters right of the cursor that the text repeats, such as an auto-closed bracket.
    """
    line = snapshot.line_text(position.line)
    blank = len(line) - len(line.lstrip())
    start = blank if blank <= position.column else 0
    left, right = line[: position.column], line[position.column :]
    end = position.column + count_repeated(left, text, right, snapshot.language)
    return InlineEdit(
        Position(position.line, start),
        Position(position.line, end),
        left[start:] + text.replace("\n", snapshot.eol),
    )


def accept(snapshot: Snapshot, edit: InlineEdit) -> tuple[Snapshot, Position]:
    """The document, and the cursor's place, as they would be once `edit` is accepted."""
    first, last = edit.start, edit.end
    head = snapshot.lines[first.line][: first.column] + edit.text
    tail = snapshot.lines[last.line][last.column :]
    written = split_lines(head)
    middle = split_lines(head + tail)
    if last.line + 1 < len(snapshot.lines):
        # The tail holds the line's own terminator, after which nothing stands.
        middle = middle[:-1]
    lines = (*snapshot.lines[: first.line], *middle, *snapshot.lines[last.line + 1 :])
    cursor = Position(first.line + len(written) - 1, len(written[-1]))
    return replace(snapshot, lines=lines), cursor
