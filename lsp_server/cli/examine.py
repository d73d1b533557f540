"""Finding out what will be used and why, for `qwen-lsp doctor`.

Nothing is asked of the network but the configured endpoint, and servers on loopback.
"""

from __future__ import annotations

import asyncio
import os
import platform
from collections import Counter
from collections.abc import Iterator
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
from lsp_server.cli.origins import Target, list_origins
from lsp_server.cli.session import open_session, wait_until_ready
from lsp_server.cli.terminal import show_progress
from lsp_server.cli.trial import try_model
from lsp_server.completion.engines import Hosted
from lsp_server.completion.trigger import choose_deadline
from lsp_server.configuration import config_path
from lsp_server.models.route import choose_chain
from lsp_server.privacy.content import why_no_context
from lsp_server.privacy.secrets import redact
from lsp_server.provider.base import Endpoint
from lsp_server.provider.discover import (
    Environment,
    find_local_servers,
    is_dashscope,
    read_environment,
)
from lsp_server.provider.errors import ProviderError
from lsp_server.provider.keys import look_up_key
from lsp_server.session import Session
from lsp_server.settings import Resolved, Settings
from lsp_server.syntax.grammars import available, language_of_path

_LIST_S = 5.0
# What is longer is data, and a report on its beginning is enough.
_MAX_BYTES = 1_500_000


async def examine(root: Path | None, file: Path | None, resolved: Resolved) -> Diagnosis:
    """Open a session on the project in `root` as the server does, and look at it."""
    settings = resolved.settings
    environment = read_environment(os.environ)
    notices: list[str] = []
    async with open_session(root, resolved, notices.append) as session:
        is_whole = await wait_until_ready(session)
        hosted = session.hosted
        with show_progress("Asking the endpoint …"):
            served = await _list_models(hosted)
            trial, faults = await try_model(hosted) if hosted else (None, ())
        corpus = await session.embedded.status()
        report = _examine_file(session, file) if file else None
    endpoint = session.discovery.endpoint
    network, network_problems = examine_network(endpoint, os.environ)
    # Models that were passed over do no harm where another one answers.
    broken, harmless = ((), faults) if trial else (faults, ())
    problems = (
        *resolved.problems,
        *notices,
        *network_problems,
        *broken,
        *_find_problems(session, hosted),
    )
    advice = [
        *harmless,
        *_advise_on_speed(endpoint, settings, trial),
        *_advise_on_settings(resolved),
    ]
    # Whoever has asked for the embedded engine, or is told what is broken, needs no more advice.
    if endpoint is None and not problems and settings.provider == "auto" and settings.trusted:
        advice += await _advise_on_models(environment)
    local = await find_local_servers() if settings.trusted else ()
    path = config_path()
    return Diagnosis(
        __version__,
        platform.python_version(),
        Config(str(path), path.exists(), resolved.unknown),
        _describe_engine(session, environment),
        network,
        _describe_lanes(hosted, settings, served),
        trial,
        Reading(corpus.files, corpus.tokens, is_whole),
        _list_grammars(),
        report,
        tuple(dict.fromkeys(problems)),
        tuple(advice),
        served,
        local,
    )


async def _list_models(hosted: Hosted | None) -> tuple[str, ...] | None:
    if hosted is None:
        return None
    try:
        return await asyncio.wait_for(hosted.provider.list_models(), _LIST_S)
    except (ProviderError, asyncio.TimeoutError):
        # Listing is a courtesy; what is wrong with the endpoint, the trial tells.
        return None


def _examine_file(session: Session, file: Path) -> FileReport:
    verdict = session.check_path(file.as_uri())
    language = language_of_path(file)
    allowed = session.settings.completion.allows(language)
    secrets, why_not = None, ""
    text = _read_text(file) if verdict.allowed else None
    if text is not None:
        why_not = why_no_context(file, text) or ""
        if session.settings.privacy.redact_secrets:
            secrets = Counter(finding.kind for finding in redact(text, language).findings)
    return FileReport(
        str(file), language, verdict.allowed, verdict.reason, allowed, secrets, why_not
    )


def _read_text(file: Path) -> str | None:
    try:
        return file.read_bytes()[:_MAX_BYTES].decode("utf-8", "replace")
    except OSError:
        return None


def _describe_engine(session: Session, environment: Environment) -> Engine:
    discovery = session.discovery
    endpoint = discovery.endpoint
    if endpoint is None:
        return Engine("embedded", discovery.reason)
    key = _describe_key(endpoint, session.settings, environment)
    return Engine(endpoint.provider, discovery.reason, endpoint.base_url, endpoint.origin, key)


def _describe_key(endpoint: Endpoint, settings: Settings, environment: Environment) -> Key | None:
    key = endpoint.key
    if key is None:
        return None
    # A short key would be half told by its end.
    hint = f"…{key[-4:]}" if len(key) >= 16 else "…"
    if key == settings.api_key:
        return Key("the editor", hint)
    if key == environment.dashscope_key and is_dashscope(endpoint.base_url):
        return Key("DASHSCOPE_API_KEY", hint)
    if key == environment.openai_key:
        return Key("OPENAI_API_KEY", hint)
    return Key("the system's keyring", hint)


def _describe_lanes(
    hosted: Hosted | None, settings: Settings, served: tuple[str, ...] | None
) -> tuple[Lane, ...]:
    provider = hosted.provider.endpoint.provider if hosted else ""
    listed = None if provider == "dashscope" else served
    actions = settings.actions
    fast = choose_chain("fast", settings.completion.model, None)
    chains = {
        "fast": hosted.route.chain if hosted else fast,
        "strong": choose_chain("strong", actions.model, listed),
        "reasoning": choose_chain("reasoning", actions.reasoning_model, listed),
    }
    return tuple(
        Lane(name, chain, served and tuple(model for model in chain if model in served))
        for name, chain in chains.items()
    )


def _list_grammars() -> dict[str, tuple[str, ...]]:
    found = available()
    origins = dict.fromkeys(origin for _, origin in found)
    return {
        origin: tuple(language for language, its in found if its == origin) for origin in origins
    }


def _find_problems(session: Session, hosted: Hosted | None) -> Iterator[str]:
    endpoint = session.discovery.endpoint
    if endpoint is not None and hosted is None:
        yield (
            f"The connection to {endpoint.origin} cannot be set up; check HTTPS_PROXY, NO_PROXY "
            "and SSL_CERT_FILE."
        )
    if hosted is None and session.settings.completion.embedded == "off":
        yield (
            "Nothing can answer: there is no model, and qwen.completion.embedded is off; set it "
            "to fallback."
        )


def _advise_on_speed(
    endpoint: Endpoint | None, settings: Settings, trial: Trial | None
) -> Iterator[str]:
    if trial is None or endpoint is None:
        return
    deadline = choose_deadline(settings.completion, local=endpoint.is_loopback)
    if trial.total_ms > deadline * 1000:
        yield (
            f"The answer took longer than the {deadline:g} s that ghost text waits; raise "
            "qwen.completion.deadlineMs, or take a smaller model."
        )


def _advise_on_settings(resolved: Resolved) -> Iterator[str]:
    if not resolved.settings.completion.enabled:
        yield "Ghost text is switched off (qwen.completion.enabled)."
    if resolved.unknown:
        yield f"Nobody knows these settings: {', '.join(resolved.unknown)}."


async def _advise_on_models(environment: Environment) -> list[str]:
    """How to get a model, where none is set up."""
    if environment.openai_key:
        return [
            "OPENAI_API_KEY is set and goes nowhere without OPENAI_BASE_URL; set that to the "
            "endpoint it belongs to."
        ]
    elsewhere = [origin for origin in await list_origins(Target()) if look_up_key(origin)]
    if elsewhere:
        return [f"The keyring holds a key for {', '.join(elsewhere)}; set qwen.region to match it."]
    return [
        "For answers of a model: set DASHSCOPE_API_KEY or run `qwen-lsp login`, or start a local "
        "server such as llama.cpp or Ollama with a Qwen coder model."
    ]
