"""What is remembered of one document between its requests."""

from __future__ import annotations

from dataclasses import dataclass

from lsp_server.buffer import Position, Snapshot
from lsp_server.completion.flight import Flight
from lsp_server.completion.origin import Origin


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

    def is_followed(self, snapshot: Snapshot) -> bool:
        """Whether a document's new text goes along with this one."""
        typed = self.origin.typed_in(snapshot)
        return typed is not None and self.text.startswith(typed)


@dataclass(slots=True)
class Track:
    """One document's request in flight, its shown text, and how many were turned down in a row."""

    flight: Flight | None = None
    shown: Shown | None = None
    rejected: int = 0

    def note_edit(self, snapshot: Snapshot) -> None:
        """The document was edited: what can serve its new text is kept, the rest is closed."""
        if self.flight is not None and not self.flight.follows(snapshot):
            self.close_flight()
        if self.shown is not None and not self.shown.is_followed(snapshot):
            self.shown = None
            self.rejected += 1

    def note_accepted(self) -> None:
        """The user took what was shown."""
        self.rejected = 0

    def close_flight(self) -> None:
        """Close the connection."""
        flight, self.flight = self.flight, None
        if flight is not None:
            flight.cancel()
