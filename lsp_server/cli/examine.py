"""Finding out what will be used and why, for `qwen-lsp doctor`.

Nothing is asked of the network but the configured endpoint, and servers on loopback.
"""

from __future__ import annotations

import asyncio
import os
import platform
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path

from lsp_server import __version__
from lsp_server.cli.diagnosis import (
    Config,
    Diagnosis,
    Engine,
    FileReport,
    Key,
    Lane,
    Reading,
    Trial,
)
from lsp_server.cli.network import examine_network
from lsp_server.cli.session import open_session, wait_until_ready
from lsp_server.cli.terminal import show_progress
from lsp_server.completion.ask import ask_models
from lsp_server.completion.pipeline import Hosted
from lsp_server.completion.trigger import choose_deadline
from lsp_server.configuration import config_path
from lsp_server.context.base import Context
from lsp_server.models.catalogue import choose_served, load_catalogue
from lsp_server.models.route import Route
from lsp_server.postprocess.base import Place
from lsp_server.prompt.base import Form
from lsp_server.provider.base import Endpoint, Piece, Provider, Request, Text
from lsp_server.provider.discover import Environment, is_dashscope, read_environment
from lsp_server.provider.errors import Fault, ProviderError
from lsp_server.provider.keys import look_up_key
from lsp_server.session import Session
from lsp_server.settings import Resolved, Settings
from lsp_server.syntax.grammars import available, language_of_path

# Far past the deadline of a completion: a slow answer is worth telling apart from none.
_TRIAL_S = 15.0
_TRIAL_TOKENS = 8
_LIST_S = 5.0
_TRIAL = Context("example.py", "python", "def add(a, b):\n    return ", "\n")
_TRIAL_PLACE = Place("python", _TRIAL.prefix, _TRIAL.suffix, multiline=False)


async def examine(root: Path, file: Path | None, resolved: Resolved) -> Diagnosis:
    """Open a session on the project in `root` as the server does, and look at it."""
    settings = resolved.settings
    environment = read_environment(os.environ)
    notices: list[str] = []
    async with open_session(root, resolved, notices.append) as session:
        is_whole = await wait_until_ready(session)
        with show_progress("Asking the endpoint …"):
            served = await _list_models(session.hosted)
            trial, faults = await _try(session.hosted, settings)
        corpus = await session.embedded.status()
        report = _examine_file(session, file) if file else None
    endpoint = session.discovery.endpoint
    network, network_problems = examine_network(endpoint, os.environ)
    problems = [
        *resolved.problems,
        *notices,
        *network_problems,
        *_find_problems(session, settings, trial, faults),
    ]
    return Diagnosis(
        __version__,
        platform.python_version(),
        Config(str(config_path()), config_path().exists(), resolved.unknown),
        _describe_engine(session, environment),
        network,
        _describe_lanes(session.hosted, settings, served),
        trial,
        Reading(corpus.files, corpus.tokens, is_whole),
        _list_grammars(),
        report,
        tuple(dict.fromkeys(problems)),
        tuple(_advise(session, settings, environment, trial)),
    )


async def _list_models(hosted: Hosted | None) -> tuple[str, ...] | None:
    if hosted is None:
        return None
    try:
        return await asyncio.wait_for(hosted.provider.list_models(), _LIST_S)
    except (ProviderError, asyncio.TimeoutError):
        # Listing is a courtesy; what is wrong with the endpoint, the trial tells.
        return None


async def _try(
    hosted: Hosted | None, settings: Settings
) -> tuple[Trial | None, tuple[Fault, ...]]:
    """One completion by the fast lane, and the faults on the way to it."""
    if hosted is None:
        return None, ()
    provider = _Stopwatch(hosted.provider)
    route = Route(hosted.route.chain, settings.completion.mode)
    started = time.monotonic()
    try:
        reply = await asyncio.wait_for(
            ask_models(
                provider,
                route,
                lambda _tokens: _TRIAL,
                _TRIAL_PLACE,
                max_prompt_tokens=settings.completion.max_prompt_tokens,
                max_tokens=_TRIAL_TOKENS,
                deadline_ms=int(_TRIAL_S * 1000),
            ),
            _TRIAL_S,
        )
    except ProviderError as error:
        return None, (error.fault,)
    except asyncio.TimeoutError:
        return None, ()
    total = _milliseconds(time.monotonic() - started)
    return Trial(reply.model, reply.form, provider.first_ms, total), reply.passed_over


class _Stopwatch:
    """A provider that notes when the first text of its last answer came."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self.first_ms: float | None = None

    @property
    def endpoint(self) -> Endpoint:
        return self._provider.endpoint

    def forms(self, model: str) -> tuple[Form, ...]:
        return self._provider.forms(model)

    async def prepare(self) -> None:
        await self._provider.prepare()

    async def stream(self, request: Request) -> AsyncGenerator[Piece, None]:
        self.first_ms = None
        started = time.monotonic()
        async with aclosing(self._provider.stream(request)) as pieces:
            async for piece in pieces:
                if self.first_ms is None and isinstance(piece, Text):
                    self.first_ms = _milliseconds(time.monotonic() - started)
                yield piece

    async def list_models(self) -> tuple[str, ...]:
        return await self._provider.list_models()

    async def close(self) -> None:
        await self._provider.close()


def _describe_engine(session: Session, environment: Environment) -> Engine:
    discovery = session.discovery
    endpoint = discovery.endpoint
    if endpoint is None:
        return Engine("embedded", discovery.reason)
    key = _describe_key(endpoint, environment)
    return Engine(
        endpoint.provider, discovery.reason, endpoint.base_url, endpoint.origin, key
    )


def _describe_key(endpoint: Endpoint, environment: Environment) -> Key | None:
    key = endpoint.key
    if key is None:
        return None
    # A short key would be half told by its end.
    hint = f"…{key[-4:]}" if len(key) >= 16 else "…"
    if key == environment.dashscope_key and is_dashscope(endpoint.base_url):
        return Key("DASHSCOPE_API_KEY", hint)
    if key == environment.openai_key:
        return Key("OPENAI_API_KEY", hint)
    return Key("the system's keyring", hint)


def _describe_lanes(
    hosted: Hosted | None, settings: Settings, served: tuple[str, ...] | None
) -> tuple[Lane, ...]:
    catalogue = load_catalogue()
    provider = hosted.provider.endpoint.provider if hosted else ""
    strong = choose_chain("strong", settings.actions.model, provider, served)
    thinking = settings.actions.reasoning_model
    chains = {
        "fast": hosted.route.chain if hosted else catalogue.lanes["fast"],
        "strong": strong,
        "reasoning": (thinking,) if thinking else catalogue.lanes["reasoning"],
    }
    return tuple(
        Lane(name, chain, None if served is None else tuple(m for m in chain if m in served))
        for name, chain in chains.items()
    )
