"""What a filter takes and gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Place:
    """Where the text will stand: the file's text up to the cursor and after it, "\\n" line ends."""

    language: str
    before: str
    after: str
    multiline: bool

    @property
    def left(self) -> str:
        """The cursor's line up to the cursor."""
        return self.before[self.before.rfind("\n") + 1 :]

    @property
    def right(self) -> str:
        """The cursor's line after the cursor."""
        return self.after.partition("\n")[0]


@dataclass(frozen=True, slots=True)
class Dropped:
    """Nothing is left to show, and why, in one sentence."""

    reason: str


# A filter gives the text it leaves, or says why none is left.
Filter: TypeAlias = Callable[[str, Place], "str | Dropped"]
