"""A request in flight: its text as it comes, for whoever can still use it.

A typist does not wait. The stream of a request lives on while what is typed agrees with what it
brings, and answers the newest place; it is closed when it can no longer serve.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from lsp_server.buffer import Position, Snapshot
from lsp_server.completion.origin import CLOSERS, Origin
from lsp_server.postprocess.base import Place
from lsp_server.prompt.base import Form
from lsp_server.provider.errors import ProviderError

_FORM_NAMES: dict[Form, str] = {
    "fim": "fill-in-the-middle tokens",
    "partial": "partial mode",
    "infill": "infill",
}


class Flight:
    """The answer to come at a place, with what was assumed to be typed there before it.

    `assumed` is empty for a plain request; a speculative one is asked as if the shown text had
    been accepted. `place` is what it is read for; `keep` is called when enough of it has come.
    """

    def __init__(
        self, origin: Origin, place: Place, keep: Callable[[Flight], None], assumed: str = ""
    ) -> None:
        self.origin = origin
        self.place = place
        self._keep = keep
        self.assumed = assumed
        self.text = ""
        self.model: str | None = None
        self.reason = ""
        self.error: ProviderError | None = None
        self.started = asyncio.get_running_loop().time()
        self.is_over = False
        # Closed before it came to its end: what has come so far is no answer.
        self.is_cut = False
        self.waiting = 0
        # When an edit last went along with it, so that a request for it may still come.
        self.followed = 0.0
        self._task: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()

    def carry(self, task: asyncio.Task[None]) -> None:
        """The task that reads the stream."""
        self._task = task
        task.add_done_callback(lambda _: self._stop())

    @property
    def answer(self) -> str:
        """All that is to stand at the place, as far as it is known."""
        return self.assumed + self.text

    def begin(self, model: str, form: Form) -> None:
        """A model is asked; what came before is void."""
        self.model = model
        self.reason = f"{model} answered, asked by {_FORM_NAMES[form]}."
        self.text = ""

    def extend(self, text: str) -> None:
        """More has come."""
        self.text += text
        self._changed.set()

    def end(self) -> None:
        """Enough has come. Who waits has it at once, and need not wait for the closing."""
        self._keep(self)
        self._stop()

    def cancel(self) -> None:
        """Close its connection; nobody can use it any more."""
        if self._task is not None:
            self._task.cancel()
        self.is_cut = not self.is_over
        self._stop()

    async def wait_until(self, is_enough: Callable[[str], bool], deadline: float) -> bool:
        """Wait until the answer is enough or the flight is over; False at the deadline.

        `deadline` is a time of the event loop's clock, in seconds.
        """
        is_late = False

        def note_deadline() -> None:
            nonlocal is_late
            is_late = True
            self._changed.set()

        # Not `wait_for`, which takes two more rounds of the loop to tell that something has come.
        timer = asyncio.get_running_loop().call_at(deadline, note_deadline)
        self.waiting += 1
        try:
            while not self.is_over and not is_enough(self.answer):
                if is_late:
                    return False
                self._changed.clear()
                await self._changed.wait()
            return True
        finally:
            self.waiting -= 1
            timer.cancel()

    def agrees(self, typed: str) -> bool:
        """Whether the answer, as far as it is known, goes along with what was typed."""
        answer = self.answer
        if self.is_cut or self.error is not None:
            return False
        if self.is_over:
            return answer.startswith(typed) and len(answer) > len(typed)
        return answer.startswith(typed) or typed.startswith(answer)

    def follows(self, snapshot: Snapshot) -> bool:
        """Whether a document's new text may still be served, wherever the cursor is now."""
        typed = self.origin.typed_in(snapshot)
        if typed is None or not (self.agrees(typed) or self.agrees(typed.rstrip(CLOSERS))):
            return False
        self.followed = asyncio.get_running_loop().time()
        return True

    def typed_at(self, snapshot: Snapshot, position: Position) -> str | None:
        """What was typed up to `position`, where the answer agrees with it; None elsewhere."""
        typed = self.origin.typed_at(snapshot, position)
        return typed if typed is not None and self.agrees(typed) else None

    def _stop(self) -> None:
        self.is_over = True
        self._changed.set()
