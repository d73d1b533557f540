"""What a completion takes and gives."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from lsp_server.buffer import Position, Snapshot
from lsp_server.edit import InlineEdit

# What became of a request: the words that `qwen.why` answers with.
Fate = Literal["shown", "empty", "off", "superseded", "cancelled", "failed"]


@dataclass(frozen=True, slots=True)
class Ask:
    """A request for ghost text.

    `path` is what a model is told, relative to the workspace; `file` names the document for the
    embedded engine, in full.
    """

    snapshot: Snapshot
    position: Position
    path: str
    file: str
    repository: str = ""
    explicit: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """One suggestion: the text at the cursor, and the edit that brings it in."""

    text: str
    edit: InlineEdit


@dataclass(frozen=True, slots=True)
class Outcome:
    """The fate of a request. `ms` is what it took in milliseconds."""

    fate: Fate
    reason: str
    engine: str = ""
    model: str | None = None
    items: tuple[Item, ...] = ()
    ms: float = 0.0

    def took(self, seconds: float) -> Outcome:
        """The same outcome with its time."""
        return replace(self, ms=round(seconds * 1000, 1))
