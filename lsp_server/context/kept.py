"""What was gathered for a place serves elsewhere in its document: the text around the cursor is cut
anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from lsp_server.buffer import Position, Snapshot, strip_terminator
from lsp_server.context.base import Context

# In lines from the place it was gathered for: where it serves, and where as well as any.
_NEAR, _CLOSE = 200, 16
# The window's beginning moves by so many lines at once, and else stays: what follows a changed
# byte is new to an endpoint's cache.
_STEP = 8
# Lines that have been written since have fewer tokens than this makes of them.
_CHARACTERS_PER_TOKEN = 2


@dataclass(frozen=True, slots=True)
class Kept:
    """A context with where it is from: it begins at the line `first` of its document, and was
    asked for with the cursor in `line`.

    Its window may have `room` tokens, of which `suffix` are the cursor's right. `tokens` are those
    of the document's lines, `files` those that the snippets are of. `is_ahead` where nobody had
    been at that place yet: then it serves nowhere before a look for better.
    """

    context: Context
    budget: int
    line: int
    first: int
    room: int
    suffix: int
    tokens: Mapping[str, int]
    files: tuple[Path, ...]
    is_ahead: bool = False

    def is_near(self, position: Position) -> bool:
        """Whether it serves at a place without a look for better."""
        is_within = self.first <= position.line <= self.line + _NEAR
        return is_within and position.line >= self.line - _NEAR and not self.is_ahead

    def move(self, snapshot: Snapshot, position: Position) -> tuple[Context, bool] | None:
        """The context for another place of the document, and whether it is as good as new there.

        None where the cursor's line alone leaves too little of the window.
        """
        line = snapshot.line_text(position.line)
        left, right = line[: position.column], line[position.column :]
        beginning = self._count(left) if left else 0
        ending = self._count(right) if right else 0
        # The text below the cursor keeps half of its share at least.
        room = self.room - beginning - max(ending, self.suffix // 2)
        if room < 0:
            return None
        first, is_moved = self._choose_first(snapshot, position, room)
        above = list(map(strip_terminator, snapshot.lines[first : position.line]))
        left_over = self.room - beginning - ending - sum(map(self._count, above))
        moved = replace(
            self.context,
            prefix="\n".join([*above, left]),
            suffix=self._cut_suffix(snapshot, position, right, left_over),
            tokens=0,
        )
        return moved, abs(position.line - self.line) <= _CLOSE and not is_moved

    def _choose_first(self, snapshot: Snapshot, position: Position, room: int) -> tuple[int, bool]:
        """The first line of a prefix of at most `room` tokens, and whether it is another one."""
        fitting, is_near = position.line, self.is_near(position)
        # A window that is near begins no farther up than it did.
        top = self.first if is_near else 0
        for line in reversed(snapshot.lines[top:fitting]):
            room -= self._count(strip_terminator(line))
            if room < 0:
                break
            fitting -= 1
        if not is_near:
            return fitting, True
        missing = fitting - self.first
        if missing <= 0:
            return self.first, False
        steps = -(-missing // _STEP)
        return min(position.line, self.first + steps * _STEP), True

    def _cut_suffix(self, snapshot: Snapshot, position: Position, right: str, room: int) -> str:
        """The rest of the cursor's line and whole lines below it, of at most `room` tokens more."""
        lines = [right]
        for line in islice(snapshot.lines, position.line + 1, None):
            plain = strip_terminator(line)
            room -= self._count(plain)
            if room < 0:
                return "\n".join([*lines, ""])
            lines.append(plain)
        return "\n".join(lines)

    def _count(self, line: str) -> int:
        known = self.tokens.get(line)
        return len(line) // _CHARACTERS_PER_TOKEN + 1 if known is None else known
