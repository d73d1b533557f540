"""A client over any transport that fails when a message to the user went unread."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from lsprotocol import types
from pytest_lsp import LanguageClient, client_capabilities, make_test_lsp_client

from tests.fakes.editor import clean_environment

_PATIENCE_S = 15.0


class Client:
    """pytest-lsp's client with what our tests ask of it."""

    def __init__(self, lsp: LanguageClient) -> None:
        self.lsp = lsp
        self.statuses: list[Any] = []
        self.registered: list[str] = []
        self._read = 0

        @lsp.feature("qwen/status")  # type: ignore[untyped-decorator]
        def on_status(params: Any) -> None:
            self.statuses.append(params)

        @lsp.feature(types.CLIENT_REGISTER_CAPABILITY)  # type: ignore[untyped-decorator]
        def on_register(params: types.RegistrationParams) -> None:
            self.registered += [one.method for one in params.registrations]

    async def next_message(self) -> str:
        """The next unread `window/showMessage`."""
        await _until(lambda: len(self.lsp.messages) > self._read)
        self._read += 1
        return self.lsp.messages[self._read - 1].message

    async def wait_for_engine(self, engine: str) -> None:
        """Wait until the status names this engine as chosen."""
        await _until(
            lambda: any(
                status.engine == engine and "being chosen" not in (status.message or "")
                for status in self.statuses
            )
        )

    def open(self, uri: str, text: str, language: str = "python") -> None:
        """Open a document."""
        item = types.TextDocumentItem(uri, language, 1, text)
        self.lsp.text_document_did_open(types.DidOpenTextDocumentParams(item))

    async def inline(
        self,
        uri: str,
        line: int,
        character: int,
        kind: types.InlineCompletionTriggerKind = types.InlineCompletionTriggerKind.Invoked,
    ) -> list[types.InlineCompletionItem] | None:
        """The items of ghost text, None where superseded."""
        result = await self.lsp.text_document_inline_completion_async(
            types.InlineCompletionParams(
                types.InlineCompletionContext(kind),
                types.TextDocumentIdentifier(uri),
                types.Position(line, character),
            )
        )
        if result is None:
            return None
        return list(result.items if isinstance(result, types.InlineCompletionList) else result)

    async def command(self, name: str, *arguments: Any) -> Any:
        """The result of a command."""
        return await self.lsp.workspace_execute_command_async(
            types.ExecuteCommandParams(name, list(arguments))
        )

    def require_all_read(self) -> None:
        """Fail when the server told the user something that the test did not expect."""
        unread = [message.message for message in self.lsp.messages[self._read :]]
        assert not unread, f"messages that nobody read: {unread}"


@asynccontextmanager
async def connect(
    transport: str = "stdio",
    *,
    root: Path | None = None,
    options: Mapping[str, Any] | None = None,
    section: Mapping[str, Any] | None = None,
    inline: bool = True,
    encodings: list[str] | None = None,
    environment: Mapping[str, str] | None = None,
) -> AsyncIterator[Client]:
    """A client at a server of its own, initialized; ended in good order."""
    lsp = make_test_lsp_client()
    client = Client(lsp)
    process = await _start(lsp, transport, clean_environment(environment))
    capabilities = client_capabilities("visual-studio-code")
    if inline and capabilities.text_document is not None:
        inline_capability = types.InlineCompletionClientCapabilities()
        capabilities.text_document.inline_completion = inline_capability
    capabilities.general = types.GeneralClientCapabilities(
        position_encodings=[types.PositionEncodingKind(name) for name in encodings]
        if encodings
        else None
    )
    lsp.set_configuration({"qwen": dict(section or {})})
    folders = [types.WorkspaceFolder(root.as_uri(), root.name)] if root else None
    await lsp.initialize_session(
        types.InitializeParams(
            capabilities=capabilities,
            workspace_folders=folders,
            initialization_options=dict(options or {}),
        )
    )
    try:
        yield client
        client.require_all_read()
    finally:
        await lsp.shutdown_session()
        if process is not None:
            await asyncio.wait_for(process.wait(), _PATIENCE_S)
        await lsp.stop()  # type: ignore[no-untyped-call]


async def _start(
    lsp: LanguageClient, transport: str, environment: Mapping[str, str]
) -> asyncio.subprocess.Process | None:
    command = [sys.executable, "-m", "lsp_server", "serve"]
    if transport == "stdio":
        await lsp.start_io(*command, "--stdio", env=dict(environment))
        return None
    process = await asyncio.create_subprocess_exec(
        *command,
        f"--{transport}",
        "127.0.0.1:0",
        stderr=asyncio.subprocess.PIPE,
        env=dict(environment),
    )
    assert process.stderr is not None
    announced = (await process.stderr.readline()).decode()
    match = re.search(r"listens on \w+://127\.0\.0\.1:(\d+)", announced)
    assert match, announced
    start = lsp.start_tcp if transport == "tcp" else lsp.start_ws
    await start("127.0.0.1", int(match.group(1)))
    asyncio.get_running_loop().create_task(process.stderr.read(), name=f"stderr-{os.getpid()}")
    return process


async def _until(condition: Any) -> None:
    """Wait for a condition that messages bring about."""
    deadline = asyncio.get_running_loop().time() + _PATIENCE_S
    while not condition():
        if asyncio.get_running_loop().time() > deadline:
            raise AssertionError("what was waited for did not come")
        await asyncio.sleep(0.01)
