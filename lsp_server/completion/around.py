"""What a text was answered for: the place, reduced to what makes answers valid."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass

from lsp_server.buffer import Position, Snapshot

# How much of the text above and below must be the same. What changes farther up, such as an import
# that another tool adds, does not spoil an answer.
_LINES_ABOVE = 6
_LINES_SEARCHED = 30
_CLOSING = " \t)]}>\"'`;,"
# Farther back nobody has typed along one answer.
_CHARACTERS_BACK = 600


@dataclass(frozen=True, slots=True)
class Line:
    """A line as a place for answers: `key` is its surroundings, `left` its text.

    Pure changes of indentation, and closers that an editor adds to the right, leave the key as it
    is. `typed` is what was typed from the line's end on, with a leading "\\n".
    """

    key: Hashable
    left: str
    typed: str


def line_at(snapshot: Snapshot, position: Position) -> Line:
    """The line of a place, up to the place."""
    return next(walk_back(snapshot, position))


def walk_back(snapshot: Snapshot, position: Position) -> Iterator[Line]:
    """The line of a place and those above it, nearest first, with what was typed since each."""
    right = snapshot.line_text(position.line)[position.column :].strip(_CLOSING)
    below = _below(snapshot, position.line)
    left = snapshot.line_text(position.line)[: position.column]
    typed = ""
    for number in range(position.line, -1, -1):
        yield Line((snapshot.uri, _above(snapshot, number), right, below), left, typed)
        typed = f"\n{left}{typed}"
        if len(typed) > _CHARACTERS_BACK:
            return
        left = snapshot.line_text(number - 1) if number else ""


def _above(snapshot: Snapshot, number: int) -> tuple[str, ...]:
    found: list[str] = []
    for above in range(number - 1, max(-1, number - _LINES_SEARCHED), -1):
        text = snapshot.lines[above].strip()
        if text:
            found.append(text)
            if len(found) == _LINES_ABOVE:
                break
    return tuple(found)


def _below(snapshot: Snapshot, number: int) -> str:
    for below in range(number + 1, min(len(snapshot.lines), number + _LINES_SEARCHED)):
        text = snapshot.lines[below].strip()
        if text:
            return text
    return ""
