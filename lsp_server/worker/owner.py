"""The server's side of a worker: starts its process, asks it, starts it again when it has ended."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import logging
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

_log = logging.getLogger(__name__)

Message = Mapping[str, Any]

_LINE_LIMIT = 64 * 1024 * 1024
_RESTARTS = 3
# How long a process may take to end by itself, in seconds. What works in the background loses
# nothing when it is ended sooner.
_CLOSE_S = 1.0
_CLOSE_BACKGROUND_S = 0.25
# Windows' BELOW_NORMAL_PRIORITY_CLASS; elsewhere a worker lowers its own priority.
_BELOW_NORMAL = 0x4000 if sys.platform == "win32" else 0

# Isolated (-I) and with this process's own import path: nothing that lies in the working folder,
# which may be a stranger's repository, is imported, and a user's own packages still are.
_START = (
    "import importlib, os, sys; sys.path[:] = sys.argv[1].split(os.pathsep); "
    "importlib.import_module(sys.argv[2]).main()"
)
_PACKAGE_PARENT = str(Path(__file__).resolve().parents[2])


class WorkerProcess:
    """Owns the process that runs `module.main`. No method raises because of it.

    `greet` gives what it is told first, whenever it is started. `on_event` gets its messages that
    answer no question, `on_end` is called when it has ended and is not started again.
    """

    def __init__(
        self,
        module: str,
        *,
        greet: Callable[[], Sequence[Message]],
        on_event: Callable[[Message], None],
        on_end: Callable[[], None],
        is_background: bool = False,
    ) -> None:
        self._module = module
        self._greet = greet
        self._on_event = on_event
        self._on_end = on_end
        self._is_background = is_background
        self._grace_s = _CLOSE_BACKGROUND_S if is_background else _CLOSE_S
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._ids = itertools.count(1)
        self._restarts = 0
        self._closed = False

    @property
    def process_id(self) -> int | None:
        """The process's number while it runs."""
        return None if self._process is None else self._process.pid

    async def start(self) -> None:
        """Start the process, or greet the one that runs anew."""
        if self._process is None:
            await self._spawn()
        else:
            self._post_greeting()

    def post(self, message: Message) -> bool:
        """Tell it something; whether it runs."""
        process = self._process
        if process is None or process.stdin is None or process.stdin.is_closing():
            return False
        process.stdin.write(json.dumps(message).encode() + b"\n")
        return True

    async def ask(self, message: Message, seconds: float) -> dict[str, Any]:
        """Its answer; empty if there is none within `seconds`."""
        number = next(self._ids)
        waiting: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[number] = waiting
        try:
            if not self.post({"id": number, **message}):
                return {}
            return await asyncio.wait_for(waiting, seconds)
        except asyncio.TimeoutError:
            return {}
        finally:
            self._waiting.pop(number, None)

    async def close(self) -> None:
        """End the process."""
        self._closed = True
        process, self._process = self._process, None
        if process is not None:
            await _bury(process, self._grace_s)
        # It may be just starting the process again, which then has to end as well.
        reader, self._reader = self._reader, None
        if reader is not None:
            await asyncio.gather(reader, return_exceptions=True)

    async def _spawn(self) -> None:
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-I",
                "-c",
                _START,
                os.pathsep.join([_PACKAGE_PARENT, *filter(None, sys.path)]),
                self._module,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                limit=_LINE_LIMIT,
                creationflags=_BELOW_NORMAL if self._is_background else 0,
            )
        except OSError as error:
            _log.error("%s cannot be started: %s", self._module, type(error).__name__)
            self._on_end()
            return
        if self._closed:
            await _bury(process, self._grace_s)
            return
        self._process = process
        self._reader = asyncio.create_task(self._read(process), name=f"{self._module}-reader")
        self._post_greeting()

    def _post_greeting(self) -> None:
        for message in self._greet():
            self.post(message)

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        while line := await process.stdout.readline():
            message = json.loads(line)
            if "event" in message:
                self._on_event(message)
                continue
            waiting = self._waiting.pop(message["id"], None)
            if waiting is not None and not waiting.done():
                waiting.set_result(message)
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_result({})
        self._waiting.clear()
        if self._process is process:
            self._process = None
        await _bury(process, self._grace_s)
        # Meanwhile it may have been closed, or started.
        if self._closed or self._process is not None:
            return
        if self._restarts < _RESTARTS:
            self._restarts += 1
            _log.warning("%s ended and is started again", self._module)
            await self._spawn()
        else:
            self._on_end()


async def _bury(process: asyncio.subprocess.Process, seconds: float) -> None:
    """See to it that a process has ended: by the end of its input, or after that by force."""
    if process.stdin is not None:
        process.stdin.close()
    try:
        await asyncio.wait_for(process.wait(), seconds)
    except asyncio.TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
