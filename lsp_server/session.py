"""The state of one client: open documents, settings, engines in use. Knows no LSP."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

from lsp_server.buffer import Buffer, Change, Encoding, Position, Snapshot
from lsp_server.completion.ask import Reply
from lsp_server.completion.base import Ask, Outcome
from lsp_server.completion.breaker import Breaker
from lsp_server.completion.pipeline import Completer, Engines, Hosted
from lsp_server.completion.track import Track
from lsp_server.embedded.client import EmbeddedClient
from lsp_server.models.catalogue import choose_served, load_catalogue
from lsp_server.models.route import Route
from lsp_server.models.usage import Spending, count_usage
from lsp_server.privacy.gate import ALLOWED, Gate, Verdict
from lsp_server.provider.base import Endpoint, Provider, Usage, origin_of
from lsp_server.provider.discover import Discovery, Environment, KeyLookup, discover, make_provider
from lsp_server.provider.errors import Action, Fault, ProviderError
from lsp_server.settings import Settings

_log = logging.getLogger(__name__)

# One notice of a kind in ten minutes: a fault that lasts is told, not repeated.
_NOTICE_GAP_S = 600.0
# Listing models wakes the connection as well; a server that hangs must not hold the start.
_LIST_S = 5.0
# A status bar that flickers with each key tells nothing.
_STATUS_S = 0.1

_SUPERSEDED = Outcome("superseded", "A newer request or an edit took its place.")


@dataclass(frozen=True, slots=True)
class Status:
    """What a status bar shows."""

    state: Literal["ready", "busy", "degraded", "off"]
    engine: str
    model: str | None
    origin: str | None
    tokens_today: int
    cost_today: float
    message: str | None = None


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

    `notify` gets sentences for the user, `show_status` each new status.
    """

    def __init__(
        self,
        environment: Environment,
        lookup_key: KeyLookup,
        *,
        notify: Callable[[str], None],
        show_status: Callable[[Status], None],
    ) -> None:
        self.settings = Settings()
        self.documents: dict[str, Document] = {}
        self.embedded = EmbeddedClient()
        self._environment = environment
        self._lookup_key = lookup_key
        self._notify = notify
        self._show_status = show_status
        self._gate = Gate(())
        self._discovery = Discovery(None, "The engine is being chosen.")
        self._hosted: Hosted | None = None
        self._completer = Completer(self._own)
        self._connecting: asyncio.Task[None] | None = None
        self._configured = asyncio.Event()
        self._key_origin: str | None = None
        self._toggles = Toggles()
        self._spending = Spending()
        self._told: dict[str, float] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._asking = 0
        self._fault: Fault | None = None
        self._last_status: Status | None = None
        self._publishing: asyncio.TimerHandle | None = None
        self._last: Outcome | None = None
        self._last_language: str | None = None

    # Settings and engines

    async def configure(self, settings: Settings, roots: Sequence[Path]) -> None:
        """Take new settings and workspace folders; engines that they concern are chosen anew."""
        gate = Gate(tuple(roots), settings.privacy.ignore_files)
        is_first = self._connecting is None
        reread = is_first or gate != self._gate
        reconnect = is_first or _connection(settings) != _connection(self.settings)
        self.settings, self._gate = settings, gate
        if reread:
            await self.embedded.start(gate.roots, gate.ignore_files)
        if reconnect:
            await self._disconnect()
            self._connecting = self._own(self._connect(settings), "connect")
        self._configured.set()
        self._publish()

    async def wait_until_connected(self) -> None:
        """Wait until the engine has been chosen."""
        if self._connecting is not None:
            await asyncio.wait({self._connecting})

    @property
    def discovery(self) -> Discovery:
        """The endpoint in use and why."""
        return self._discovery

    @property
    def hosted(self) -> Hosted | None:
        """The connected endpoint, None where the embedded engine is alone."""
        return self._hosted

    def check_path(self, uri: str) -> Verdict:
        """May this document's text be sent?"""
        path = path_of(uri)
        return ALLOWED if path is None else self._gate.check(path)

    # Documents

    def open(self, uri: str, language: str, version: int, text: str, encoding: Encoding) -> None:
        """A document was opened."""
        self.documents[uri] = Document(Buffer(uri, version, language, text, encoding))

    def change(self, uri: str, version: int, changes: Sequence[Change]) -> None:
        """A document was edited: what was asked of the text before is superseded."""
        document = self.documents.get(uri)
        if document is None:
            _log.warning("an edit came for a document that is not open")
            return
        document.buffer.apply(changes, version)
        document.track.note_edit(document.buffer.snapshot())
        document.is_stale = True
        self._supersede(document)

    def close(self, uri: str) -> None:
        """A document was closed."""
        document = self.documents.pop(uri, None)
        if document is not None:
            self._supersede(document)
            document.track.close_flight()
            self.embedded.drop(_name(uri))

    def file_changed(self, uri: str) -> None:
        """A file changed on disk."""
        path = path_of(uri)
        if path is not None:
            self.embedded.reread(str(path))

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
            await asyncio.wait({running})
        except asyncio.CancelledError:
            if document.running is running:
                document.running = None
            running.cancel()
            document.last = self._last = Outcome("cancelled", "The editor cancelled the request.")
            raise
        # The task may have ended of itself in the very moment in which it was superseded.
        if running.cancelled() or document.running is not running:
            return _SUPERSEDED
        document.running = None
        document.last = self._last = running.result()
        return document.last

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
        _log.info("accepted a suggestion of %s", engine if engine == "embedded" else "a model")

    async def _complete(
        self, snapshot: Snapshot, track: Track, position: Position, explicit: bool
    ) -> Outcome:
        language = self._last_language = snapshot.language
        if self._toggles.everything or language in self._toggles.languages:
            return Outcome("off", "Ghost text was switched off (qwen.toggle).")
        # Editors ask before their settings have come; an answer by the defaults would be wrong.
        await self._configured.wait()
        if explicit:
            await self.wait_until_connected()
        self._refresh_embedded(snapshot.uri)
        path = path_of(snapshot.uri)
        ask = Ask(
            snapshot,
            snapshot.clamp(position),
            self._relative(path) if path else _name(snapshot.uri),
            _name(snapshot.uri),
            self._repository(path),
            explicit,
        )
        engines = Engines(self.embedded, self._hosted, self._discovery.reason)
        verdict = self.check_path(snapshot.uri)
        self._note_asking(+1)
        try:
            settings = self.settings.completion
            return await self._completer.complete(ask, track, engines, settings, verdict)
        finally:
            self._note_asking(-1)

    def _supersede(self, document: Document) -> None:
        if document.running is not None:
            document.running.cancel()
            document.running = None
            document.last = self._last = _SUPERSEDED

    def _refresh_embedded(self, asking_uri: str) -> None:
        """Tell the embedded engine the text of the other documents that changed."""
        for uri, document in self.documents.items():
            if document.is_stale and uri != asking_uri:
                document.is_stale = False
                if self.check_path(uri).allowed:
                    self.embedded.put(_name(uri), document.buffer.snapshot().text)

    # What code actions need

    @property
    def gate(self) -> Gate:
        """The one gate."""
        return self._gate

    def note_usage(self, model: str, usage: Usage) -> None:
        """An action used tokens."""
        self._spending.add(count_usage(model, usage.input, usage.output))
        self._publish()

    def tell(self, sentence: str) -> None:
        """Tell the user, once in ten minutes."""
        self._tell(sentence)

    # Status

    def status(self) -> Status:
        """What the status bar shows now."""
        hosted = self._hosted
        is_off = self._toggles.everything or not self.settings.completion.enabled
        state: Literal["ready", "busy", "degraded", "off"] = "ready"
        if is_off:
            state = "off"
        elif self._fault is not None or self._discovery.problems:
            state = "degraded"
        elif self._asking and hosted is not None:
            state = "busy"
        message = self._fault.sentence if self._fault else self._discovery.reason
        return Status(
            state,
            hosted.provider.endpoint.provider if hosted else "embedded",
            hosted.route.model if hosted else None,
            hosted.provider.endpoint.origin if hosted else None,
            self._spending.tokens,
            round(self._spending.cost, 6),
            message or None,
        )

    def toggle(self, scope: str, language: str | None) -> Status:
        """Switch ghost text off or on again, for all or for one language."""
        if scope == "language" and language:
            self._toggles.languages ^= {language}
        else:
            self._toggles.everything = not self._toggles.everything
        self._publish()
        return self.status()

    async def shut_down(self) -> None:
        """End every task, connection and process."""
        if self._publishing is not None:
            self._publishing.cancel()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._disconnect()
        await self.embedded.close()

    async def _connect(self, settings: Settings) -> None:
        discovery = await discover(settings, self._environment, self._lookup_key)
        discovery = self._bind_key(settings, discovery)
        self._discovery = discovery
        for problem in discovery.problems:
            self._tell(problem)
        if discovery.endpoint is not None:
            provider = make_provider(discovery.endpoint)
            await provider.prepare()
            route = Route(await self._choose_chain(settings, provider), settings.completion.mode)
            self._hosted = Hosted(provider, route, Breaker(), self._note_reply, self._note_fault)
        _log.info("engine: %s", discovery.reason)
        self._publish()

    async def _choose_chain(self, settings: Settings, provider: Provider) -> tuple[str, ...]:
        if settings.completion.model:
            return (settings.completion.model,)
        endpoint = provider.endpoint
        environment = self._environment
        if environment.openai_model and endpoint.base_url == environment.openai_base_url:
            return (environment.openai_model,)
        chain = load_catalogue().lanes["fast"]
        if endpoint.provider == "dashscope":
            return chain
        try:
            served = await asyncio.wait_for(provider.list_models(), _LIST_S)
        except (ProviderError, asyncio.TimeoutError):
            return chain
        known = tuple(model for model in chain if model in served)
        return known or choose_served(served, "fast") or served[:1] or chain

    async def _disconnect(self) -> None:
        if self._connecting is not None:
            self._connecting.cancel()
            await asyncio.gather(self._connecting, return_exceptions=True)
        hosted, self._hosted = self._hosted, None
        for document in self.documents.values():
            document.track.close_flight()
        self._completer.forget()
        self._fault = None
        if hosted is not None:
            await hosted.provider.close()

    def _bind_key(self, settings: Settings, discovery: Discovery) -> Discovery:
        """Keep the client's key to the first origin it was used for."""
        endpoint = discovery.endpoint
        if endpoint is None or endpoint.key is None or endpoint.key != settings.api_key:
            return discovery
        if self._key_origin is None:
            self._key_origin = endpoint.origin
        if origin_of(endpoint.base_url) == self._key_origin:
            return discovery
        problem = (
            f"The key was given for {self._key_origin} and is not sent to {endpoint.origin}; set "
            "the key again for the new address."
        )
        bare = Endpoint(endpoint.provider, endpoint.base_url, None, endpoint.reason)
        return Discovery(bare, discovery.reason, (*discovery.problems, problem))

    def _note_reply(self, reply: Reply) -> None:
        hosted = self._hosted
        for fault in reply.passed_over:
            self._tell(fault.sentence)
        usage = reply.usage
        self._spending.add(count_usage(reply.model, usage.input, usage.output))
        if hosted is not None:
            hosted.breaker.note_success()
        self._fault = None
        self._publish()

    def _note_fault(self, fault: Fault) -> None:
        if self._hosted is not None:
            self._hosted.breaker.note_fault(fault, time.monotonic())
        _log.warning("the endpoint failed: %s (%s)", fault.code or "-", fault.status or "-")
        if fault.code != "deadline":
            self._fault = fault
        if fault.action not in {Action.QUIET, Action.BACK_OFF} and fault.code != "deadline":
            self._tell(fault.sentence)
        self._publish()

    def _note_asking(self, step: int) -> None:
        self._asking += step
        self._publish()

    def _tell(self, sentence: str) -> None:
        now = time.monotonic()
        if now - self._told.get(sentence, -_NOTICE_GAP_S) >= _NOTICE_GAP_S:
            self._told[sentence] = now
            self._notify(sentence)

    def _publish(self) -> None:
        """Show the status shortly; what changes back before then is not worth a message."""
        if self._publishing is None:
            loop = asyncio.get_running_loop()
            self._publishing = loop.call_later(_STATUS_S, self._publish_now)

    def _publish_now(self) -> None:
        self._publishing = None
        status = self.status()
        if status != self._last_status:
            self._last_status = status
            self._show_status(status)

    def _relative(self, path: Path) -> str:
        for root in self._gate.roots:
            if path.is_relative_to(root):
                return path.relative_to(root).as_posix()
        return path.name

    def _repository(self, path: Path | None) -> str:
        for root in self._gate.roots:
            if path is None or path.is_relative_to(root):
                return root.name
        return ""

    def _own(self, work: Coroutine[Any, Any, Any], name: str) -> asyncio.Task[Any]:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def path_of(uri: str) -> Path | None:
    """The file of a `file:` URI, None for any other."""
    parts = urlsplit(uri)
    if parts.scheme != "file":
        return None
    path = unquote(parts.path)
    if os.name == "nt" and path[:1] == "/" and path[2:3] == ":":
        path = path[1:]
    return Path(path)


def _name(uri: str) -> str:
    path = path_of(uri)
    return str(path) if path else uri


def _connection(settings: Settings) -> tuple[object, ...]:
    """What decides on the connection: a change of anything else keeps it."""
    return (
        settings.provider,
        settings.base_url,
        settings.region,
        settings.api_key,
        settings.trusted,
        settings.completion.model,
        settings.completion.mode,
    )


def describe_status(status: Status) -> Mapping[str, object]:
    """The status in the names of the contract."""
    described: dict[str, object] = {
        "state": status.state,
        "engine": status.engine,
        "model": status.model,
        "origin": status.origin,
        "tokensToday": status.tokens_today,
        "costToday": status.cost_today,
    }
    if status.message:
        described["message"] = status.message
    return described
