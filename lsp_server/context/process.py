"""The context process as the server knows it: what it is told and asked."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lsp_server.buffer import Position, Snapshot
from lsp_server.context.base import Context, Snippet, Subject
from lsp_server.context.edits import Edit
from lsp_server.context.kept import Kept
from lsp_server.context.scene import Scene, make_scene
from lsp_server.privacy.gate import Gate
from lsp_server.uris import path_of
from lsp_server.worker.owner import Message, WorkerProcess

_log = logging.getLogger(__name__)


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


class ContextProcess:
    """Owns the process. Every call gives nothing rather than an error.

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

    async def start(self, gate: Gate, place: Path | None = None) -> None:
        """Start the process on these workspace folders. `place` is the folder of their indexes, by
        default in the user's cache folder."""
        self._gate = gate
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
        repository: str,
        tokens: int,
        *,
        seconds: float,
        is_anew: bool = False,
    ) -> Kept | None:
        """What it gathers for a prompt of at most so many tokens; None where it does not answer
        within `seconds`. With `is_anew` nothing stays for the sake of an endpoint's cache."""
        answer = await self._ask(snapshot, position, tokens, seconds, is_anew=is_anew)
        if "prefix" not in answer:
            return None
        return Kept(
            _read_context(answer, snapshot.language, repository),
            tokens,
            position.line,
            answer["first"],
            answer["room"],
            answer["suffix_tokens"],
            dict(zip(answer["lines"], answer["counts"], strict=True)),
            tuple(Path(answer["root"], path) for path in answer["paths"]),
        )

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
        return Details(
            _read_context(answer, snapshot.language, repository),
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

    async def close(self) -> None:
        """End the process."""
        await self._worker.close()

    async def _ask(
        self,
        snapshot: Snapshot,
        position: Position,
        tokens: int,
        seconds: float,
        *,
        details: bool = False,
        is_anew: bool = False,
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
            "anew": is_anew,
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


def _read_context(answer: dict[str, Any], language: str, repository: str) -> Context:
    snippets = tuple(Snippet(*snippet) for snippet in answer["snippets"])
    return Context(
        answer["path"],
        language,
        answer["prefix"],
        answer["suffix"],
        repository,
        snippets,
        answer["tokens"],
    )
