"""Work-done progress of one command: begun, moved on, ended, and cancelled by the user."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING

from lsprotocol import types

from lsp_server.actions.base import Step

if TYPE_CHECKING:
    from lsp_server.server import QwenServer

# A client that does not answer must not hold the work, in seconds.
_PATIENCE_S = 2.0


class WorkDone:
    """Shows what a command does, where the client can show it."""

    def __init__(self, server: QwenServer, token: int | str | None) -> None:
        self._server = server
        self._token = token
        self._shown = ""
        self.is_cancelled = False

    async def begin(self, title: str) -> None:
        """Begin under the client's own token, or one that it is asked to create."""
        window = self._server.client_capabilities.window
        if self._token is None and window is not None and window.work_done_progress:
            token = str(uuid.uuid4())
            with contextlib.suppress(Exception):
                # Whatever goes wrong here, the work goes on without being seen.
                await asyncio.wait_for(
                    self._server.work_done_progress.create_async(token), _PATIENCE_S
                )
                self._token = token
        if self._token is not None:
            begin = types.WorkDoneProgressBegin(title=title, cancellable=True)
            self._server.work_done_progress.begin(self._token, begin)

    def on_cancel(self, cancel: Callable[[], object]) -> None:
        """What to do when the user cancels by the progress shown."""
        token = self._token
        future = self._server.work_done_progress.tokens.get(token) if token is not None else None
        if future is None:
            return

        def stop(done: object) -> None:
            if getattr(done, "cancelled", bool)():
                self.is_cancelled = True
                cancel()

        future.add_done_callback(stop)

    def report(self, step: Step) -> None:
        """Move on."""
        message = step.message
        if step.characters:
            message = f"{message} · {step.characters:,} characters"
        if self._token is not None and message != self._shown:
            self._shown = message
            report = types.WorkDoneProgressReport(message=message, cancellable=True)
            self._server.work_done_progress.report(self._token, report)

    def end(self, message: str) -> None:
        """It is over."""
        if self._token is not None:
            end = types.WorkDoneProgressEnd(message=message or None)
            self._server.work_done_progress.end(self._token, end)
            self._server.work_done_progress.tokens.pop(self._token, None)
            self._token = None
