"""The place that context is wanted for, as a value that can be sent to another process."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from lsp_server.buffer import Position, Snapshot, strip_terminator

NAME = re.compile(r"[^\W\d]\w*")
# What one line can tell: a line of data has no end.
_MAX_LINE = 400
# Comments, and what reads as a sentence elsewhere.
_PROSE = re.compile(r"""\s*(?:\# |//|/\*|\*\s|--\s|\"{3})|(?:.*?\s)?(?:[A-Za-z']+[,;]? ){5}""")
# What is sent of a document. A prompt has no room for more, nor for lines that are longer.
_ABOVE, _BELOW, _HEAD = 400, 200, 60
_MAX_CHARACTERS = 200_000

# Around the cursor, so many lines above and below say what the line is about; nearer ones more.
NEAR_ABOVE, NEAR_BELOW = 12, 6
NEXT_ABOVE, NEXT_BELOW = 4, 3


@dataclass(frozen=True, slots=True)
class Scene:
    """The text around a cursor: whole lines with "\\n" ends, `left` and `right` of the cursor's.

    `first` is the number of the first line of `above` in its document, `head` what stands at the
    document's start where `above` does not reach it. `path` is relative to the workspace folder.
    """

    path: str
    language: str
    first: int
    above: tuple[str, ...]
    left: str
    right: str
    below: tuple[str, ...]
    head: tuple[str, ...] = ()

    @property
    def line(self) -> int:
        """The cursor's line."""
        return self.first + len(self.above)

    def near(self, above: int, below: int) -> tuple[str, ...]:
        """The lines around the cursor, its own among them."""
        return (*self.above[-above:], self.left + self.right, *self.below[:below])


def make_scene(snapshot: Snapshot, position: Position, path: str) -> Scene | None:
    """The scene at a position, None where the lines around it are too long to be code."""
    first = max(0, position.line - _ABOVE)
    line = snapshot.line_text(position.line)
    scene = Scene(
        path,
        snapshot.language,
        first,
        _strip(snapshot.lines[first : position.line]),
        line[: position.column],
        line[position.column :],
        _strip(snapshot.lines[position.line + 1 : position.line + 1 + _BELOW]),
        _strip(snapshot.lines[: min(_HEAD, first)]),
    )
    size = sum(map(len, scene.above)) + sum(map(len, scene.below)) + len(line)
    return scene if size <= _MAX_CHARACTERS else None


@lru_cache(maxsize=20_000)
def names_in(line: str) -> frozenset[str]:
    """The names in a line of code, and all that looks like one."""
    return frozenset(NAME.findall(line[:_MAX_LINE]))


@lru_cache(maxsize=20_000)
def code_names_in(line: str) -> frozenset[str]:
    """The names in a line, none where it is prose: those words are the names of nothing."""
    return frozenset() if _PROSE.match(line[:_MAX_LINE]) else names_in(line)


@lru_cache(maxsize=2_000)
def names_by_line(text: str) -> tuple[frozenset[str], ...]:
    """The names in each line of a text, for the lines of code that have some."""
    return tuple(names for line in split_text(text) if (names := code_names_in(line)))


def names_of(lines: Iterable[str]) -> set[str]:
    """The names in some lines."""
    found: set[str] = set()
    for line in lines:
        found |= names_in(line)
    return found


def code_names_of(lines: Iterable[str]) -> set[str]:
    """The names in some lines, but those that are prose."""
    found: set[str] = set()
    for line in lines:
        found |= code_names_in(line)
    return found


def number_lines(scene: Scene) -> Iterator[tuple[int, str]]:
    """The lines of the document that are known, with their numbers; not the cursor's own."""
    yield from enumerate(scene.head)
    yield from enumerate(scene.above, scene.first)
    yield from enumerate(scene.below, scene.line + 1)


def split_text(text: str) -> Sequence[str]:
    """The lines of a text, without their ends."""
    return text.rstrip("\n").split("\n")


def _strip(lines: Iterable[str]) -> tuple[str, ...]:
    return tuple(map(strip_terminator, lines))
