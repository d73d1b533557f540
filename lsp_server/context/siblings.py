"""The document's own definitions, and what its class takes over from those that it is built on."""

from __future__ import annotations

from collections.abc import Sequence

from lsp_server.context.piece import Piece, make_heads
from lsp_server.context.scene import Scene, names_of, split_text
from lsp_server.index.base import Lookup, Symbol

_TYPES = frozenset({"class", "interface", "struct", "enum", "trait", "type"})
_MEMBERS = 60
_MAX_SYMBOLS = 120


def gather_siblings(outline: Sequence[Symbol]) -> list[Piece]:
    """The heads of what stands in the same document."""
    return make_heads(outline[:_MAX_SYMBOLS], "sibling")


def find_bases(scene: Scene, outline: Sequence[Symbol]) -> list[str]:
    """The names in the head of the innermost type around the cursor, but its own."""
    around = [
        symbol
        for symbol in outline
        if symbol.kind in _TYPES and symbol.line <= scene.line <= symbol.end_line + 1
    ]
    if not around:
        return []
    own = around[-1]
    return sorted(names_of(split_text(own.signature)) - {own.name})


def gather_bases(lookup: Lookup, bases: Sequence[str]) -> list[Piece]:
    """The heads of the members of these types."""
    return make_heads(lookup.members(bases, _MEMBERS), "base") if bases else []
