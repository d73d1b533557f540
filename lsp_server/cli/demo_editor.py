"""The editor that `qwen-lsp demo` plays: a client of the real server, with one document at a time.

It speaks LSP, so this file, like the server's edge, knows `pygls` and `lsprotocol`.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.lsp.client import LanguageClient

from lsp_server import __version__
from lsp_server.buffer import (
    Buffer,
    Change,
    Encoding,
    Position,
    Snapshot,
    decode_position,
    encode_position,
)
from lsp_server.cli.view import Ghost
from lsp_server.configuration import as_tree
from lsp_server.errors import UserError

# The package's own folder comes first, and the working folder, which `-c` would add, not at all.
_START = (
    "import sys; sys.path[:] = [sys.argv.pop(1), *filter(None, sys.path)]; "
    "from lsp_server.cli import run; sys.exit(run(sys.argv[1:]))"
)
_PACKAGE_PARENT = str(Path(__file__).resolve().parents[2])
_PATIENCE_S = 10.0
_ENDING_S = 2.0


@dataclass(frozen=True, slots=True)
class Shown:
    """Ghost text as an editor holds it: where it stands, what accepting does, and how long it
    took in milliseconds."""

    ghost: Ghost
    item: types.InlineCompletionItem
    ms: float


class DemoEditor:
    """Types, asks after each key, and accepts."""

    def __init__(self, client: LanguageClient, encoding: Encoding, commands: tuple[str, ...]):
        self.commands = commands
        self.shown: Shown | None = None
        self.delays: list[float] = []
        self._client = client
        self._encoding = encoding
        self._buffer = Buffer("untitled:", 0, "plaintext", "", encoding)
        self._cursor = Position(0, 0)
        self._asking: asyncio.Task[None] | None = None

    @property
    def snapshot(self) -> Snapshot:
        """The document as it is now."""
        return self._buffer.snapshot()

    @property
    def cursor(self) -> Position:
        """Where the cursor stands."""
        return self._cursor

    def open(self, file: Path, language: str) -> None:
        """Open a file, with the cursor at its start."""
        text, uri = file.read_text("utf-8"), file.as_uri()
        self._buffer = Buffer(uri, 1, language, text, self._encoding)
        self._cursor = Position(0, 0)
        item = types.TextDocumentItem(uri, language, 1, text)
        self._client.text_document_did_open(types.DidOpenTextDocumentParams(item))

    def close(self) -> None:
        """Close the document."""
        document = types.TextDocumentIdentifier(self.snapshot.uri)
        self._client.text_document_did_close(types.DidCloseTextDocumentParams(document))

    def move_behind(self, text: str) -> None:
        """Put the cursor behind the first place where `text` stands."""
        self._cursor = self.snapshot.position(self.snapshot.text.index(text) + len(text))

    def insert(self, text: str) -> None:
        """Bring `text` in at the cursor."""
        self._edit(self._cursor, self._cursor, text)

    def press(self, key: str) -> None:
        """Type one character, and ask for ghost text without waiting for it, as editors do."""
        self.insert(key)
        self._asking = asyncio.create_task(self._ask(explicit=False), name="demo-ask")

    async def ask(self) -> None:
        """Ask for ghost text by hand, and wait for it."""
        await self._ask(explicit=True)

    async def wait(self) -> None:
        """Wait for the answer to the last key."""
        if self._asking is not None:
            await self._asking

    async def accept(self) -> None:
        """Take the ghost text that is shown, as the editor's accept key does."""
        assert self.shown is not None
        shown, item = self.shown, self.shown.item
        covered = Position(self._cursor.line, self._cursor.column + shown.ghost.covered)
        self._edit(self._cursor, covered, shown.ghost.text)
        if item.command is not None:
            await self.run(item.command.command, *(item.command.arguments or ()))

    async def run(self, command: str, *arguments: Any) -> dict[str, Any]:
        """Run a command of the server's."""
        parameters = types.ExecuteCommandParams(command, list(arguments))
        asking = self._client.workspace_execute_command_async(parameters)
        return dict(as_tree(await asyncio.wait_for(asking, _PATIENCE_S)))

    async def explain(self) -> dict[str, Any]:
        """The fate of the last request: `{outcome, reason, engine, model, ms}`."""
        return await self.run("qwen.why", {"uri": self.snapshot.uri})

    async def _ask(self, *, explicit: bool) -> None:
        snapshot, cursor = self.snapshot, self._cursor
        kinds = types.InlineCompletionTriggerKind
        parameters = types.InlineCompletionParams(
            types.InlineCompletionContext(kinds.Invoked if explicit else kinds.Automatic),
            types.TextDocumentIdentifier(snapshot.uri),
            self._to_lsp(snapshot, cursor),
        )
        started = time.monotonic()
        asking = self._client.text_document_inline_completion_async(parameters)
        answer = await asyncio.wait_for(asking, _PATIENCE_S)
        items = answer.items if isinstance(answer, types.InlineCompletionList) else answer
        # What comes after another key was pressed belongs to a text that is no more.
        if items and (snapshot, cursor) == (self.snapshot, self._cursor):
            milliseconds = (time.monotonic() - started) * 1000
            self.delays.append(milliseconds)
            self.shown = _make_shown(snapshot, cursor, items[0], self._encoding, milliseconds)

    def _edit(self, start: Position, end: Position, text: str) -> None:
        snapshot = self.snapshot
        first, last = self._to_lsp(snapshot, start), self._to_lsp(snapshot, end)
        change = Change((first.line, first.character), (last.line, last.character), text)
        version = self._buffer.version + 1
        offset = snapshot.offset(start)
        self._buffer.apply([change], version)
        self._cursor = self.snapshot.position(offset + len(text))
        self.shown = None
        self._client.text_document_did_change(
            types.DidChangeTextDocumentParams(
                types.VersionedTextDocumentIdentifier(uri=snapshot.uri, version=version),
                [types.TextDocumentContentChangePartial(types.Range(first, last), text)],
            )
        )

    def _to_lsp(self, snapshot: Snapshot, position: Position) -> types.Position:
        return types.Position(*encode_position(snapshot, position, self._encoding))


@asynccontextmanager
async def open_editor(root: Path) -> AsyncIterator[DemoEditor]:
    """Start the real server on the project in `root`, and end it afterwards."""
    client = _Client("qwen-lsp demo", __version__)
    arguments = ("-c", _START, _PACKAGE_PARENT, "serve", "--stdio", "--log-level", "error")
    await client.start_io(sys.executable, *arguments, cwd=root)
    try:
        begun = await asyncio.wait_for(client.initialize_async(_introduce(root)), _PATIENCE_S)
        client.initialized(types.InitializedParams())
        provided = begun.capabilities.execute_command_provider
        encoding = begun.capabilities.position_encoding or "utf-16"
        yield DemoEditor(
            client,
            Encoding(str(getattr(encoding, "value", encoding))),
            tuple(provided.commands) if provided else (),
        )
        await asyncio.wait_for(client.shutdown_async(None), _PATIENCE_S)
        client.exit(None)
    except (asyncio.TimeoutError, RuntimeError):
        # pygls says by a RuntimeError that the server has ended.
        raise UserError(
            "The server did not answer; `qwen-lsp serve --log-level debug` shows what ails it.", 1
        ) from None
    finally:
        await client.end()


class _Client(LanguageClient):
    async def end(self) -> None:
        """Wait for the server's end, and bring it about where it does not come by itself."""
        if self._server is not None and self._server.returncode is None:
            try:
                await asyncio.wait_for(self._server.wait(), _ENDING_S)
            except asyncio.TimeoutError:
                self._server.kill()
        await self.stop()  # type: ignore[no-untyped-call]


def _introduce(root: Path) -> types.InitializeParams:
    return types.InitializeParams(
        capabilities=types.ClientCapabilities(
            text_document=types.TextDocumentClientCapabilities(
                inline_completion=types.InlineCompletionClientCapabilities()
            )
        ),
        client_info=types.ClientInfo("qwen-lsp demo", __version__),
        workspace_folders=[types.WorkspaceFolder(root.as_uri(), root.name)],
    )


def _make_shown(
    snapshot: Snapshot,
    cursor: Position,
    item: types.InlineCompletionItem,
    encoding: Encoding,
    milliseconds: float,
) -> Shown:
    """What stands left of the cursor is part of the item's text, and not of the ghost text."""
    text = item.insert_text if isinstance(item.insert_text, str) else item.insert_text.value
    start, end = cursor, cursor
    if item.range is not None:
        start, end = (
            decode_position(snapshot, place.line, place.character, encoding)
            for place in (item.range.start, item.range.end)
        )
    held = cursor.column - start.column
    ghost = Ghost(cursor.line, cursor.column, text[held:], end.column - cursor.column)
    return Shown(ghost, item, milliseconds)
