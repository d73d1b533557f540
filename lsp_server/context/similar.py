"""Code like that around the cursor, from elsewhere in the workspace and in the document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lsp_server.context.piece import Piece, cut_excerpts, cut_window, make_window
from lsp_server.context.scene import (
    NEAR_ABOVE,
    NEAR_BELOW,
    NEXT_ABOVE,
    NEXT_BELOW,
    Scene,
    names_of,
)
from lsp_server.index.base import Chunk, Lookup

# So many windows tell names; the lines of the best of them may be shown.
_WIDE, _NARROW = 24, 16
_SHOWN_WIDE, _SHOWN_NARROW = 8, 5


def search_similar(scene: Scene, lookup: Lookup, bases: Sequence[str]) -> tuple[list[Chunk], ...]:
    """Windows of other files like the wider surroundings, and like the nearest lines."""
    wide = names_of(scene.near(NEAR_ABOVE, NEAR_BELOW)).union(bases)
    narrow = names_of(scene.near(NEXT_ABOVE, NEXT_BELOW))
    return (
        lookup.search(sorted(wide), _WIDE, without=scene.path),
        lookup.search(sorted(narrow), _NARROW, without=scene.path),
    )


def cut_similar(wide: Sequence[Chunk], narrow: Sequence[Chunk]) -> Iterator[Piece]:
    """Excerpts of the best of these windows."""
    for chunk in _distinct([*wide[:_SHOWN_WIDE], *narrow[:_SHOWN_NARROW]]):
        yield from cut_window(chunk.path, chunk.line, chunk.text)


def take_whole(wide: Sequence[Chunk], narrow: Sequence[Chunk]) -> list[Piece]:
    """Those windows as they are that are not cut into excerpts."""
    return [
        make_window(chunk.path, chunk.line, chunk.text)
        for chunk in _distinct([*wide[_SHOWN_WIDE:], *narrow[_SHOWN_NARROW:]])
    ]


def _distinct(chunks: Sequence[Chunk]) -> Iterator[Chunk]:
    yield from {(chunk.path, chunk.line): chunk for chunk in chunks}.values()


def cut_file(scene: Scene) -> Iterator[Piece]:
    """Excerpts of the document itself; those that the window shows are to be left out."""
    yield from cut_excerpts(scene.path, 0, scene.head, "file")
    yield from cut_excerpts(scene.path, scene.first, scene.above, "file")
    yield from cut_excerpts(scene.path, scene.line + 1, scene.below, "file")
