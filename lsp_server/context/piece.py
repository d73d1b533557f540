"""Pieces of code that a prompt may hold: the heads of definitions, and excerpts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from lsp_server.context.scene import Scene, code_names_of, names_by_line, split_text
from lsp_server.index.base import Symbol

# Why a piece may be of use, for ranking and for the user's eyes.
Origin = Literal[
    "imported", "defined", "member", "base", "sibling", "counterpart", "user", "similar", "file",
    "names",
]  # fmt: skip

_INDENT = "    "
_MAX_HEAD_LINES = 8
_OPAQUE = re.compile(r"\W*[A-Za-z0-9+/]{40,}={0,2}(?:\\n)?\W*")
# The lines of an excerpt, and from one to the next: neighbours that are both wanted are joined.
_LINES, _STEP = 6, 3


@dataclass(frozen=True, slots=True)
class Piece:
    """Some lines of a file from `line` on, without their ends.

    `name` is what a definition's head defines, whose body is left out, "" for an excerpt.
    `container` names what encloses that definition, which stands here without it.
    """

    path: str
    line: int
    lines: tuple[str, ...]
    origin: Origin
    names: frozenset[str]
    container: str = ""
    name: str = ""
    # Its characters, line ends included.
    size: int = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", sum(map(len, self.lines)) + len(self.lines))

    @property
    def is_head(self) -> bool:
        """Whether it is a definition's head."""
        return self.name != ""

    @property
    def is_excerpt(self) -> bool:
        """Whether it is lines as they stand in the file."""
        return not self.name and self.origin != "names"

    @property
    def place(self) -> tuple[str, int]:
        """The file and the line."""
        return self.path, self.line


def make_heads(symbols: Iterable[Symbol], origin: Origin) -> list[Piece]:
    """The definitions as pieces, indented by what encloses them."""
    return [_make_head(symbol, origin) for symbol in symbols]


def cut_excerpts(path: str, line: int, lines: Sequence[str], origin: Origin) -> Iterator[Piece]:
    """Excerpts of a few lines, each overlapping the next by half; none is without a name."""
    for start in range(0, max(1, len(lines) - _STEP), _STEP):
        excerpt = tuple(lines[start : start + _LINES])
        names = code_names_of(excerpt)
        if names and not any(map(_is_opaque, excerpt)):
            yield Piece(path, line + start, excerpt, origin, frozenset(names))


@lru_cache(maxsize=2_000)
def cut_window(path: str, line: int, text: str) -> tuple[Piece, ...]:
    """The excerpts of a window of another file."""
    return tuple(cut_excerpts(path, line, split_text(text), "similar"))


@lru_cache(maxsize=2_000)
def make_window(path: str, line: int, text: str) -> Piece:
    """A window of another file as one piece."""
    names = frozenset[str]().union(*names_by_line(text))
    return Piece(path, line, tuple(split_text(text)), "similar", names)


@lru_cache(maxsize=20_000)
def _is_opaque(line: str) -> bool:
    """Whether a line may be the middle of a key, which nobody knows as one without its head."""
    return _OPAQUE.fullmatch(line) is not None


@lru_cache(maxsize=20_000)
def _make_head(symbol: Symbol, origin: Origin) -> Piece:
    head = split_text(symbol.signature)[:_MAX_HEAD_LINES]
    indent = _INDENT if symbol.container else ""
    lines = tuple(indent + line for line in head)
    names = frozenset(code_names_of(lines))
    return Piece(symbol.path, symbol.line, lines, origin, names, symbol.container, symbol.name)


def is_shown(piece: Piece, scene: Scene, first: int, last: int) -> bool:
    """Whether a piece repeats the lines `first` to `last` of the document, which are shown."""
    if piece.path != scene.path:
        return False
    return piece.line <= last and piece.line + len(piece.lines) > first
