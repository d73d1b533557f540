"""Documents as the LSP sees them: lines, positions, edits and immutable snapshots.

Inside the server a column counts code points. The LSP counts UTF-8, UTF-16 or UTF-32 units, as
agreed with the client; `decode_position` and `encode_position` convert at the edge.
"""

from __future__ import annotations

import enum
import io
import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

LINE_ENDINGS = ("\n", "\r\n", "\r")
_LINES_TOLD = 1000

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


class Encoding(enum.Enum):
    """The unit in which the client counts columns (LSP `PositionEncodingKind`)."""

    UTF8 = "utf-8"
    UTF16 = "utf-16"
    UTF32 = "utf-32"


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place between two characters: zero-based line, column in code points."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Change:
    """One LSP content change, its positions as sent: (line, units).

    Without `start` and `end` the text replaces the whole document.
    """

    start: tuple[int, int] | None
    end: tuple[int, int] | None
    text: str


@dataclass(frozen=True)
class Snapshot:
    """One version of a document. `lines` keep their terminators, and the last line has none."""

    uri: str
    version: int
    language: str
    lines: tuple[str, ...]

    @cached_property
    def text(self) -> str:
        return "".join(self.lines)

    @cached_property
    def size(self) -> int:
        """How many code points `text` has."""
        return sum(map(len, self.lines))

    @cached_property
    def eol(self) -> str:
        """The line ending used most often in the first lines; "\\n" where there is none."""
        # It is asked for at every key, and few lines tell as much as all of a large file.
        text = "".join(self.lines[:_LINES_TOLD])
        crlf = text.count("\r\n")
        counts = {
            "\n": text.count("\n") - crlf,
            "\r\n": crlf,
            "\r": text.count("\r") - crlf,
        }
        return max(LINE_ENDINGS, key=counts.__getitem__)

    def line_text(self, line: int) -> str:
        """The line without its terminator; "" where there is no such line."""
        if not 0 <= line < len(self.lines):
            return ""
        return strip_terminator(self.lines[line])

    def clamp(self, position: Position) -> Position:
        """The nearest position that the document has."""
        return _clamp(self.lines, position)

    def offset(self, position: Position) -> int:
        """How many code points of `text` lie before the (clamped) position."""
        place = self.clamp(position)
        return self._line_starts[place.line] + place.column

    def position(self, offset: int) -> Position:
        """The position at a code-point offset; inside "\\r\\n" it is the end of the line."""
        inside = min(max(offset, 0), self._line_starts[-1] + len(self.lines[-1]))
        line = bisect_right(self._line_starts, inside) - 1
        return self.clamp(Position(line, inside - self._line_starts[line]))

    def text_before(self, position: Position) -> str:
        place = self.clamp(position)
        return "".join(self.lines[: place.line]) + self.lines[place.line][: place.column]

    def text_after(self, position: Position) -> str:
        place = self.clamp(position)
        return self.lines[place.line][place.column :] + "".join(self.lines[place.line + 1 :])

    @cached_property
    def _line_starts(self) -> list[int]:
        starts = list(accumulate(map(len, self.lines), initial=0))
        starts.pop()
        return starts


class Buffer:
    """An open document that the client edits. Readers take a `snapshot`."""

    def __init__(
        self, uri: str, version: int, language: str, text: str, encoding: Encoding
    ) -> None:
        self.uri = uri
        self.version = version
        self.language = language
        self.encoding = encoding
        self._lines = split_lines(replace_lone_surrogates(text))
        self._snapshot: Snapshot | None = None

    def apply(self, changes: Sequence[Change], version: int) -> None:
        """Apply the changes in order; each one's positions refer to the state before it."""
        for change in changes:
            self._apply_one(change)
        self.version = version
        self._snapshot = None

    def snapshot(self) -> Snapshot:
        if self._snapshot is None:
            self._snapshot = Snapshot(self.uri, self.version, self.language, tuple(self._lines))
        return self._snapshot

    def _apply_one(self, change: Change) -> None:
        text = replace_lone_surrogates(change.text)
        if change.start is None or change.end is None:
            self._lines = split_lines(text)
            return
        start, end = sorted(
            decode_position(self._lines, line, units, self.encoding)
            for line, units in (change.start, change.end)
        )
        self._splice(start, end, text)

    def _splice(self, start: Position, end: Position, text: str) -> None:
        first = start.line
        merged = self._lines[first][: start.column] + text + self._lines[end.line][end.column :]
        # A "\n" that comes to stand at the start of a line completes a "\r" that ended the line
        # above. No other boundary can change: positions never lie between "\r" and "\n".
        if first > 0 and merged.startswith("\n") and self._lines[first - 1].endswith("\r"):
            first -= 1
            merged = self._lines[first] + merged
        lines = split_lines(merged)
        if end.line + 1 < len(self._lines):
            # The text ends with the terminator of its last line, so the empty line that
            # split_lines adds after it is the document's next line, which stays.
            lines.pop()
        self._lines[first : end.line + 1] = lines


def split_lines(text: str) -> list[str]:
    """The lines of a text with their terminators, by the LSP's rule.

    Only "\\r\\n", "\\n" and "\\r" end a line. The last line has no terminator and may be "".
    """
    # Newline "" makes the stream split by exactly this rule, in C, and leave the text as it is.
    lines = io.StringIO(text, newline="").readlines()
    if not lines or lines[-1].endswith(("\n", "\r")):
        lines.append("")
    return lines


def strip_terminator(line: str) -> str:
    # No line of `split_lines` holds another terminator.
    return line.rstrip("\r\n")


def replace_lone_surrogates(text: str) -> str:
    """U+FFFD for each surrogate, which JSON allows and no encoding can write.

    U+FFFD has the same length in all three encodings, so the client's columns stay right.
    """
    if text.isascii():
        return text
    return _LONE_SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text)


def decode_column(line: str, units: int, encoding: Encoding) -> int:
    """Units of the encoding -> code points in a line, with or without its terminator.

    Past the end of the line: its end. Inside a character: the character's start.
    """
    content = strip_terminator(line)
    if units <= 0:
        return 0
    if encoding is Encoding.UTF32 or content.isascii():
        return min(units, len(content))
    # No line has fewer units than code points, so nothing beyond `units` of them matters.
    content = replace_lone_surrogates(content[:units])
    if encoding is Encoding.UTF8:
        return len(content.encode()[:units].decode(errors="ignore"))
    return len(content.encode("utf-16-le")[: 2 * units].decode("utf-16-le", errors="ignore"))


def encode_column(line: str, column: int, encoding: Encoding) -> int:
    """Code points -> units of the encoding in a line; past the end of the line: its end."""
    before = strip_terminator(line)[: max(column, 0)]
    if encoding is Encoding.UTF32 or before.isascii():
        return len(before)
    if encoding is Encoding.UTF8:
        return len(before.encode(errors="surrogatepass"))
    return len(before.encode("utf-16-le", errors="surrogatepass")) // 2


def decode_position(
    document: Snapshot | Sequence[str], line: int, units: int, encoding: Encoding
) -> Position:
    """An LSP position as sent -> the document's own, always inside the document.

    A line past the last one means the document's end, a negative one its start.
    """
    lines = document.lines if isinstance(document, Snapshot) else document
    if line < 0:
        return Position(0, 0)
    if line >= len(lines):
        return Position(len(lines) - 1, len(lines[-1]))
    return Position(line, decode_column(lines[line], units, encoding))


def encode_position(
    document: Snapshot | Sequence[str], position: Position, encoding: Encoding
) -> tuple[int, int]:
    """The document's position, clamped -> (line, units) as the LSP sends them."""
    lines = document.lines if isinstance(document, Snapshot) else document
    place = _clamp(lines, position)
    return place.line, encode_column(lines[place.line], place.column, encoding)


def _clamp(lines: Sequence[str], position: Position) -> Position:
    if position.line < 0:
        return Position(0, 0)
    if position.line >= len(lines):
        return Position(len(lines) - 1, len(lines[-1]))
    # Most positions lie left of the terminator, and those need no copy of the line.
    line = lines[position.line]
    if 0 <= position.column < len(line) - 1:
        return position
    return Position(position.line, min(max(position.column, 0), len(strip_terminator(line))))
