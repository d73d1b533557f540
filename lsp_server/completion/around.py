"""What a text was answered for: the place, reduced to what makes answers valid."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass

from lsp_server.buffer import Position, Snapshot

# How much of the text above and below must be the same. What changes farther up, such as an import
# that another tool adds, does not spoil an answer.
_LINES_ABOVE = 6
_CLOSING = " \t)]}>\"'`;,"
# Farther back nobody has typed along one answer.
_CHARACTERS_BACK = 600


@dataclass(frozen=True, slots=True)
class Around:
    """One place: its key, and the indentation of its line, which an answer may be moved by."""

    key: Hashable
    indentation: str


def around(snapshot: Snapshot, position: Position) -> Around:
    """The key of a place. Pure changes of indentation, and closers that an editor adds to the
    right, leave it the same."""
    line = snapshot.line_text(position.line)
    return _make(
        snapshot.uri,
        _above(snapshot, position.line),
        line[: position.column],
        _right_key(line[position.column :]),
        _below(snapshot, position.line),
    )


def walk_back(snapshot: Snapshot, position: Position) -> Iterator[tuple[Around, str]]:
    """Places from `position` backwards, each with the text typed since then, nearest first.

    The place itself comes first, with nothing typed. Line ends in the text are "\\n".
    """
    right = _right_key(snapshot.line_text(position.line)[position.column :])
    below = _below(snapshot, position.line)
    typed = ""
    number, column = position.line, position.column
    while number >= 0:
        line = snapshot.line_text(number)[:column]
        above = _above(snapshot, number)
        for end in range(len(line), -1, -1):
            if len(typed) + len(line) - end > _CHARACTERS_BACK:
                return
            yield _make(snapshot.uri, above, line[:end], right, below), line[end:] + typed
        typed = "\n" + line + typed
        number -= 1
        column = len(snapshot.lines[number]) if number >= 0 else 0


def _make(uri: str, above: tuple[str, ...], left: str, right: str, below: str) -> Around:
    stripped = left.lstrip()
    return Around((uri, above, stripped, right, below), left[: len(left) - len(stripped)])


def _above(snapshot: Snapshot, number: int) -> tuple[str, ...]:
    found: list[str] = []
    for above in range(number - 1, max(-1, number - 30), -1):
        text = snapshot.lines[above].strip()
        if text:
            found.append(text)
            if len(found) == _LINES_ABOVE:
                break
    return tuple(found)


def _below(snapshot: Snapshot, number: int) -> str:
    for below in range(number + 1, min(len(snapshot.lines), number + 30)):
        text = snapshot.lines[below].strip()
        if text:
            return text
    return ""


def _right_key(right: str) -> str:
    return right.strip(_CLOSING)
