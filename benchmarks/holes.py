"""Whole packages with lines cut out, to see what is still known of the lines."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import tree_sitter

from lsp_server.privacy.content import why_no_context
from lsp_server.syntax.grammars import language_of_path
from lsp_server.syntax.parsing import parse_text

_WORD = re.compile(r"[^\W\d]\w*")
# Shorter names are in every text, as are the words for the object itself.
_MIN_NAME = 3
_NOT_NAMED = frozenset({"self", "cls"})
# Files that somebody would work on: none that a tool has written.
_MIN_LINES, _MAX_LINES = 30, 4000
_MAX_LINE_LENGTH = 160
_APART = 20
_PARSE_S = 5.0


@dataclass(frozen=True, slots=True)
class Hole:
    """A line that was cut out: where its first character stood, its text, and its identifiers.

    `absent` are those of its `names` that stand nowhere else in the file.
    """

    path: str
    line: int
    text: str
    names: frozenset[str]
    absent: frozenset[str]


@dataclass(frozen=True, slots=True)
class Package:
    """The texts of a package by path, without the lines of its holes."""

    name: str
    texts: Mapping[str, str]
    holes: tuple[Hole, ...]


def cut_package(name: str, root: Path, suffixes: tuple[str, ...], count: int) -> Package:
    """Read the sources below `root` and cut about `count` lines out, spread over the files.

    The same lines every time. Raises `FileNotFoundError` where there are no sources.
    """
    texts = dict(sorted(_read(root, suffixes)))
    files = [path for path, text in texts.items() if _may_be_cut(path, text)]
    if not files:
        raise FileNotFoundError(f"{root} holds no sources.")
    chooser = random.Random(name)
    chooser.shuffle(files)
    each = -(-count // len(files))
    holes: list[Hole] = []
    for path in files[:count]:
        found, texts[path] = _cut(path, texts[path], each, chooser)
        holes += found
    return Package(name, texts, tuple(holes))


def words_of(text: str) -> set[str]:
    """The identifiers of a text, and all else that looks like one."""
    return set(_WORD.findall(text))


def _read(root: Path, suffixes: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for path in root.rglob("*"):
        relative = path.relative_to(root)
        is_source = path.name.endswith(suffixes) and not path.name.endswith((".d.ts", ".min.js"))
        if is_source and path.is_file() and "node_modules" not in relative.parts:
            try:
                yield relative.as_posix(), path.read_bytes().decode("utf-8").replace("\r\n", "\n")
            except UnicodeDecodeError:
                continue


def _may_be_cut(path: str, text: str) -> bool:
    is_of_use = why_no_context(PurePosixPath(path), text) is None
    return is_of_use and _MIN_LINES <= text.count("\n") <= _MAX_LINES


def _cut(path: str, text: str, count: int, chooser: random.Random) -> tuple[list[Hole], str]:
    """Up to `count` holes of one file, none near another, and the text without them."""
    lines = text.split("\n")
    named = _name_lines(language_of_path(path), text)
    chosen: list[int] = []
    for number in chooser.sample(list(named), len(named)):
        is_apart = all(abs(number - other) > _APART for other in chosen)
        if is_apart and len(lines[number]) <= _MAX_LINE_LENGTH:
            chosen.append(number)
        if len(chosen) == count:
            break
    left = "\n".join(line for number, line in enumerate(lines) if number not in chosen)
    words = words_of(left)
    holes = [
        # Holes further up have moved the line.
        Hole(path, number - rank, lines[number], named[number], named[number] - words)
        for rank, number in enumerate(sorted(chosen))
    ]
    return holes, left


def _name_lines(language: str, text: str) -> dict[int, frozenset[str]]:
    """The identifiers of each line that has some, by the grammar: no comments, no strings."""
    tree = parse_text(language, text, _PARSE_S)
    if tree is None:
        return {}
    found: dict[int, set[str]] = {}
    stack: list[tree_sitter.Node] = [tree.root]
    while stack:
        node = stack.pop()
        stack += node.children
        if node.child_count == 0 and node.type.endswith("identifier") and node.text is not None:
            name = node.text.decode()
            if len(name) >= _MIN_NAME and name not in _NOT_NAMED:
                found.setdefault(node.start_point.row, set()).add(name)
    return {number: frozenset(names) for number, names in sorted(found.items())}
