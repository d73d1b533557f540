"""What became of suggestions: shown, taken, and kept after 30 seconds and five minutes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Literal

from lsp_server.buffer import Buffer
from lsp_server.completion.track import Shown
from lsp_server.models.kept import count_kept
from lsp_server.models.ledger import Ledger

_CHECKS: tuple[Literal[30, 300], ...] = (30, 300)


class Acceptance:
    """Tells the ledger; `spawn` starts tasks that the session owns."""

    def __init__(
        self,
        ledger: Ledger,
        spawn: Callable[[Coroutine[Any, Any, Any], str], asyncio.Task[Any]],
    ) -> None:
        self._ledger = ledger
        self._spawn = spawn
        self._names: dict[str, tuple[Shown, str]] = {}

    def note_shown(self, shown: Shown | None) -> None:
        """A text is shown; one that is merely typed along is the same as before."""
        if shown is None:
            return
        uri = shown.origin.snapshot.uri
        known = self._names.get(uri)
        if known is None or known[0] is not shown:
            provider, model = shown.engine, shown.model
            name = self._ledger.note_shown(len(shown.text), provider=provider, model=model)
            self._names[uri] = (shown, name)

    def note_partly(self, uri: str, characters: int) -> None:
        """So many characters of the shown text have been taken, a word at a stroke."""
        known = self._names.get(uri)
        if known is not None:
            self._ledger.note_accepted(known[1], characters)

    def note_accepted(self, buffer: Buffer) -> None:
        """The text shown last in a document was taken."""
        known = self._names.pop(buffer.uri, None)
        if known is not None:
            self._ledger.note_accepted(known[1])
            self._spawn(self._watch(buffer, *known), "kept")

    def forget(self, uri: str) -> None:
        """A document was closed."""
        self._names.pop(uri, None)

    async def _watch(self, buffer: Buffer, shown: Shown, name: str) -> None:
        # The edit that brings the text in may come a moment after the command that tells of it.
        await asyncio.sleep(1)
        before = buffer.snapshot().lines
        place = shown.origin.position
        passed = 1
        for seconds in _CHECKS:
            await asyncio.sleep(seconds - passed)
            passed = seconds
            now = buffer.snapshot().lines
            kept = count_kept(before, place.line, place.column, shown.text, now)
            self._ledger.note_kept(name, seconds, kept)
