"""What is remembered of one document between its requests."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from lsp_server.buffer import Position, Snapshot
from lsp_server.completion.flight import Flight
from lsp_server.completion.origin import Origin
from lsp_server.syntax.tree import SyntaxTree

# A text of which so many characters were typed along was of use, whatever came then.
_USEFUL = 8


@dataclass(frozen=True, slots=True)
class Shown:
    """The text that the editor shows, where it was shown, and who gave it."""

    origin: Origin
    text: str
    engine: str
    model: str | None

    def left_at(self, snapshot: Snapshot, position: Position) -> str | None:
        """What is left of the text at a place that is reached by typing it; None elsewhere."""
        typed = self.origin.typed_at(snapshot, position)
        if typed is None or not self.text.startswith(typed) or len(typed) == len(self.text):
            return None
        return self.text[len(typed) :]

    def taken_in(self, snapshot: Snapshot) -> int | None:
        """How many characters of the text stand in a document by now; None where it differs."""
        typed = self.origin.typed_in(snapshot)
        return len(typed) if typed is not None and self.text.startswith(typed) else None


@dataclass(slots=True)
class Track:
    """One document's request in flight, its shown text, how many were turned down in a row, and
    its syntax tree."""

    flight: Flight | None = None
    shown: Shown | None = None
    rejected: int = 0
    syntax: SyntaxTree = field(default_factory=SyntaxTree)
    _taken: int = 0
    _ahead: asyncio.Task[None] | None = None

    def note_edit(self, snapshot: Snapshot) -> int:
        """The document was edited: what can serve its new text is kept, the rest is closed.

        How many characters of the shown text were taken at one stroke, as when an editor accepts
        a word of it: the number that stands by now, 0 where it was typed key by key.
        """
        if self.flight is not None and not self.flight.follows(snapshot):
            self.close_flight()
        shown = self.shown
        if shown is None:
            return 0
        taken, before = shown.taken_in(snapshot), self._taken
        if taken is None:
            self.shown = None
            self.rejected = 0 if before >= _USEFUL else self.rejected + 1
            return 0
        self._taken = taken
        # A newline brings its indentation along, which nobody has accepted.
        return taken if len(shown.text[before:taken].strip()) > 1 else 0

    def show(self, shown: Shown) -> None:
        """Another text is shown."""
        self.shown, self._taken = shown, 0

    def note_accepted(self) -> None:
        """The user took what was shown."""
        self.rejected = 0

    def ask_ahead(self, task: asyncio.Task[None]) -> None:
        """A task is to ask ahead of the user, instead of the one before."""
        if self._ahead is not None:
            self._ahead.cancel()
        self._ahead = task

    def close(self) -> None:
        """The document was closed: nothing more is asked for it."""
        self.close_flight()
        if self._ahead is not None:
            self._ahead.cancel()

    def close_flight(self) -> None:
        """Close the connection."""
        flight, self.flight = self.flight, None
        if flight is not None:
            flight.cancel()
