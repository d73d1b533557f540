"""The server's side of the context process: what it is told and asked, and what stands in for it.

What was gathered near a place serves there without a question, and is gathered anew behind the
request. Elsewhere context that comes too late is worth less than a request that goes out now: then
the window alone is sent, and what was gathered meanwhile serves the next request.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

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
# What is kept is gathered anew so long after a request: where it was for a place farther off, and
# where the user rests.
_SOON_S, _REST_S = 0.1, 1.0
_BEHIND_S = 5.0
_SOON, _AT_REST = "context-soon", "context-at-rest"
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
        self._behind: dict[str, asyncio.Task[None]] = {}

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
        kept = self._kept.get(snapshot.uri)
        moved = None
        if kept is not None and self._may_serve(kept, snapshot, tokens):
            moved = kept.move(snapshot, position)
        if kept is not None and moved is not None:
            if not kept.is_near(position):
                found = await self._gather_anew(snapshot, position, context, tokens, ELSEWHERE_S)
                if found is not None:
                    return found
            self._gather_behind(snapshot, position, kept, is_rest=moved[1])
            return moved[0]
        gathered = await self._gather_anew(snapshot, position, context, tokens, seconds)
        if gathered is not None:
            return gathered
        prefix, suffix = gather_window(snapshot, position, tokens)
        return replace(context, prefix=prefix, suffix=suffix)

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
        running = self._behind.get(uri)
        if running is not None:
            running.cancel()

    async def close(self) -> None:
        """End the process."""
        for task in [*self._behind.values()]:
            task.cancel()
        await self._worker.close()

    def _may_serve(self, kept: Kept, snapshot: Snapshot, tokens: int) -> bool:
        """Whether what is kept is of that size, and of files that may still be sent."""
        if kept.budget != tokens or kept.context.language != snapshot.language:
            return False
        look = self._gate.look()
        return all(look.check(file).allowed for file in kept.files)

    async def _gather_anew(
        self,
        snapshot: Snapshot,
        position: Position,
        context: Context,
        tokens: int,
        seconds: float,
        *,
        is_rest: bool = False,
    ) -> Context | None:
        """`context` with what the process gathers, which is kept; None where it is late."""
        answer = await self._ask(snapshot, position, tokens, seconds, is_rest=is_rest)
        if "prefix" not in answer:
            return None
        gathered = _read_context(answer, context.path, snapshot.language, context.repository)
        files = tuple(Path(answer["root"], path) for path in answer["paths"])
        counts = dict(zip(answer["lines"], answer["counts"], strict=True))
        self._kept[snapshot.uri] = Kept(
            gathered,
            tokens,
            position.line,
            answer["first"],
            answer["room"],
            answer["suffix_tokens"],
            counts,
            files,
        )
        return gathered

    def _gather_behind(
        self, snapshot: Snapshot, position: Position, kept: Kept, *, is_rest: bool
    ) -> None:
        """Gather for a place that was served with what is kept: soon, or when the user rests."""
        uri = snapshot.uri
        running = self._behind.get(uri)
        if running is not None:
            if running.get_name() == _SOON:
                return
            running.cancel()

        async def run() -> None:
            await asyncio.sleep(_REST_S if is_rest else _SOON_S)
            await self._gather_anew(
                snapshot, position, kept.context, kept.budget, _BEHIND_S, is_rest=is_rest
            )

        def forget(task: asyncio.Task[None]) -> None:
            if self._behind.get(uri) is task:
                del self._behind[uri]

        task = asyncio.create_task(run(), name=_AT_REST if is_rest else _SOON)
        self._behind[uri] = task
        task.add_done_callback(forget)

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
