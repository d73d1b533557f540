"""What was edited lately, in whatever document, as values."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from lsp_server.buffer import Change, Snapshot, strip_terminator
from lsp_server.common import count_common_end, count_common_start

# What comes sooner and nearer than this belongs to one edit: a word is typed letter by letter.
_GAP_S = 1.0
_GAP_LINES = 8
_KEPT = 8
# Longer ones tell no more, and a pasted file nothing.
_MAX_LINES = 12
_MAX_CHANGED = 400


@dataclass(frozen=True, slots=True)
class Edit:
    """Lines that were taken out of a document at `line`, and those that came in their place.

    `path` is the document's URI in the log, and relative to the workspace folder in a prompt.
    """

    path: str
    line: int
    removed: tuple[str, ...]
    added: tuple[str, ...]


@dataclass(slots=True)
class _Open:
    """An edit that may still go on: the document before it and now, and where it was last."""

    before: Snapshot
    after: Snapshot
    line: int
    time: float


@dataclass(slots=True)
class EditLog:
    """The last edits, the newest last."""

    _done: deque[Edit] = field(default_factory=lambda: deque(maxlen=_KEPT))
    _open: _Open | None = None

    def note(
        self, before: Snapshot, after: Snapshot, changes: Sequence[Change], now: float
    ) -> None:
        """A document was edited. `now` is the time in seconds of any clock."""
        lines = [change.start[0] for change in changes if change.start is not None]
        if len(lines) != len(changes) or not lines:
            # The whole text was replaced: nobody has typed that.
            self._close()
            return
        line = min(lines)
        going_on = self._open
        if (
            going_on is not None
            and going_on.after.uri == before.uri
            and now - going_on.time <= _GAP_S
            and abs(line - going_on.line) <= _GAP_LINES
        ):
            going_on.after, going_on.line, going_on.time = after, line, now
            return
        self._close()
        self._open = _Open(before, after, line, now)

    def read(self) -> tuple[Edit, ...]:
        """The edits, oldest first; the one that goes on is among them."""
        going_on = None if self._open is None else find_edit(self._open.before, self._open.after)
        return (*self._done, *([going_on] if going_on else []))

    def _close(self) -> None:
        if self._open is not None:
            edit = find_edit(self._open.before, self._open.after)
            if edit is not None:
                self._done.append(edit)
        self._open = None


def find_edit(before: Snapshot, after: Snapshot) -> Edit | None:
    """The lines that differ, None where none do or too many."""
    old, new = before.lines, after.lines
    first = count_common_start(old, new)
    last = count_common_end(old[first:], new[first:])
    removed, added = old[first : len(old) - last], new[first : len(new) - last]
    if not (removed or added) or len(removed) + len(added) > _MAX_CHANGED:
        return None
    return Edit(after.uri, first, _shorten(removed), _shorten(added))


def _shorten(lines: Sequence[str]) -> tuple[str, ...]:
    return tuple(strip_terminator(line) for line in lines[:_MAX_LINES])
