"""A rewritten region -> the smallest edits by lines, with line ends and byte order mark kept."""

from __future__ import annotations

import difflib

from lsp_server.actions.base import Region, TextEdit, region_lines
from lsp_server.buffer import Position, Snapshot, strip_terminator

# Above this many pairs of lines an exact comparison would take longer than the rest of an action.
_MAX_PAIRS = 1_000_000


def make_edits(snapshot: Snapshot, region: Region, new: list[str]) -> tuple[TextEdit, ...]:
    """The edits that turn the region's lines into `new`, which has no line ends.

    Lines that stay keep their own ends; new ones get the document's. The last line keeps its end,
    so that a missing final newline stays missing.
    """
    old = region_lines(snapshot, region)
    if old == new:
        return ()
    before = list(snapshot.lines[region.first : region.last])
    if region.column:
        before[0] = before[0][region.column :]
    after = _terminate(before, old, new, snapshot.eol)
    return tuple(
        TextEdit(
            _place(snapshot, region, start),
            _place(snapshot, region, end),
            "".join(after[new_start:new_end]),
        )
        for start, end, new_start, new_end in compare_lines(before, after)
    )


def compare_lines(old: list[str], new: list[str]) -> list[tuple[int, int, int, int]]:
    """(start, end, new start, new end) of each run of lines that differs."""
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-end - 1] == new[-end - 1]:
        end += 1
    one, other = old[start : len(old) - end], new[start : len(new) - end]
    if not one and not other:
        return []
    if not one or not other or len(one) * len(other) > _MAX_PAIRS:
        return [(start, len(old) - end, start, len(new) - end)]
    matcher = difflib.SequenceMatcher(None, one, other, autojunk=False)
    return [
        (start + i1, start + i2, start + j1, start + j2)
        for tag, i1, i2, j1, j2 in matcher.get_opcodes()
        if tag != "equal"
    ]


def _terminate(before: list[str], old: list[str], new: list[str], eol: str) -> list[str]:
    """The new lines with their ends."""
    ends = [line[len(strip_terminator(line)) :] for line in before]
    last_end = ends[-1] if ends else eol
    terminated = [line + eol for line in new]
    done = place = 0
    for start, end, _, new_end in compare_lines(old, new):
        _keep_ends(terminated, ends[done:start], place)
        done, place = end, new_end
    _keep_ends(terminated, ends[done:], place)
    if terminated:
        terminated[-1] = new[-1] + last_end
    return terminated


def _keep_ends(terminated: list[str], ends: list[str], place: int) -> None:
    for number, end in enumerate(ends, place):
        if end:
            terminated[number] = strip_terminator(terminated[number]) + end


def _place(snapshot: Snapshot, region: Region, line: int) -> Position:
    number = region.first + line
    if number >= len(snapshot.lines):
        return Position(len(snapshot.lines) - 1, len(snapshot.lines[-1]))
    return Position(number, region.column if line == 0 else 0)
