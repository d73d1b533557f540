"""What a filter takes and gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from lsp_server.syntax.splice import Spot


@dataclass(frozen=True, slots=True)
class Place:
    """Where the text will stand: the file's text up to the cursor and after it, "\\n" line ends.

    `multiline` says whether several lines are wanted, `below` whether, where they are not, one
    statement on the next line may be shown. `spot` is the cursor in the file's syntax tree, None
    where there is no tree.
    """

    language: str
    before: str
    after: str
    multiline: bool
    below: bool = False
    spot: Spot | None = field(default=None, compare=False, repr=False)

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
