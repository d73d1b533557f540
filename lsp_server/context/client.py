"""The server's side of the context process: what it is told and asked, and what stands in for it.

What was gathered near a place serves there without a question, and is gathered anew behind the
request. Elsewhere context that comes too late is worth less than a request that goes out now: then
what is kept is sent, or the window alone, and what is being gathered serves the next request.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from cachetools import LRUCache

from lsp_server.buffer import Position, Snapshot
from lsp_server.context.base import Context, Snippet, Subject
from lsp_server.context.edits import Edit
from lsp_server.context.kept import Kept
from lsp_server.context.scene import Scene, make_scene
from lsp_server.context.window import gather_window
from lsp_server.privacy.gate import Gate
from lsp_server.uris import path_of
from lsp_server.worker.owner import Message, WorkerProcess

_log = logging.getLogger(__name__)

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


@dataclass(frozen=True, slots=True)
class Chosen:
    """A piece that was chosen: its file, first line from 0, why, rank from 1, and tokens."""

    path: str
    line: int
    origin: str
    rank: int
    tokens: int


@dataclass(frozen=True, slots=True)
class Details:
    """A context with what it is made of. `tokens` counts the whole prompt with its form."""

    context: Context
    tokens: int
    prefix_tokens: int
    suffix_tokens: int
    snippet_tokens: tuple[int, ...]
    pieces: tuple[Chosen, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Place:
    """Where context is wanted: for a prompt of `budget` tokens, to be filled into `context`."""

    snapshot: Snapshot
    position: Position
    context: Context
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
    """Owns the process. Every call gives the plain window rather than an error.

    `read_edits` gives the session's recent edits.
    """

    def __init__(self, read_edits: Callable[[], Sequence[Edit]] = tuple) -> None:
        self._read_edits = read_edits
        self._worker = WorkerProcess(
            "lsp_server.context.worker",
            greet=lambda: [self._settings] if self._settings else [],
            on_event=lambda _event: None,
            on_end=lambda: _log.error("prompts are built from the open document alone from now on"),
        )
        self._settings: Message = {}
        self._gate = Gate(())
        self._kept: LRUCache[str, Kept] = LRUCache(_KEPT_DOCUMENTS)
        # By document, one of each at most.
        self._behind: dict[str, _Behind] = {}
        self._running: dict[str, _Running] = {}

    async def start(self, gate: Gate, place: Path | None = None) -> None:
        """Start the process on these workspace folders. `place` is the folder of their indexes, by
        default in the user's cache folder."""
        self._gate = gate
        self._kept.clear()
        self._settings = {
            "do": "configure",
            "roots": [str(root) for root in gate.roots],
            "ignore": list(gate.ignore_files),
            "place": None if place is None else str(place),
        }
        await self._worker.start()

    async def wait_until_ready(self, seconds: float) -> bool:
        """Whether the process answers within `seconds`: a new one has its vocabulary to load."""
        return "id" in await self._worker.ask({"do": "wait"}, seconds)

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
        context = Context(path, snapshot.language, "", "", repository)
        place = _Place(snapshot, position, context, tokens)
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
        return replace(context, prefix=prefix, suffix=suffix)

    def look_ahead(self, snapshot: Snapshot, path: str, repository: str, tokens: int) -> None:
        """Gather for a document that was opened, where nobody knows yet where the user will be: a
        first request for which there is no time has the project's names all the same."""
        context = Context(path, snapshot.language, "", "", repository)
        if snapshot.uri not in self._kept:
            self._gather_behind(_Place(snapshot, Position(0, 0), context, tokens), "ahead")

    async def explain(
        self,
        snapshot: Snapshot,
        position: Position,
        repository: str,
        tokens: int,
        *,
        seconds: float,
    ) -> Details | None:
        """The context with what it is made of, None where the process does not answer."""
        answer = await self._ask(snapshot, position, tokens, seconds, details=True)
        if "prefix" not in answer:
            return None
        path = answer["path"]
        return Details(
            _read_context(answer, path, snapshot.language, repository),
            answer["tokens"],
            answer["prefix_tokens"],
            answer["suffix_tokens"],
            tuple(answer["snippet_tokens"]),
            tuple(Chosen(*piece) for piece in answer["pieces"]),
        )

    async def gather_for_action(
        self, uri: str, subject: Subject, tokens: int, *, seconds: float
    ) -> tuple[Snippet, ...]:
        """What the project knows of an action's code in a document, in at most so many tokens;
        nothing where the process does not answer within `seconds`."""
        found = self._place(uri)
        if found is None:
            return ()
        root, path = found
        message = {
            "do": "gather for action",
            "root": str(root),
            "path": path,
            "code": subject.code,
            "messages": subject.messages,
            "shown": subject.shown,
            "budget": tokens,
        }
        answer = await self._worker.ask(message, seconds)
        return tuple(Snippet(*snippet) for snippet in answer.get("snippets", ()))

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
        await self._worker.close()

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
        answer = await self._ask(
            place.snapshot, place.position, place.budget, _BEHIND_S, is_rest=why == "rest"
        )
        if "prefix" not in answer:
            return None
        wanted = place.context
        gathered = _read_context(answer, wanted.path, wanted.language, wanted.repository)
        self._kept[place.uri] = Kept(
            gathered,
            place.budget,
            place.position.line,
            answer["first"],
            answer["room"],
            answer["suffix_tokens"],
            dict(zip(answer["lines"], answer["counts"], strict=True)),
            tuple(Path(answer["root"], path) for path in answer["paths"]),
            why == "ahead",
        )
        return gathered

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
        if uri not in self._running:
            self._begin(behind.place, behind.why)

    async def _ask(
        self,
        snapshot: Snapshot,
        position: Position,
        tokens: int,
        seconds: float,
        *,
        details: bool = False,
        is_rest: bool = False,
    ) -> dict[str, Any]:
        found = self._place(snapshot.uri)
        if found is None:
            return {}
        root, path = found
        scene = make_scene(snapshot, position, path)
        if scene is None:
            return {}
        message = {
            "do": "gather",
            "root": str(root),
            # Not `asdict`, which copies line by line.
            "scene": {name: getattr(scene, name) for name in Scene.__slots__},
            "budget": tokens,
            "edits": self._edits_below(root),
            "details": details,
            "anew": is_rest,
        }
        answer = await self._worker.ask(message, seconds)
        return {**answer, "root": root, "path": path, "lines": (*scene.above, *scene.below)}

    def _edits_below(self, root: Path) -> list[tuple[str, int, tuple[str, ...], tuple[str, ...]]]:
        found = ((self._place(edit.path), edit) for edit in self._read_edits())
        return [
            (place[1], edit.line, edit.removed, edit.added)
            for place, edit in found
            if place is not None and place[0] == root
        ]

    def _place(self, uri: str) -> tuple[Path, str] | None:
        """The workspace folder of a document and its path below it."""
        path = path_of(uri)
        if path is None:
            return None
        # A path may go up again after it has gone below a root.
        path = Path(os.path.abspath(path))
        roots = [root for root in self._gate.roots if path.is_relative_to(root)]
        if not roots:
            return None
        root = max(roots, key=lambda each: len(each.parts))
        return root, path.relative_to(root).as_posix()


def _read_context(answer: dict[str, Any], path: str, language: str, repository: str) -> Context:
    snippets = tuple(Snippet(*snippet) for snippet in answer["snippets"])
    return Context(
        path,
        language,
        answer["prefix"],
        answer["suffix"],
        repository,
        snippets,
        answer["tokens"],
    )
