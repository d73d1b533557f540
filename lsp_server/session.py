"""The state of one client: open documents, settings, engines in use. Knows no LSP."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from lsp_server.acceptance import Acceptance
from lsp_server.buffer import Buffer, Change, Encoding, Position, Snapshot
from lsp_server.completion.base import Ask, Outcome
from lsp_server.completion.engines import Engines, Hosted
from lsp_server.completion.pipeline import Completer
from lsp_server.completion.place import parse_ahead
from lsp_server.completion.track import Track
from lsp_server.connection import Connection
from lsp_server.context.base import Snippet, Subject
from lsp_server.context.client import ContextClient
from lsp_server.context.edits import Edit, EditLog
from lsp_server.embedded.client import EmbeddedClient
from lsp_server.index.client import IndexClient, IndexState
from lsp_server.index.crawl import INDEX_LIMITS
from lsp_server.models.budget import over_budget
from lsp_server.models.ledger import Ledger
from lsp_server.notices import DAY_S, Notices
from lsp_server.privacy.gate import Gate, Verdict
from lsp_server.provider.base import Usage
from lsp_server.provider.discover import Discovery, Environment, KeyLookup
from lsp_server.settings import Settings
from lsp_server.status import State, Status, StatusBoard
from lsp_server.uris import document_name, path_of
from lsp_server.workspace import Workspace

_log = logging.getLogger(__name__)

# How long an automatic request waits for the engine to be chosen, at the start.
_FIRST_S = 3.0
# A file that was opened is parsed so long after.
_PARSE_S = 0.2
TOO_LARGE = (
    f"The project is larger than what is indexed: {INDEX_LIMITS.files:,} files and "
    f"{INDEX_LIMITS.bytes // 1_000_000:,} MB of source a folder, nearest the top first. Lines in a "
    ".qwenignore file leave out what does not matter."
)
_SUPERSEDED = Outcome("superseded", "A newer request or an edit took its place.")


@dataclass(slots=True)
class Document:
    """An open document with the fate of its last request."""

    buffer: Buffer
    last: Outcome | None = None
    running: asyncio.Task[Outcome] | None = None
    track: Track = field(default_factory=Track)
    # Whether the embedded engine has yet to hear of the latest text.
    is_stale: bool = True


@dataclass(slots=True)
class Toggles:
    """What the user has switched off for now, over the settings."""

    everything: bool = False
    languages: set[str] = field(default_factory=set)


class Session:
    """One client's documents and engines.

    `notify` gets sentences for the user, `show_status` each new status. The workspace is indexed
    where somebody is shown how far that is.
    """

    def __init__(
        self,
        environment: Environment,
        lookup_key: KeyLookup,
        *,
        notify: Callable[[str], None],
        show_status: Callable[[Status], None],
        ledger: Ledger | None = None,
        show_index: Callable[[IndexState], None] | None = None,
    ) -> None:
        self.settings = Settings()
        self.documents: dict[str, Document] = {}
        self.embedded = EmbeddedClient()
        self.index = IndexClient(self._note_index, on_change=self._note_changes)
        self._show_index = show_index
        self._workspace = Workspace(Gate(()))
        self._toggles = Toggles()
        self._notices = Notices(notify)
        self._ledger = ledger or Ledger()
        self._board = StatusBoard(self.status, show_status)
        self._connection = Connection(
            environment, lookup_key, self._ledger, self._notices, self._board.refresh
        )
        self._edits = EditLog()
        self.context = ContextClient(self._read_edits)
        self._completer = Completer(self._own, self.context)
        self._acceptance = Acceptance(self._ledger, self._own)
        self._configured = asyncio.Event()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._asking = 0
        self._last: Outcome | None = None
        self._last_language: str | None = None

    # Settings and engines

    async def configure(
        self, settings: Settings, roots: Sequence[Path], *, watch: bool = False
    ) -> None:
        """Take new settings and workspace folders; engines that they concern are chosen anew.

        With `watch` nobody tells of files that change on disk.
        """
        gate = Gate(tuple(roots), settings.privacy.ignore_files)
        is_first = not self._connection.is_begun
        if is_first:
            self._own(self._open_ledger(), "ledger")
        reread = is_first or gate != self.gate
        reconnect = is_first or _decisive(settings) != _decisive(self.settings)
        self.settings, self._workspace = settings, Workspace(gate)
        if reread:
            await self.embedded.start(gate.roots, gate.ignore_files)
        if reconnect:
            self._forget_answers()
            await self._connection.begin(settings)
        self._configured.set()
        self._board.refresh()
        if reread and self._show_index is not None:
            await self.read_project(self._show_index, watch=watch)

    async def read_project(
        self, show_index: Callable[[IndexState], None], *, watch: bool = False
    ) -> None:
        """Have the workspace indexed, and contexts gathered from it. `show_index` is told how far
        that is; see `configure` for `watch`."""
        self._show_index = show_index
        if self.gate.roots:
            await self.index.start(self.gate.roots, self.gate.ignore_files, watch=watch)
            await self.context.start(self.gate)

    async def wait_until_connected(self, seconds: float | None = None) -> None:
        """Wait until the engine has been chosen, for so many seconds at most."""
        await self._connection.wait(seconds)

    @property
    def discovery(self) -> Discovery:
        """The endpoint in use and why."""
        return self._connection.discovery

    @property
    def hosted(self) -> Hosted | None:
        """The connected endpoint, None where the embedded engine is alone."""
        return self._connection.hosted

    def check_path(self, uri: str) -> Verdict:
        """May this document's text be sent?"""
        return self._workspace.check(uri)

    # Documents

    def open(self, uri: str, language: str, version: int, text: str, encoding: Encoding) -> None:
        """A document was opened."""
        document = self.documents[uri] = Document(Buffer(uri, version, language, text, encoding))
        self._own(self._look_ahead(uri, document), "look-ahead")

    def change(self, uri: str, version: int, changes: Sequence[Change]) -> None:
        """A document was edited: what was asked of the text before is superseded."""
        document = self.documents.get(uri)
        if document is None:
            _log.warning("an edit came for a document that is not open")
            return
        before = document.buffer.snapshot()
        document.buffer.apply(changes, version)
        after = document.buffer.snapshot()
        self._edits.note(before, after, changes, time.monotonic())
        taken = document.track.note_edit(after)
        if taken:
            self._acceptance.note_partly(uri, taken)
        document.is_stale = True
        self._supersede(document)

    def close(self, uri: str) -> None:
        """A document was closed."""
        document = self.documents.pop(uri, None)
        if document is not None:
            self._supersede(document)
            document.track.close()
            self._acceptance.forget(uri)
            self.context.forget(uri)
            self.embedded.drop(document_name(uri))
            path = path_of(uri)
            if path is not None:
                self.index.drop(str(path))

    def file_changed(self, uri: str) -> None:
        """A file changed on disk."""
        path = path_of(uri)
        if path is not None:
            self.embedded.reread(str(path))
            self.index.change([str(path)])

    # Ghost text

    async def complete(self, uri: str, position: Position, *, explicit: bool) -> Outcome:
        """Ghost text at a position of an open document.

        A newer request for the document, or an edit, supersedes this one. Cancelling it ends the
        work and closes its connection.
        """
        document = self.documents.get(uri)
        if document is None:
            return Outcome("failed", "The document is not open.")
        self._supersede(document)
        snapshot = document.buffer.snapshot()
        running = self._own(
            self._complete(snapshot, document.track, position, explicit), "complete"
        )
        document.running = running
        try:
            outcome = await running
        except asyncio.CancelledError:
            if document.running is not running:
                # What was cancelled is the task; it makes no difference if the editor did so too.
                return _SUPERSEDED
            document.running = None
            document.last = self._last = Outcome("cancelled", "The editor cancelled the request.")
            raise
        # The task may have ended of itself in the very moment in which it was superseded.
        if document.running is not running:
            return _SUPERSEDED
        document.running = None
        document.last = self._last = outcome
        self._acceptance.note_shown(document.track.shown)
        return document.last

    async def _look_ahead(self, uri: str, document: Document) -> None:
        """Have at hand what the first request for a document needs."""
        # A moment later, lest a hundred files that an editor opens at its start be all in the way.
        await parse_ahead(document.buffer.snapshot(), document.track.syntax, _PARSE_S)
        await self.wait_until_connected()
        is_open = self.documents.get(uri) is document
        if is_open and self.hosted is not None and self.check_path(uri).allowed:
            tokens = self.settings.completion.max_prompt_tokens
            repository = self._workspace.repository(uri)
            self.context.look_ahead(document.buffer.snapshot(), repository, tokens)

    async def gather_ahead(self, uri: str, position: Position, seconds: float) -> None:
        """Have the context of a place gathered before it is asked for, within so many seconds."""
        document = self.documents.get(uri)
        if document is not None:
            ask = self._make_ask(document.buffer.snapshot(), position, explicit=True)
            tokens = self.settings.completion.max_prompt_tokens
            await self.context.gather(
                ask.snapshot, ask.position, ask.path, ask.repository, tokens, seconds=seconds
            )

    def explain_last(self, uri: str | None) -> Outcome | None:
        """The fate of the last request, for one document or for any."""
        if uri is None:
            return self._last
        document = self.documents.get(uri)
        return document.last if document else None

    @property
    def last_language(self) -> str | None:
        """The language of the document that was asked for last."""
        return self._last_language

    def note_accepted(self, uri: object, engine: object) -> None:
        """A suggestion was taken."""
        document = self.documents.get(str(uri))
        if document is not None:
            document.track.note_accepted()
            self._acceptance.note_accepted(document.buffer)
        _log.info("accepted a suggestion of %s", engine if engine == "embedded" else "a model")

    async def _complete(
        self, snapshot: Snapshot, track: Track, position: Position, explicit: bool
    ) -> Outcome:
        language = self._last_language = snapshot.language
        if self._toggles.everything or language in self._toggles.languages:
            return Outcome("off", "Ghost text was switched off (qwen.toggle).")
        # Editors ask before their settings have come; an answer by the defaults would be wrong.
        await self._configured.wait()
        # No editor asks again by itself: the first suggestion would be lost.
        await self.wait_until_connected(None if explicit else _FIRST_S)
        self._refresh_others(snapshot.uri)
        ask = self._make_ask(snapshot, position, explicit=explicit)
        check = partial(self.check_path, snapshot.uri)
        engines = Engines(self.embedded, check, self.hosted, self.discovery.reason)
        over = None if explicit else over_budget(self.settings.budget, self._ledger.today)
        if over is not None:
            self._notices.tell(over, DAY_S)
            engines = Engines(self.embedded, check, None, over)
        self._note_asking(+1)
        try:
            settings = self.settings.completion
            return await self._completer.complete(ask, track, engines, settings)
        finally:
            self._note_asking(-1)

    def _make_ask(self, snapshot: Snapshot, position: Position, *, explicit: bool) -> Ask:
        return Ask(
            snapshot,
            snapshot.clamp(position),
            self._workspace.name(snapshot.uri),
            document_name(snapshot.uri),
            self._workspace.repository(snapshot.uri),
            explicit,
        )

    def _supersede(self, document: Document) -> None:
        if document.running is not None:
            document.running.cancel()
            document.running = None
            document.last = self._last = _SUPERSEDED

    def _refresh_others(self, asking_uri: str) -> None:
        """Tell the embedded engine and the index the text of the other documents that changed."""
        for uri, document in self.documents.items():
            if document.is_stale and uri != asking_uri:
                document.is_stale = False
                if self.check_path(uri).allowed:
                    text = document.buffer.snapshot().text
                    self.embedded.put(document_name(uri), text)
                    path = path_of(uri)
                    if path is not None:
                        self.index.put(str(path), text)

    # What code actions need

    async def wait_until_configured(self) -> None:
        """Wait until the settings have come and the engine has been chosen."""
        await self._configured.wait()
        await self.wait_until_connected()

    @property
    def gate(self) -> Gate:
        """The one gate."""
        return self._workspace.gate

    async def gather_for_action(
        self, uri: str, subject: Subject, tokens: int, seconds: float
    ) -> tuple[Snippet, ...]:
        """What the index knows of code in a document, in at most so many tokens and seconds."""
        self._refresh_others(uri)
        return await self.context.process.gather_for_action(uri, subject, tokens, seconds=seconds)

    def note_usage(self, model: str, usage: Usage) -> None:
        """An action used tokens."""
        self._connection.note_request(model, usage, "strong")

    def tell(self, sentence: str) -> None:
        """Tell the user, once in ten minutes."""
        self._notices.tell(sentence)

    # Status

    def status(self) -> Status:
        """What the status bar shows now."""
        hosted, fault, discovery = self.hosted, self._connection.fault, self.discovery
        today = self._ledger.today()
        endpoint = hosted.provider.endpoint if hosted else None
        return Status(
            self._state(),
            endpoint.provider if endpoint else "embedded",
            hosted.route.model if hosted else None,
            endpoint.origin if endpoint else None,
            today.tokens,
            round(today.amount(), 6),
            today.currency,
            (fault.sentence if fault else discovery.reason) or None,
        )

    def toggle(self, scope: str, language: str | None) -> Status:
        """Switch ghost text off or on again, for all or for one language."""
        if scope == "language" and language:
            self._toggles.languages ^= {language}
        else:
            self._toggles.everything = not self._toggles.everything
        self._board.refresh()
        return self.status()

    async def shut_down(self) -> None:
        """End every task, connection and process."""
        self._board.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._connection.close()
        await asyncio.gather(self.embedded.close(), self.index.close(), self.context.close())
        await self._ledger.close()

    def _read_edits(self) -> list[Edit]:
        """The recent edits of documents whose text may be sent now."""
        return [edit for edit in self._edits.read() if self.check_path(edit.path).allowed]

    def _note_changes(self, paths: Sequence[str]) -> None:
        for path in paths:
            self.embedded.reread(path)

    def _note_index(self, state: IndexState) -> None:
        if state.is_cut:
            self._notices.tell(TOO_LARGE, DAY_S)
        if state.fault:
            self._notices.tell(
                f"The project's index cannot be written ({state.fault}). Completions go on with "
                "less of the project.",
                DAY_S,
            )
        if self._show_index is not None:
            self._show_index(state)

    def _state(self) -> State:
        if self._toggles.everything or not self.settings.completion.enabled:
            return "off"
        if self._connection.fault is not None or self.discovery.problems:
            return "degraded"
        return "busy" if self._asking and self.hosted is not None else "ready"

    async def _open_ledger(self) -> None:
        await self._ledger.open()
        self._board.refresh()

    def _forget_answers(self) -> None:
        for document in self.documents.values():
            document.track.close_flight()
        self._completer.forget()

    def _note_asking(self, step: int) -> None:
        self._asking += step
        self._board.refresh()

    def _own(self, work: Coroutine[Any, Any, Any], name: str) -> asyncio.Task[Any]:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def _decisive(settings: Settings) -> tuple[object, ...]:
    """What decides on the connection: a change of anything else keeps it."""
    return (
        settings.provider,
        settings.base_url,
        settings.region,
        settings.api_key,
        settings.trusted,
        settings.privacy.redact_secrets,
        settings.completion.model,
        settings.completion.mode,
    )
