"""Code like that around the cursor, from elsewhere in the workspace and in the document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lsp_server.context.piece import Piece, cut_excerpts
from lsp_server.context.scene import (
    NEAR_ABOVE,
    NEAR_BELOW,
    NEXT_ABOVE,
    NEXT_BELOW,
    Scene,
    names_of,
)
from lsp_server.index.base import Chunk, Lookup

_WIDE, _NARROW = 20, 12


def search_similar(scene: Scene, lookup: Lookup, bases: Sequence[str]) -> tuple[list[Chunk], ...]:
    """Windows of other files like the wider surroundings, and like the nearest lines."""
    wide = names_of(scene.near(NEAR_ABOVE, NEAR_BELOW)).union(bases)
    narrow = names_of(scene.near(NEXT_ABOVE, NEXT_BELOW))
    return (
        lookup.search(sorted(wide), _WIDE, without=scene.path),
        lookup.search(sorted(narrow), _NARROW, without=scene.path),
    )


def cut_file(scene: Scene) -> Iterator[Piece]:
    """Excerpts of the document itself; those that the window shows are to be left out."""
    yield from cut_excerpts(scene.path, 0, scene.head, "file")
    yield from cut_excerpts(scene.path, scene.first, scene.above, "file")
    yield from cut_excerpts(scene.path, scene.line + 1, scene.below, "file")
