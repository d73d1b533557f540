"""A stream of events: it neither holds the event loop, nor goes on with nothing in it."""

from __future__ import annotations

import asyncio

from lsp_server.provider.errors import ProviderError, says_nothing

# Where bytes are at hand nothing that reads them waits, and an event takes some 60 microseconds.
_EVENTS_A_TURN = 16
# An event stands for a token or more. What comes before the first, and between, are a few.
_EMPTY_A_TOKEN, _EMPTY_BESIDES = 2, 256


class Flow:
    """The events of one answer of at most `max_tokens`, from the endpoint at `origin`."""

    def __init__(self, origin: str, max_tokens: int) -> None:
        self._origin = origin
        self._empty_left = _EMPTY_A_TOKEN * max_tokens + _EMPTY_BESIDES
        self._events = 0

    async def take(self, *, is_empty: bool) -> None:
        """An event has been read; others have their turn. Raises `ProviderError` where too many
        have said nothing."""
        if is_empty:
            self._empty_left -= 1
            if self._empty_left < 0:
                raise ProviderError(says_nothing(self._origin))
        self._events += 1
        if self._events % _EVENTS_A_TURN == 0:
            await asyncio.sleep(0)
