"""A scripted editor: a raw JSON-RPC client over pipes, with nothing between the test and the wire.

pytest-lsp's client parses every message into types; races and timings want the bare messages.
"""

from __future__ import annotations

import asyncio
import atexit
import functools
import itertools
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

Json = dict[str, Any]

# Nothing of the machine's own configuration may reach a test.
_CLEARED = (
    "DASHSCOPE_API_KEY",
    "OPENAI_API_KEY",
    "OPENAI_BASE_URL",
    "OPENAI_MODEL",
    "HTTPS_PROXY",
    "https_proxy",
    "ALL_PROXY",
    "all_proxy",
)


def clean_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment without keys, endpoints, proxies and the user's own files."""
    kept = {name: value for name, value in os.environ.items() if name not in _CLEARED}
    kept["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"
    kept["XDG_CONFIG_HOME"] = os.devnull
    kept["XDG_DATA_HOME"] = kept["XDG_CACHE_HOME"] = _own_folder()
    return {**kept, **(extra or {})}


@functools.cache
def _own_folder() -> str:
    """Where the servers of this run keep ledger and indexes, for as long as the run lasts."""
    folder = tempfile.mkdtemp(prefix="qwen-lsp-test-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


class Editor:
    """Starts `qwen-lsp` on pipes; answers what the server asks as a plain client would.

    `program` is what Python is told to run, `folder` where the server is started.
    """

    def __init__(
        self,
        *,
        root: Path | None = None,
        options: Mapping[str, Any] | None = None,
        capabilities: Mapping[str, Any] | None = None,
        section: Mapping[str, Any] | None = None,
        environment: Mapping[str, str] | None = None,
        arguments: Sequence[str] = ("serve", "--stdio"),
        program: Sequence[str] = ("-m", "lsp_server"),
        folder: Path | None = None,
    ) -> None:
        self.root = root
        self.options = dict(options or {})
        self.section = section
        self.capabilities = capabilities or {
            "textDocument": {"inlineCompletion": {}},
            "workspace": {"configuration": True},
        }
        self.received: list[Json] = []
        self.process: asyncio.subprocess.Process
        self._environment = clean_environment(environment)
        self._arguments = (*program, *arguments)
        self._folder = folder
        self._ids = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Json]] = {}
        self._arrived = asyncio.Event()
        self._reader: asyncio.Task[None]

    async def __aenter__(self) -> Editor:
        self.process = await asyncio.create_subprocess_exec(
            sys.executable,
            *self._arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=self._environment,
            cwd=self._folder,
            limit=2**26,
        )
        self._errors = asyncio.create_task(_drain(self.process.stderr))
        self._reader = asyncio.create_task(self._read())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process.returncode is None and not self._reader.done():
            try:
                await self.request("shutdown", None)
                self.notify("exit", None)
                await asyncio.wait_for(self.process.wait(), 5)
            except (asyncio.TimeoutError, ConnectionError):
                self.process.kill()
        assert self.process.stdin is not None
        self.process.stdin.close()
        await self.process.wait()
        await self._reader
        await self._errors

    @property
    def log(self) -> str:
        """What the server wrote to stderr; whole once it has ended."""
        return self._errors.result() if self._errors.done() else ""

    async def initialize(self) -> Json:
        """The usual beginning; the answer to `initialize`."""
        folder = None
        if self.root is not None:
            folder = [{"uri": self.root.as_uri(), "name": self.root.name}]
        answer = await self.request(
            "initialize",
            {
                "processId": os.getpid(),
                "rootUri": self.root.as_uri() if self.root else None,
                "workspaceFolders": folder,
                "capabilities": self.capabilities,
                "initializationOptions": self.options,
            },
        )
        self.notify("initialized", {})
        return answer

    async def request(self, method: str, params: Any, timeout: float = 20.0) -> Json:
        """The whole reply, with `result` or `error`."""
        _, reply = self.send_request(method, params)
        return await asyncio.wait_for(reply, timeout)

    def send_request(self, method: str, params: Any) -> tuple[int, asyncio.Future[Json]]:
        """The request's id and its reply to come."""
        number = next(self._ids)
        reply: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._waiting[number] = reply
        self.send({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        return number, reply

    def notify(self, method: str, params: Any) -> None:
        """Send a notification."""
        self.send({"jsonrpc": "2.0", "method": method, "params": params})

    def send(self, message: Mapping[str, Any]) -> None:
        """Send any message."""
        body = json.dumps(message).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)

    def open(self, uri: str, text: str, language: str = "python", version: int = 1) -> None:
        """Open a document."""
        item = {"uri": uri, "languageId": language, "version": version, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": item})

    def change(self, uri: str, version: int, changes: Sequence[Json]) -> None:
        """Edit a document."""
        document = {"uri": uri, "version": version}
        params = {"textDocument": document, "contentChanges": list(changes)}
        self.notify("textDocument/didChange", params)

    def send_inline(
        self, uri: str, line: int, character: int, *, kind: int = 1
    ) -> tuple[int, asyncio.Future[Json]]:
        """Ask for ghost text: kind 1 invoked, 2 automatic."""
        return self.send_request(
            "textDocument/inlineCompletion",
            {
                "textDocument": {"uri": uri},
                "position": {"line": line, "character": character},
                "context": {"triggerKind": kind},
            },
        )

    async def inline(self, uri: str, line: int, character: int, *, kind: int = 1) -> Any:
        """The items of ghost text, None where the request was superseded."""
        _, reply = self.send_inline(uri, line, character, kind=kind)
        answer = await asyncio.wait_for(reply, 20)
        result = answer["result"]
        return result["items"] if result is not None else None

    async def command(self, name: str, *arguments: Any) -> Any:
        """The result of a command."""
        params = {"command": name, "arguments": list(arguments)}
        return (await self.request("workspace/executeCommand", params))["result"]

    def notes(self, method: str) -> list[Any]:
        """The parameters of all messages of one method so far."""
        return [note["params"] for note in self.received if note["method"] == method]

    async def wait_for_note(self, method: str, accept: Any = lambda _: True) -> Any:
        """The first message of a method that `accept` takes, come or to come."""
        deadline = asyncio.get_running_loop().time() + 20
        while True:
            for params in self.notes(method):
                if accept(params):
                    return params
            self._arrived.clear()
            left = deadline - asyncio.get_running_loop().time()
            await asyncio.wait_for(self._arrived.wait(), left)

    async def _read(self) -> None:
        output = self.process.stdout
        assert output is not None
        while header := await output.readline():
            length = 0
            while header.strip():
                name, _, value = header.partition(b":")
                if name.strip().lower() == b"content-length":
                    length = int(value)
                header = await output.readline()
            self._take(json.loads(await output.readexactly(length)))
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(ConnectionError("the server has ended"))

    def _take(self, message: Json) -> None:
        if "method" in message:
            self.received.append(message)
            self._arrived.set()
            if "id" in message:
                is_settings = message["method"] == "workspace/configuration"
                result = [self.section] if is_settings else None
                self.send({"jsonrpc": "2.0", "id": message["id"], "result": result})
            return
        waiting = self._waiting.pop(message["id"], None)
        if waiting is not None and not waiting.done():
            waiting.set_result(message)


async def _drain(stream: asyncio.StreamReader | None) -> str:
    assert stream is not None
    return (await stream.read()).decode("utf-8", "replace")
