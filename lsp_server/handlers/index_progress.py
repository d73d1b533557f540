"""Work-done progress while the workspace is read, where the client can show it."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from typing import TYPE_CHECKING

from lsprotocol import types

from lsp_server.index.client import IndexState

if TYPE_CHECKING:
    from lsp_server.server import QwenServer

_TITLE = "Indexing the project"
# Fewer files are read before a progress bar could be seen.
_FEWEST = 100


class IndexProgress:
    """Begun when there is much to read, moved on with each per cent, ended when all is read."""

    def __init__(self, server: QwenServer) -> None:
        self._server = server
        self._state = IndexState()
        self._token: str | None = None
        self._percent = -1
        self._task: asyncio.Task[None] | None = None

    def show(self, state: IndexState) -> None:
        """Show a new state."""
        self._state = state
        if self._token is not None:
            self._move_on(self._token)
        elif self._task is None and state.is_reading and state.total - state.done >= _FEWEST:
            window = self._server.client_capabilities.window
            if window is not None and window.work_done_progress:
                self._task = asyncio.create_task(self._begin(), name="index-progress")

    async def _begin(self) -> None:
        token = str(uuid.uuid4())
        # A client that cannot after all goes without.
        with contextlib.suppress(Exception):
            await self._server.work_done_progress.create_async(token)
            begin = types.WorkDoneProgressBegin(_TITLE, cancellable=False, percentage=0)
            self._server.work_done_progress.begin(token, begin)
            self._token, self._percent = token, 0
            self._move_on(token)
        self._task = None

    def _move_on(self, token: str) -> None:
        state, progress = self._state, self._server.work_done_progress
        if not state.is_reading:
            progress.end(token, types.WorkDoneProgressEnd())
            progress.tokens.pop(token, None)
            self._token = None
            return
        percent = 100 * state.done // max(1, state.total)
        if percent > self._percent:
            self._percent = percent
            message = f"{state.done:,} of {state.total:,} files"
            progress.report(
                token, types.WorkDoneProgressReport(message=message, percentage=percent)
            )
