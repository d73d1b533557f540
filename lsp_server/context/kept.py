"""What was gathered for a place serves near it: the text around the cursor is cut anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from lsp_server.buffer import Position, Snapshot, strip_terminator
from lsp_server.context.base import Context

# In lines from the place it was gathered for: as far as it serves at all, and as well as any.
_NEAR, _CLOSE = 48, 16
# The window's beginning moves by so many lines at once, and else stays: what follows a changed
# byte is new to an endpoint's cache.
_STEP = 8


@dataclass(frozen=True, slots=True)
class Kept:
    """A context with where it is from: it begins at the line `first` of its document, and was
    asked for with the cursor in `line`.

    Its window may have `size` characters. `files` are those that its snippets are of.
    """

    context: Context
    budget: int
    line: int
    first: int
    size: int
    files: tuple[Path, ...]

    def move(self, snapshot: Snapshot, position: Position) -> tuple[Context, bool] | None:
        """The context for another place of the document, and whether it is as good as new there.

        None where too little of the window would be left.
        """
        away = abs(position.line - self.line)
        if away > _NEAR or position.line < self.first or self.context.language != snapshot.language:
            return None
        line = snapshot.line_text(position.line)
        left, right = line[: position.column], line[position.column :]
        context = self.context
        above = [strip_terminator(each) for each in snapshot.lines[self.first : position.line]]
        # The text below the cursor keeps half of its share at least.
        room = self.size - len(left) - max(len(right), len(context.suffix) // 2)
        if room < 0:
            return None
        dropped = _count_dropped(above, room)
        prefix = "\n".join([*above[dropped:], left])
        suffix = _cut_suffix(snapshot, position, right, self.size - len(prefix))
        moved = replace(context, prefix=prefix, suffix=suffix, tokens=0)
        return moved, away <= _CLOSE and not dropped


def _count_dropped(above: Sequence[str], room: int) -> int:
    """How many lines are left out at the top, in whole steps, so that the others fit."""
    size = sum(map(len, above)) + len(above)
    dropped = 0
    while size > room and dropped < len(above):
        size -= sum(map(len, above[dropped : dropped + _STEP])) + _STEP
        dropped += _STEP
    return dropped


def _cut_suffix(snapshot: Snapshot, position: Position, right: str, room: int) -> str:
    """The rest of the cursor's line and the whole lines below it, of at most `room` characters."""
    start = position.line + 1
    lines = [right]
    room -= len(right) + 1
    for line in islice(snapshot.lines, start, None):
        room -= len(line)
        if room < 0:
            return "\n".join([*lines, ""])
        lines.append(strip_terminator(line))
    return "\n".join(lines)
