"""What the index knows of a workspace, as values. Paths are relative to its root, with "/"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

# A window has so many lines at most: few enough that several fit into a prompt, enough to hold a
# function. It ends where a definition begins, or at an empty line, if one is near.
WINDOW_LINES = 32


@dataclass(frozen=True, slots=True)
class Symbol:
    """A definition.

    `container` is the dotted name of what encloses it, "" at the top. `signature` is its head as
    it stands in the source, without body, dedented; `doc` the first line of what documents it.
    `kind` is one of: class, interface, struct, enum, trait, module, type, function, method, macro,
    constant, variable, field. `line` and `end_line` count from 0, the end included.
    """

    path: str
    language: str
    name: str
    kind: str
    container: str
    signature: str
    doc: str
    line: int
    end_line: int


@dataclass(frozen=True, slots=True)
class Import:
    """One import: the names that it binds ("*" for all), and the module as it is written.

    `origins` are what the module calls these names, in the same order: "" is the module itself,
    "*" all of them, "default" the default export of a JavaScript module.
    """

    module: str
    names: tuple[str, ...]
    line: int
    origins: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Chunk:
    """A window of a file's lines; `score` grows with likeness to what was searched."""

    path: str
    language: str
    line: int
    text: str
    score: float = 0.0


class Lookup(Protocol):
    """What can be asked of an index. Every answer is bounded, and empty rather than an error."""

    def define(self, names: Sequence[str], limit: int = 64) -> list[Symbol]:
        """The definitions of any of these names."""

    def members(self, containers: Sequence[str], limit: int = 128) -> list[Symbol]:
        """What is defined directly in containers of these names, in the source's order."""

    def outline(self, path: str) -> list[Symbol]:
        """A file's definitions in the source's order."""

    def imports(self, path: str) -> list[Import]:
        """A file's imports."""

    def search(self, words: Sequence[str], limit: int = 32, *, without: str = "") -> list[Chunk]:
        """The windows that share most with these identifiers, best first; none of the file at the
        path `without`."""

    def lines(self, path: str, first: int, last: int) -> list[str]:
        """The lines `first` to `last` of a file without their ends, the last included; none where
        not all of them are known."""

    def files(self) -> list[str]:
        """The paths of all indexed files."""
