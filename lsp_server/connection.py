"""The endpoint in use: chosen, connected, its lane's models, its faults."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from lsp_server.completion.ask import Reply
from lsp_server.completion.breaker import Breaker
from lsp_server.completion.engines import Hosted
from lsp_server.models.catalogue import Lane
from lsp_server.models.ledger import Ledger
from lsp_server.models.route import Route, choose_chain
from lsp_server.notices import Notices
from lsp_server.provider.base import Endpoint, Provider, Usage
from lsp_server.provider.discover import Discovery, Environment, KeyLookup, discover, make_provider
from lsp_server.provider.errors import Action, Fault, ProviderError, is_published
from lsp_server.settings import Settings

_log = logging.getLogger(__name__)

# Listing models wakes the connection as well; a server that hangs must not hold the start.
_LIST_S = 5.0


class Connection:
    """At most one endpoint at a time. `changed` is called whenever the status may be another."""

    def __init__(
        self,
        environment: Environment,
        lookup_key: KeyLookup,
        ledger: Ledger,
        notices: Notices,
        changed: Callable[[], None],
    ) -> None:
        self.discovery = Discovery(None, "The engine is being chosen.")
        self.hosted: Hosted | None = None
        self.fault: Fault | None = None
        self._environment = environment
        self._lookup_key = lookup_key
        self._ledger = ledger
        self._notices = notices
        self._changed = changed
        self._task: asyncio.Task[None] | None = None
        self._key_origins: dict[str, str] = {}

    @property
    def is_begun(self) -> bool:
        """Whether settings have come."""
        return self._task is not None

    async def begin(self, settings: Settings) -> None:
        """Choose anew; `wait` waits for the outcome."""
        await self.close()
        self._task = asyncio.create_task(self._connect(settings), name="connect")

    async def wait(self, seconds: float | None = None) -> None:
        """Wait until the engine has been chosen, for so many seconds at most."""
        if self._task is not None and not self._task.done():
            await asyncio.wait({self._task}, timeout=seconds)

    async def close(self) -> None:
        """Leave the endpoint."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        hosted, self.hosted = self.hosted, None
        self.fault = None
        if hosted is not None:
            await hosted.provider.close()

    def note_request(self, model: str, usage: Usage, lane: Lane) -> None:
        """A request used tokens."""
        if self.hosted is not None:
            endpoint = self.hosted.provider.endpoint
            self._ledger.note_request(
                model,
                usage.input,
                usage.output,
                usage.cached,
                lane=lane,
                provider=endpoint.provider,
                origin=endpoint.origin,
            )
        self._changed()

    async def _connect(self, settings: Settings) -> None:
        discovery = await discover(settings, self._environment, self._lookup_key)
        self.discovery = discovery = self._bind_key(settings, discovery)
        for problem in discovery.problems:
            self._notices.tell(problem)
        if discovery.endpoint is not None:
            await self._open(settings, discovery.endpoint)
        _log.info("engine: %s", discovery.reason)
        self._changed()

    async def _open(self, settings: Settings, endpoint: Endpoint) -> None:
        redacts = settings.privacy.redact_secrets
        provider = make_provider(endpoint, redacts=redacts)
        try:
            await provider.prepare()
        except Exception as error:
            # A proxy or certificate file in the environment that no HTTP client can be made with.
            problem = (
                f"No connection to {endpoint.origin} can be made ({type(error).__name__}); check "
                "HTTPS_PROXY and SSL_CERT_FILE, or run `qwen-lsp doctor`."
            )
            self.discovery = Discovery(None, problem, (problem,))
            self._notices.tell(problem)
            return
        route = Route(await self._choose_chain(settings, provider), settings.completion.mode)
        self.hosted = Hosted(
            provider, route, Breaker(), self._note_reply, self._note_fault, redacts
        )

    async def _choose_chain(self, settings: Settings, provider: Provider) -> tuple[str, ...]:
        endpoint, environment = provider.endpoint, self._environment
        model = settings.completion.model
        if endpoint.base_url == environment.openai_base_url:
            model = model or environment.openai_model
        if model or endpoint.provider == "dashscope":
            return choose_chain("fast", model, None)
        try:
            served = await asyncio.wait_for(provider.list_models(), _LIST_S)
        except (ProviderError, asyncio.TimeoutError):
            return choose_chain("fast", model, None)
        return choose_chain("fast", model, served)

    def _bind_key(self, settings: Settings, discovery: Discovery) -> Discovery:
        """Keep each key of the client's to the first origin it was used for."""
        endpoint = discovery.endpoint
        if endpoint is None or endpoint.key is None or endpoint.key != settings.api_key:
            return discovery
        bound = self._key_origins.setdefault(endpoint.key, endpoint.origin)
        if endpoint.origin == bound:
            return discovery
        problem = (
            f"The key was given for {bound} and is not sent to {endpoint.origin}; set "
            "the key again for the new address."
        )
        bare = Endpoint(endpoint.provider, endpoint.base_url, None, endpoint.reason)
        return Discovery(bare, discovery.reason, (*discovery.problems, problem))

    def _note_reply(self, reply: Reply) -> None:
        for fault in reply.passed_over:
            self._notices.tell(fault.sentence)
        if self.hosted is not None:
            self.hosted.breaker.note_success()
        self.fault = None
        self.note_request(reply.model, reply.usage, "fast")

    def _note_fault(self, fault: Fault) -> None:
        if self.hosted is not None:
            self.hosted.breaker.note_fault(fault, time.monotonic())
        code = fault.code if is_published(fault.code) else "-"
        _log.warning("the endpoint failed: %s (%s)", code, fault.status or "-")
        if fault.code != "deadline":
            self.fault = fault
            if fault.action not in {Action.QUIET, Action.BACK_OFF}:
                # An endpoint that fails in another way each time is one piece of news.
                is_passing = fault.action is Action.RETRY
                self._notices.tell(fault.sentence, topic="endpoint" if is_passing else "")
        self._changed()
