"""Which context a request has: one of its own, one that is kept, or the window alone.

What was gathered near a place serves there without a question, and is gathered anew behind the
request. Elsewhere context that comes too late is worth less than a request that goes out now: then
what is kept is sent, or the window alone, and what is being gathered serves the next request.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from cachetools import LRUCache

from lsp_server.buffer import Position, Snapshot
from lsp_server.context.base import Context
from lsp_server.context.edits import Edit
from lsp_server.context.kept import Kept
from lsp_server.context.process import ContextProcess
from lsp_server.context.window import gather_window
from lsp_server.privacy.gate import Gate

# How long a request waits for its context, in seconds: at a key, by hand, and ahead of the user.
AT_KEY_S, BY_HAND_S, AHEAD_S = 0.02, 0.1, 1.0
# And where what is kept from elsewhere in the document would do.
ELSEWHERE_S = 0.008
# What is gathered behind the requests comes so many seconds after one: where it was for a place
# farther off, where the user rests, and after a document was opened.
_Why = Literal["soon", "rest", "ahead"]
_DELAYS_S: dict[_Why, float] = {"soon": 0.05, "rest": 1.0, "ahead": 0.05}
_BEHIND_S = 5.0
_KEPT_DOCUMENTS = 32


@dataclass(frozen=True, slots=True, eq=False)
class _Place:
    """Where context is wanted, for a prompt of `budget` tokens."""

    snapshot: Snapshot
    position: Position
    repository: str
    budget: int

    @property
    def uri(self) -> str:
        """Its document."""
        return self.snapshot.uri


@dataclass(slots=True)
class _Behind:
    """What is to be gathered in a while: for where the user has come, rests, or may come first."""

    place: _Place
    why: _Why
    timer: asyncio.TimerHandle


@dataclass(frozen=True, slots=True)
class _Running:
    """What is being gathered."""

    place: _Place
    task: asyncio.Task[Context | None]


class ContextClient:
    """Gives contexts to requests. Every call gives the plain window rather than an error.

    `read_edits` gives the session's recent edits.
    """

    def __init__(self, read_edits: Callable[[], Sequence[Edit]] = tuple) -> None:
        self.process = ContextProcess(read_edits)
        self._gate = Gate(())
        self._kept: LRUCache[str, Kept] = LRUCache(_KEPT_DOCUMENTS)
        # By document, one of each at most.
        self._behind: dict[str, _Behind] = {}
        self._running: dict[str, _Running] = {}

    async def start(self, gate: Gate, place: Path | None = None) -> None:
        """See `ContextProcess.start`."""
        self._gate = gate
        self._kept.clear()
        await self.process.start(gate, place)

    async def gather(
        self,
        snapshot: Snapshot,
        position: Position,
        path: str,
        repository: str,
        tokens: int,
        *,
        seconds: float,
    ) -> Context:
        """The context at a position for a prompt of at most so many tokens, within `seconds`."""
        place = _Place(snapshot, position, repository, tokens)
        kept = self._kept_for(place)
        moved = None if kept is None else kept.move(snapshot, position)
        if kept is None or moved is None or not kept.is_near(position):
            would_do = moved is not None and kept is not None and not kept.is_ahead
            found = await self._gather_within(place, ELSEWHERE_S if would_do else seconds)
            if found is not None:
                return found
        if moved is not None:
            self._gather_behind(place, "rest" if moved[1] else "soon")
            return moved[0]
        prefix, suffix = gather_window(snapshot, position, tokens)
        return Context(path, snapshot.language, prefix, suffix, repository)

    def look_ahead(self, snapshot: Snapshot, repository: str, tokens: int) -> None:
        """Gather for a document that was opened, where nobody knows yet where the user will be: a
        first request for which there is no time has the project's names all the same."""
        if snapshot.uri not in self._kept:
            self._gather_behind(_Place(snapshot, Position(0, 0), repository, tokens), "ahead")

    def forget(self, uri: str) -> None:
        """Drop what is kept for a document that was closed."""
        self._kept.pop(uri, None)
        behind = self._behind.pop(uri, None)
        if behind is not None:
            behind.timer.cancel()
        running = self._running.pop(uri, None)
        if running is not None:
            running.task.cancel()

    async def close(self) -> None:
        """End the process."""
        for uri in {*self._behind, *self._running}:
            self.forget(uri)
        await self.process.close()

    def _kept_for(self, place: _Place) -> Kept | None:
        """What is kept of a document, if it is of that size, and of files that may still be
        sent."""
        kept = self._kept.get(place.uri)
        if kept is None or kept.budget != place.budget:
            return None
        look = self._gate.look()
        is_good = kept.context.language == place.snapshot.language
        return kept if is_good and all(look.check(file).allowed for file in kept.files) else None

    async def _gather_within(self, place: _Place, seconds: float) -> Context | None:
        """The context of a place, or one that serves there as well; None where it is late, and
        comes in time for the next request."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while True:
            running = self._running.get(place.uri) or self._begin(place)
            # Who waits may be cancelled; that it has begun is of use all the same.
            await asyncio.wait({running.task}, timeout=end - loop.time())
            if not running.task.done() or running.task.cancelled():
                return None
            if running.place is place:
                return running.task.result()
            kept = self._kept_for(place)
            moved = kept.move(place.snapshot, place.position) if kept is not None else None
            if kept is not None and moved is not None and kept.is_near(place.position):
                return moved[0]

    def _begin(self, place: _Place, why: _Why = "soon") -> _Running:
        """Gather for a place. One at a time for a document: a worker that falls behind would
        answer for places that the user has left."""
        task = asyncio.create_task(self._gather_anew(place, why), name="context")
        running = self._running[place.uri] = _Running(place, task)

        def forget(_: asyncio.Task[Context | None]) -> None:
            if self._running.get(place.uri) is running:
                del self._running[place.uri]

        task.add_done_callback(forget)
        return running

    async def _gather_anew(self, place: _Place, why: _Why) -> Context | None:
        """What the process gathers, which is kept; None where it does not answer."""
        kept = await self.process.gather(
            place.snapshot,
            place.position,
            place.repository,
            place.budget,
            seconds=_BEHIND_S,
            is_anew=why == "rest",
        )
        if kept is None:
            return None
        self._kept[place.uri] = replace(kept, is_ahead=why == "ahead")
        return kept.context

    def _gather_behind(self, place: _Place, why: _Why) -> None:
        """Gather in a while, for the place that is the newest by then."""
        behind = self._behind.get(place.uri)
        if behind is not None and behind.why == "soon":
            behind.place = place
            return
        if behind is not None:
            behind.timer.cancel()
        timer = asyncio.get_running_loop().call_later(_DELAYS_S[why], self._begin_behind, place.uri)
        self._behind[place.uri] = _Behind(place, why, timer)

    def _begin_behind(self, uri: str) -> None:
        behind = self._behind[uri]
        if behind.why == "ahead" and self._running:
            # An editor may open a hundred documents at its start: one after the other, so that who
            # asks for one of them waits for one other at most.
            behind.timer = asyncio.get_running_loop().call_later(
                _DELAYS_S["ahead"], self._begin_behind, uri
            )
            return
        del self._behind[uri]
        is_late = behind.why == "ahead" and uri in self._kept
        if uri not in self._running and not is_late:
            self._begin(behind.place, behind.why)
