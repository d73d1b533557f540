"""The language server: registers the handlers, owns the session, speaks on a transport."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.io_ import StdoutWriter, run_websocket
from pygls.lsp.server import LanguageServer

from lsp_server import __version__
from lsp_server.buffer import Encoding
from lsp_server.configuration import SECTION, resolve_layers
from lsp_server.framing import ByteReader, FramingError, Stream, open_input, read_bodies
from lsp_server.handlers import commands, documents
from lsp_server.handlers.actions import register_actions
from lsp_server.handlers.completion import completion
from lsp_server.handlers.configuration import await_section, pushed_section
from lsp_server.handlers.convert import to_encoding
from lsp_server.handlers.index_progress import IndexProgress
from lsp_server.handlers.inline_completion import ACCEPTED, inline_completion
from lsp_server.log import describe_error
from lsp_server.models.ledger import Ledger, ledger_path
from lsp_server.protocol import QwenProtocol
from lsp_server.provider.discover import read_environment
from lsp_server.provider.keys import look_up_key
from lsp_server.session import Session
from lsp_server.status import Status, describe_status
from lsp_server.uris import path_of
from lsp_server.watchdog import watch_loop

_log = logging.getLogger(__name__)

_COMMANDS: Mapping[str, Callable[[Session, Sequence[Any]], object]] = {
    "qwen.why": commands.why,
    "qwen.status": commands.status,
    "qwen.toggle": commands.toggle,
    ACCEPTED: commands.completion_accepted,
}
_WATCHED = "**/*"


class QwenServer(LanguageServer):
    """One client, one session."""

    protocol: QwenProtocol

    def __init__(self) -> None:
        super().__init__(
            "qwen-lsp",
            __version__,
            types.TextDocumentSyncKind.Incremental,
            types.NotebookDocumentSyncOptions(
                notebook_selector=[types.NotebookDocumentFilterWithNotebook(notebook="*")]
            ),
            protocol_cls=QwenProtocol,
        )
        self.session = Session(
            read_environment(os.environ),
            look_up_key,
            notify=self._notify_user,
            show_status=self._show_status,
            ledger=Ledger(ledger_path(), notify=self._notify_user),
            show_index=IndexProgress(self).show,
        )
        self._initialization: object = None
        self._roots: tuple[Path, ...] = ()
        self._named_problems: set[str] = set()
        _register(self)

    @property
    def encoding(self) -> Encoding:
        """The unit of columns agreed on with the client."""
        return to_encoding(self.server_capabilities.position_encoding)

    def begin(self, params: types.InitializeParams) -> None:
        """Take what `initialize` says; what depends on the client is registered here."""
        self._initialization = params.initialization_options
        self._roots = _read_roots(params)
        text_document = params.capabilities.text_document
        if text_document is None or text_document.inline_completion is None:
            _register_completion(self)

    async def configure(self, pushed: object = None) -> None:
        """Read the settings anew from all layers and hand them to the session."""
        section = pushed
        workspace = self.client_capabilities.workspace
        if workspace is not None and workspace.configuration:
            items = [types.ConfigurationItem(section=SECTION)]
            answer = self.workspace_configuration_async(types.ConfigurationParams(items))
            section = await await_section(answer)
        resolved = resolve_layers(section, self._initialization)
        for problem in resolved.problems:
            if problem not in self._named_problems:
                self._named_problems.add(problem)
                self._notify_user(problem)
        await self.session.configure(
            resolved.settings, self._roots, watch=not _tells_of_files(self.client_capabilities)
        )

    async def register_dynamically(self) -> None:
        """Ask to be told of changed settings and files, where the client can tell."""
        workspace = self.client_capabilities.workspace
        registrations = []
        if workspace is not None:
            settings = workspace.did_change_configuration
            if settings is not None and settings.dynamic_registration:
                registrations.append(
                    types.Registration(
                        "qwen-configuration",
                        types.WORKSPACE_DID_CHANGE_CONFIGURATION,
                        types.DidChangeConfigurationRegistrationOptions(section=SECTION),
                    )
                )
            if _tells_of_files(self.client_capabilities):
                registrations.append(
                    types.Registration(
                        "qwen-files",
                        types.WORKSPACE_DID_CHANGE_WATCHED_FILES,
                        types.DidChangeWatchedFilesRegistrationOptions(
                            [types.FileSystemWatcher(_WATCHED)]
                        ),
                    )
                )
        if registrations:
            # A client that refuses goes on without: documents that are open are known anyway.
            with contextlib.suppress(Exception):
                await self.client_register_capability_async(types.RegistrationParams(registrations))

    def change_roots(self, event: types.WorkspaceFoldersChangeEvent) -> None:
        """Workspace folders came or went."""
        removed = {path_of(folder.uri) for folder in event.removed}
        added = [path for folder in event.added if (path := path_of(folder.uri))]
        kept = [root for root in self._roots if root not in removed]
        self._roots = tuple(dict.fromkeys([*kept, *added]))

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Errors outside a request: logged without the message's content, not shown."""
        _log.error("a message could not be handled: %s", describe_error(error))

    def _notify_user(self, sentence: str) -> None:
        self.window_show_message(types.ShowMessageParams(types.MessageType.Warning, sentence))

    def _show_status(self, status: Status) -> None:
        self.protocol.notify("qwen/status", describe_status(status))


def serve_stdio() -> None:
    """Speak on standard input and output until the client ends it."""
    # Whatever else prints, prints to stderr: standard output carries the protocol alone.
    output = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    server = QwenServer()

    async def serve() -> None:
        reader = await open_input(sys.stdin.fileno(), output.fileno())
        server.protocol.set_writer(StdoutWriter(output))
        await _serve(server, reader)

    try:
        asyncio.run(serve())
    except BrokenPipeError:
        _log.info("the client has gone")
    except KeyboardInterrupt:
        _log.info("interrupted")


def serve_tcp(host: str, port: int) -> None:
    """Wait for one client on TCP, and serve it. Raises OSError where the port is not to be had."""

    async def serve() -> None:
        done = asyncio.Event()

        async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if listener.is_serving():
                listener.close()
                server = QwenServer()
                server.protocol.set_writer(writer)
                try:
                    await _serve(server, Stream(reader))
                finally:
                    writer.close()
                    done.set()
            else:
                writer.close()

        listener = await asyncio.start_server(connect, host, port)
        _announce("tcp", listener.sockets)
        await done.wait()

    asyncio.run(serve())


def serve_websocket(host: str, port: int) -> None:
    """Wait for one client on a WebSocket, and serve it. Raises OSError as `serve_tcp` does."""

    async def serve() -> None:
        from websockets.asyncio.server import ServerConnection
        from websockets.asyncio.server import serve as listen

        done = asyncio.Event()
        taken = False

        async def connect(socket: ServerConnection) -> None:
            nonlocal taken
            if taken:
                return
            taken = True
            server = QwenServer()
            try:
                with watch_loop():
                    await run_websocket(
                        websocket=socket,
                        stop_event=threading.Event(),
                        protocol=server.protocol,
                        error_handler=server.report_server_error,
                    )
            finally:
                await server.session.shut_down()
                done.set()

        listener = await listen(connect, host, port, max_size=2**26)
        _announce("ws", listener.sockets)
        await done.wait()
        listener.close()

    asyncio.run(serve())


async def _serve(server: QwenServer, reader: ByteReader) -> None:
    try:
        with watch_loop():
            async for body in read_bodies(reader):
                server.protocol.take(body)
    except FramingError as error:
        _log.error("the client is not understood: %s", error)
        server.protocol.refuse_unreadable(str(error))
        raise SystemExit(1) from None
    finally:
        await server.session.shut_down()


def _announce(scheme: str, sockets: Sequence[Any]) -> None:
    """Say where we listen: with port 0 nobody knows it otherwise."""
    host, port = sockets[0].getsockname()[:2]
    print(f"qwen-lsp listens on {scheme}://{host}:{port}", file=sys.stderr, flush=True)


def _tells_of_files(capabilities: types.ClientCapabilities) -> bool:
    """Whether the client can be asked to tell of files that change on disk."""
    workspace = capabilities.workspace
    files = None if workspace is None else workspace.did_change_watched_files
    return files is not None and bool(files.dynamic_registration)


def _read_roots(params: types.InitializeParams) -> tuple[Path, ...]:
    uris = [folder.uri for folder in params.workspace_folders or ()]
    if not uris and params.root_uri:
        uris = [params.root_uri]
    roots = [path for uri in uris if (path := path_of(uri))]
    if not roots and params.root_path:
        roots = [Path(params.root_path)]
    return tuple(roots)


def _register(server: QwenServer) -> None:
    """All handlers but those that depend on the client; each only converts and hands on."""
    session = server.session

    @server.feature(types.INITIALIZE)
    def initialize(params: types.InitializeParams) -> None:
        server.begin(params)

    @server.feature(types.INITIALIZED)
    async def initialized(_params: types.InitializedParams) -> None:
        await server.configure()
        await server.register_dynamically()
        await server.session.wait_until_connected()
        # What was loaded for it stays. To look through it for garbage takes 70 ms, at some key.
        gc.freeze()

    @server.feature(types.SHUTDOWN)
    async def shutdown(_params: None) -> None:
        await session.shut_down()

    @server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)
    async def did_change_configuration(params: types.DidChangeConfigurationParams) -> None:
        await server.configure(pushed_section(params.settings))

    @server.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    async def did_change_folders(params: types.DidChangeWorkspaceFoldersParams) -> None:
        server.change_roots(params.event)
        await server.configure()

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def did_change_watched_files(params: types.DidChangeWatchedFilesParams) -> None:
        for event in params.changes:
            session.file_changed(event.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def did_open(params: types.DidOpenTextDocumentParams) -> None:
        documents.did_open(session, params, server.encoding)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def did_change(params: types.DidChangeTextDocumentParams) -> None:
        documents.did_change(session, params)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def did_close(params: types.DidCloseTextDocumentParams) -> None:
        documents.did_close(session, params)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def did_save(params: types.DidSaveTextDocumentParams) -> None:
        documents.did_save(session, params)

    @server.feature(types.NOTEBOOK_DOCUMENT_DID_OPEN)
    def notebook_did_open(params: types.DidOpenNotebookDocumentParams) -> None:
        documents.notebook_did_open(session, params, server.encoding)

    @server.feature(types.NOTEBOOK_DOCUMENT_DID_CHANGE)
    def notebook_did_change(params: types.DidChangeNotebookDocumentParams) -> None:
        documents.notebook_did_change(session, params, server.encoding)

    @server.feature(types.NOTEBOOK_DOCUMENT_DID_CLOSE)
    def notebook_did_close(params: types.DidCloseNotebookDocumentParams) -> None:
        documents.notebook_did_close(session, params)

    @server.feature(types.TEXT_DOCUMENT_INLINE_COMPLETION, types.InlineCompletionOptions())
    async def inline(params: types.InlineCompletionParams) -> types.InlineCompletionList | None:
        return await inline_completion(session, params, server.encoding)

    for name, command in _COMMANDS.items():
        server.command(name)(_bind(command, session))
    register_actions(server)


def _bind(
    command: Callable[[Session, Sequence[Any]], object], session: Session
) -> Callable[[Sequence[Any]], object]:
    def run(arguments: Sequence[Any]) -> object:
        return command(session, arguments)

    return run


def _register_completion(server: QwenServer) -> None:
    """The menu, only for clients that have no inline completion."""

    @server.feature(
        types.TEXT_DOCUMENT_COMPLETION,
        types.CompletionOptions(trigger_characters=list(".( =,:[{\"'/<")),
    )
    async def answer(params: types.CompletionParams) -> types.CompletionList | None:
        return await completion(server.session, params, server.encoding)
