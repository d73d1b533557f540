"""Where a text was asked for, and what has been typed there since."""

from __future__ import annotations

from dataclasses import dataclass

from lsp_server.buffer import Position, Snapshot

# What editors add by themselves right of the cursor.
CLOSERS = ")]}>\"'`"
# So many lines above and below are compared: all of a million would take longer than a key may.
_LINES = 5_000


@dataclass(frozen=True, slots=True)
class Origin:
    """A place in a snapshot."""

    snapshot: Snapshot
    position: Position

    def typed_at(self, snapshot: Snapshot, position: Position) -> str | None:
        """What was typed since, up to `position`, "\\n" line ends; None where that is not all.

        The text may have gained closers right of the cursor.
        """
        middle = self.typed_in(snapshot)
        first = self.position.line
        if middle is None or position.line < first:
            return None
        head = "".join(snapshot.lines[first : position.line])
        head += snapshot.lines[position.line][: position.column]
        if len(head) < self.position.column:
            return None
        typed = unix(head[self.position.column :])
        rest = middle[len(typed) :]
        return None if rest.strip(CLOSERS) or not middle.startswith(typed) else typed

    def typed_in(self, snapshot: Snapshot) -> str | None:
        """All that stands in `snapshot` between the texts before and after the place.

        None where those texts have changed, as far as they are looked at. Lines of two snapshots
        are mostly the same objects, which makes the comparison cheap.
        """
        if snapshot is self.snapshot:
            return ""
        lines, place = self.snapshot.lines, self.position
        end = len(snapshot.lines) - (len(lines) - place.line - 1)
        if snapshot.uri != self.snapshot.uri or end <= place.line:
            return None
        first, below = max(0, place.line - _LINES), place.line + 1
        if snapshot.lines[first : place.line] != lines[first : place.line]:
            return None
        if snapshot.lines[end : end + _LINES] != lines[below : below + _LINES]:
            return None
        left, right = lines[place.line][: place.column], lines[place.line][place.column :]
        middle = "".join(snapshot.lines[place.line : end])
        if len(middle) < len(left) + len(right):
            return None
        if not middle.startswith(left) or not middle.endswith(right):
            return None
        return unix(middle[len(left) : len(middle) - len(right)])


def unix(text: str) -> str:
    """`text` with "\\n" line ends."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
