"""Text in which the cursor is marked by █, for tests that read like what a user sees."""

from __future__ import annotations

from dataclasses import replace

from lsp_server.buffer import Buffer, Encoding, Position, Snapshot, split_lines
from lsp_server.postprocess.base import Place
from lsp_server.syntax.splice import find_spot_in
from lsp_server.syntax.tree import parse_text

CURSOR = "█"


def read_marked(source: str) -> tuple[str, str]:
    """What stands before and after the cursor."""
    before, mark, after = source.partition(CURSOR)
    assert mark, "no cursor is marked"
    return before, after


def read_place(source: str, language: str = "python", *, multiline: bool = True) -> Place:
    """The place that the filters are told of."""
    before, after = read_marked(source)
    return Place(language, before, after, multiline)


def read_snapshot(source: str, language: str = "python") -> tuple[Snapshot, Position]:
    """The document and the cursor's position in it."""
    before, after = read_marked(source)
    buffer = Buffer("file:///project/file", 1, language, before + after, Encoding.UTF16)
    lines = split_lines(before)
    return buffer.snapshot(), Position(len(lines) - 1, len(lines[-1]))


def read_parsed_place(
    source: str, language: str = "python", *, multiline: bool = True, below: bool = False
) -> Place:
    """The place, with its spot in the text's syntax tree."""
    place = read_place(source, language, multiline=multiline)
    tree = parse_text(language, place.before + place.after, 10)
    assert tree is not None
    return replace(place, below=below, spot=find_spot_in(tree, place.before, place.after))
