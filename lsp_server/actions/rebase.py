"""A document that changed while a model was thinking: is the region still there, and where?"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import replace

from lsp_server.actions.base import Region
from lsp_server.buffer import Snapshot

# Above this many pairs of changed lines the comparison is left out, and the answer is "stale".
_MAX_PAIRS = 4_000_000


def rebase_region(old: Snapshot, new: Snapshot, region: Region) -> Region | None:
    """Where the region's lines stand in the newer text, None where they were touched.

    Edits above move it, edits below do not. Where there were both, its lines must stand as often as
    before, or be told apart by the lines around them.
    """
    if old.lines == new.lines:
        return region
    start, end = _common_ends(old.lines, new.lines)
    shift = len(new.lines) - len(old.lines)
    if region.last <= start:
        return _check(old, new, region, 0)
    if region.first >= len(old.lines) - end:
        return _check(old, new, region, shift)
    wanted = list(old.lines[region.first : region.last])
    earlier, places = _find(old.lines, wanted), _find(new.lines, wanted)
    if len(places) == len(earlier):
        # As many copies as before, in the same order: none of them was touched.
        return _check(old, new, region, places[earlier.index(region.first)] - region.first)
    place = _align(old, new, region, start, end)
    return None if place is None else _check(old, new, region, place - region.first)


def _check(old: Snapshot, new: Snapshot, region: Region, shift: int) -> Region | None:
    first, last = region.first + shift, region.last + shift
    if (
        0 <= first <= last <= len(new.lines)
        and new.lines[first:last] == old.lines[region.first : region.last]
        and (not region.column or first == 0)
    ):
        return replace(region, first=first, last=last)
    return None


def _align(old: Snapshot, new: Snapshot, region: Region, start: int, end: int) -> int | None:
    """The region's place by comparing the changed parts of both texts as wholes."""
    one = old.lines[start : len(old.lines) - end]
    other = new.lines[start : len(new.lines) - end]
    if len(one) * len(other) > _MAX_PAIRS:
        return None
    matcher = difflib.SequenceMatcher(None, one, other, autojunk=False)
    for block in matcher.get_matching_blocks():
        first, last = start + block.a, start + block.a + block.size
        # A line more on either side must belong to the run: the region's own lines may be such
        # as stand anywhere.
        holds = first <= region.first and region.last <= last
        if holds and (first < region.first or region.last < last):
            return start + block.b + region.first - first
    return None


def _common_ends(one: Sequence[str], other: Sequence[str]) -> tuple[int, int]:
    shorter = min(len(one), len(other))
    start = 0
    while start < shorter and one[start] == other[start]:
        start += 1
    end = 0
    while end < shorter - start and one[-end - 1] == other[-end - 1]:
        end += 1
    return start, end


def _find(lines: Sequence[str], wanted: list[str]) -> list[int]:
    size = len(wanted)
    if not size:
        return []
    return [
        start
        for start in range(len(lines) - size + 1)
        if lines[start] == wanted[0] and list(lines[start : start + size]) == wanted
    ]
