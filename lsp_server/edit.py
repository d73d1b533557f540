"""A suggestion -> the range and text that an editor takes."""

from __future__ import annotations

from dataclasses import dataclass

from lsp_server.buffer import Position, Snapshot

_CLOSERS = {")": "(", "]": "[", "}": "{"}
_QUOTES = "\"'`"


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
    left, right = line[start : position.column], line[position.column :]
    end = position.column + count_repeated(text, right)
    return InlineEdit(
        Position(position.line, start),
        Position(position.line, end),
        left + text.replace("\n", snapshot.eol),
    )


def count_repeated(text: str, right: str) -> int:
    """How many characters of `right` (the rest of the cursor's line) `text` writes again.

    Either the text ends as `right` begins and is whole without that end, or its first line brings
    closers of its own for brackets that are closed right of the cursor already.
    """
    for length in range(min(len(right), len(text)), 0, -1):
        if text.endswith(right[:length]) and _is_whole(text[:-length]):
            return length
    return _count_closed(text.partition("\n")[0], right)


def _is_whole(text: str) -> bool:
    surplus, is_open = _scan_brackets(text)
    return not surplus and not is_open


def _count_closed(text: str, right: str) -> int:
    """How many leading closers of `right` answer to closers that `text` has too many."""
    surplus, _ = _scan_brackets(text)
    count = 0
    while count < min(len(right), len(surplus)) and right[count] == surplus[count]:
        count += 1
    return count


def _scan_brackets(text: str) -> tuple[str, bool]:
    """The closers that close something opened before `text`, and whether it leaves one open."""
    open_brackets: list[str] = []
    surplus = ""
    quote = ""
    escaped = False
    for character in text:
        if escaped:
            escaped = False
        elif character == "\\":
            escaped = True
        elif quote:
            quote = "" if character == quote else quote
        elif character in _QUOTES:
            quote = character
        elif character in "([{":
            open_brackets.append(character)
        elif character in _CLOSERS:
            if open_brackets and open_brackets[-1] == _CLOSERS[character]:
                open_brackets.pop()
            else:
                surplus += character
    return surplus, bool(open_brackets or quote)
