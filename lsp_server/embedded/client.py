"""The server's side of the embedded engine: starts its process, asks it, starts it again."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import logging
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lsp_server.embedded.engine import Suggestion

_log = logging.getLogger(__name__)

_LINE_LIMIT = 64 * 1024 * 1024
_ANSWER_S = 2.0
_RESTARTS = 3

# Isolated (-I) and with this process's own import path: nothing that lies in the working folder,
# which may be a stranger's repository, is imported, and a user's own packages still are.
_START = (
    "import os, sys; sys.path[:] = sys.argv[1].split(os.pathsep); "
    "from lsp_server.embedded.worker import main; main()"
)
_PACKAGE_PARENT = str(Path(__file__).resolve().parents[2])


@dataclass(frozen=True, slots=True)
class Corpus:
    """What the engine has read so far."""

    files: int
    tokens: int
    reading: bool


class EmbeddedClient:
    """Owns the process. Every call gives an empty answer rather than an error."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._ids = itertools.count(1)
        self._crawl: dict[str, Any] | None = None
        self._restarts = 0
        self._closed = False
        self.indexed = asyncio.Event()

    async def start(self, roots: Sequence[Path], ignore_files: Sequence[str]) -> None:
        """Start the process, and have it read the workspace in `roots`."""
        self._crawl = {
            "do": "crawl",
            "roots": [str(root) for root in roots],
            "ignore": list(ignore_files),
        }
        self.indexed.clear()
        if self._process is None:
            await self._spawn()
        else:
            self._post(self._crawl)

    def put(self, path: str, text: str) -> None:
        """Tell it the text of an open document."""
        self._post({"do": "put", "path": path, "text": text})

    def drop(self, path: str) -> None:
        """A document was closed: what is on disk counts again."""
        self._post({"do": "drop", "path": path})

    def reread(self, path: str) -> None:
        """A file changed on disk."""
        self._post({"do": "reread", "path": path})

    async def suggest(
        self, path: str, language: str, before: str, after: str, *, limit: int, eager: bool
    ) -> list[Suggestion]:
        """See `Engine.suggest`; empty where the process cannot answer."""
        answer = await self._ask(
            {
                "do": "suggest",
                "path": path,
                "language": language,
                "before": before,
                "after": after,
                "limit": limit,
                "eager": eager,
            }
        )
        return [Suggestion(**suggestion) for suggestion in answer.get("suggestions", ())]

    async def status(self) -> Corpus:
        """How much it has read."""
        answer = await self._ask({"do": "status"})
        return Corpus(answer.get("files", 0), answer.get("tokens", 0), answer.get("reading", False))

    async def close(self) -> None:
        """End the process."""
        self._closed = True
        process, self._process = self._process, None
        if process is None:
            return
        if process.stdin is not None:
            process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), 1.0)
        except asyncio.TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)

    async def _spawn(self) -> None:
        try:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-I",
                "-c",
                _START,
                os.pathsep.join([_PACKAGE_PARENT, *filter(None, sys.path)]),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                limit=_LINE_LIMIT,
            )
        except OSError as error:
            _log.error("the embedded engine cannot be started: %s", type(error).__name__)
            self.indexed.set()
            return
        self._reader = asyncio.create_task(self._read(self._process), name="embedded-reader")
        if self._crawl is not None:
            self._post(self._crawl)

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        while line := await process.stdout.readline():
            message = json.loads(line)
            if message.get("event") == "indexed":
                _log.info("workspace read: %d files", message["files"])
                self.indexed.set()
                continue
            waiting = self._waiting.pop(message["id"], None)
            if waiting is not None and not waiting.done():
                waiting.set_result(message)
        self._give_up_waiting()
        if not self._closed and self._restarts < _RESTARTS:
            self._restarts += 1
            _log.warning("the embedded engine ended and is started again")
            await self._spawn()
        elif not self._closed:
            self._process = None
            self.indexed.set()

    async def _ask(self, message: Mapping[str, Any]) -> dict[str, Any]:
        number = next(self._ids)
        waiting: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[number] = waiting
        if not self._post({"id": number, **message}):
            self._waiting.pop(number, None)
            return {}
        try:
            return await asyncio.wait_for(waiting, _ANSWER_S)
        except asyncio.TimeoutError:
            return {}
        finally:
            self._waiting.pop(number, None)

    def _post(self, message: Mapping[str, Any]) -> bool:
        process = self._process
        if process is None or process.stdin is None or process.stdin.is_closing():
            return False
        process.stdin.write(json.dumps(message).encode() + b"\n")
        return True

    def _give_up_waiting(self) -> None:
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_result({})
        self._waiting.clear()
