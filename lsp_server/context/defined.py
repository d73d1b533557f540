"""Definitions of the names around the cursor, and the members of the types among them."""

from __future__ import annotations

from collections.abc import Iterator

from lsp_server.context.piece import Piece, make_heads
from lsp_server.context.scene import NEAR_ABOVE, NEAR_BELOW, Scene, names_in, names_of
from lsp_server.index.base import Lookup, Symbol

_MIN_NAME = 3
_MAX_NAMES, _MAX_TYPES = 40, 24
_DEFINITIONS = 40
_MEMBERS = 60


def gather_defined(scene: Scene, lookup: Lookup) -> Iterator[Piece]:
    """The heads of what is named near the cursor, wherever in the workspace it is defined."""
    near = [name for name in _near_names(scene) if len(name) >= _MIN_NAME]
    defined = lookup.define(near, _DEFINITIONS)
    yield from make_heads(defined, "defined")
    members = lookup.members([*_types_named(near, defined)], _MEMBERS)
    yield from make_heads(members, "member")


def _near_names(scene: Scene) -> list[str]:
    """The names around the cursor, the nearest first."""
    lines = scene.near(NEAR_ABOVE, NEAR_BELOW)
    own = min(NEAR_ABOVE, len(scene.above))
    nearest = sorted(range(len(lines)), key=lambda number: abs(number - own))
    names = dict.fromkeys(name for number in nearest for name in sorted(names_in(lines[number])))
    return [*names][:_MAX_NAMES]


def _types_named(near: list[str], defined: list[Symbol]) -> dict[str, None]:
    """Types named near the cursor, and in the heads of what is."""
    names = dict.fromkeys(name for name in near if name[:1].isupper())
    for symbol in defined:
        heads = names_of(symbol.signature.split("\n"))
        names |= dict.fromkeys(sorted(name for name in heads if name[:1].isupper()))
    return dict.fromkeys([*names][:_MAX_TYPES])
