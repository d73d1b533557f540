"""The server's side of the embedded engine: what its process is told and asked."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lsp_server.embedded.engine import Suggestion
from lsp_server.worker.owner import Message, WorkerProcess

_log = logging.getLogger(__name__)

_ANSWER_S = 2.0


@dataclass(frozen=True, slots=True)
class Corpus:
    """What the engine has read so far."""

    files: int
    tokens: int
    reading: bool


class EmbeddedClient:
    """Owns the process. Every call gives an empty answer rather than an error."""

    def __init__(self) -> None:
        self._worker = WorkerProcess(
            "lsp_server.embedded.worker",
            greet=self._greet,
            on_event=self._note,
            on_end=self._note_end,
        )
        self._crawl: Message | None = None
        self.indexed = asyncio.Event()

    async def start(self, roots: Sequence[Path], ignore_files: Sequence[str]) -> None:
        """Start the process, and have it read the workspace in `roots`."""
        self._crawl = {
            "do": "crawl",
            "roots": [str(root) for root in roots],
            "ignore": list(ignore_files),
        }
        self.indexed.clear()
        await self._worker.start()

    def put(self, path: str, text: str) -> None:
        """Tell it the text of an open document."""
        self._worker.post({"do": "put", "path": path, "text": text})

    def drop(self, path: str) -> None:
        """A document was closed: what is on disk counts again."""
        self._worker.post({"do": "drop", "path": path})

    def reread(self, path: str) -> None:
        """A file changed on disk."""
        self._worker.post({"do": "reread", "path": path})

    async def suggest(
        self, path: str, language: str, before: str, after: str, *, limit: int, eager: bool
    ) -> list[Suggestion]:
        """See `Engine.suggest`; empty where the process cannot answer."""
        answer = await self._worker.ask(
            {
                "do": "suggest",
                "path": path,
                "language": language,
                "before": before,
                "after": after,
                "limit": limit,
                "eager": eager,
            },
            _ANSWER_S,
        )
        return [Suggestion(**suggestion) for suggestion in answer.get("suggestions", ())]

    async def status(self) -> Corpus:
        """How much it has read."""
        answer = await self._worker.ask({"do": "status"}, _ANSWER_S)
        return Corpus(answer.get("files", 0), answer.get("tokens", 0), answer.get("reading", False))

    async def close(self) -> None:
        """End the process."""
        await self._worker.close()

    def _greet(self) -> list[Message]:
        return [] if self._crawl is None else [self._crawl]

    def _note(self, event: Message) -> None:
        _log.info("workspace read: %d files", event["files"])
        self.indexed.set()

    def _note_end(self) -> None:
        self.indexed.set()
