"""Which endpoint to ask, with which key, and why."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from lsp_server.models.catalogue import is_coder
from lsp_server.provider.base import Endpoint, Provider, origin_of
from lsp_server.provider.dashscope import DashScope, is_native
from lsp_server.provider.errors import ProviderError
from lsp_server.provider.llamacpp import LlamaCpp
from lsp_server.provider.ollama import Ollama
from lsp_server.provider.openai_compatible import OpenAICompatible
from lsp_server.provider.redacting import Redacting
from lsp_server.settings import Settings

_DASHSCOPE = {
    "beijing": "https://dashscope.aliyuncs.com",
    "singapore": "https://dashscope-intl.aliyuncs.com",
    "us": "https://dashscope-us.aliyuncs.com",
    "hongkong": "https://cn-hongkong.dashscope.aliyuncs.com",
}
_CODING_PLAN = "https://coding.dashscope.aliyuncs.com/v1"
_DASHSCOPE_HOST = re.compile(r"([\w-]+\.)*(dashscope(-\w+)?|maas)\.aliyuncs\.com")
_OPENAI = "https://api.openai.com/v1"

# The servers' usual ports, most likely first.
LOCAL_SERVERS: tuple[tuple[str, str], ...] = (
    ("llamacpp", "http://127.0.0.1:8080"),
    ("ollama", "http://127.0.0.1:11434"),
    ("llamacpp", "http://127.0.0.1:8012"),
    ("llamacpp", "http://127.0.0.1:9931"),
    ("vllm", "http://127.0.0.1:8000/v1"),
    ("lmstudio", "http://127.0.0.1:1234/v1"),
    ("openai", "http://127.0.0.1:30000/v1"),
)
_DEFAULT_LOCAL = {
    "llamacpp": "http://127.0.0.1:8080",
    "ollama": "http://127.0.0.1:11434",
    "vllm": "http://127.0.0.1:8000/v1",
    "lmstudio": "http://127.0.0.1:1234/v1",
}
_PROBE_S = 1.0


@dataclass(frozen=True, slots=True)
class Environment:
    """What the environment variables say, by the names that Qwen Code uses too."""

    dashscope_key: str | None = field(default=None, repr=False)
    openai_key: str | None = field(default=None, repr=False)
    openai_base_url: str | None = None
    openai_model: str | None = None


@dataclass(frozen=True, slots=True)
class Discovery:
    """The endpoint, or None; why; and what is wrong, one sentence each."""

    endpoint: Endpoint | None
    reason: str
    problems: tuple[str, ...] = ()


# Looks a key up in the system's keyring by origin.
KeyLookup = Callable[[str], "str | None"]


def read_environment(variables: Mapping[str, str]) -> Environment:
    """The variables we know; blank ones count as unset."""

    def read(name: str) -> str | None:
        return variables.get(name, "").strip() or None

    return Environment(
        read("DASHSCOPE_API_KEY"),
        read("OPENAI_API_KEY"),
        read("OPENAI_BASE_URL"),
        read("OPENAI_MODEL"),
    )


def make_provider(endpoint: Endpoint, *, redacts: bool = True) -> Provider:
    """The provider that speaks the endpoint's protocol, and sends no secrets to it."""
    provider = _make_speaker(endpoint)
    return Redacting(provider) if redacts else provider


def _make_speaker(endpoint: Endpoint) -> Provider:
    match endpoint.provider:
        case "llamacpp":
            return LlamaCpp(endpoint)
        case "ollama":
            return Ollama(endpoint)
        case "dashscope" if is_native(endpoint.base_url):
            return DashScope(endpoint)
        case _:
            return OpenAICompatible(endpoint)


async def discover(settings: Settings, environment: Environment, lookup: KeyLookup) -> Discovery:
    """Resolve the setting `provider`.

    `auto` takes, in this order: a DashScope key, OPENAI_BASE_URL, a server on loopback that
    answers and holds a coder model, the embedded engine. An untrusted workspace gets the embedded
    engine and no network at all.
    """
    if not settings.trusted:
        return Discovery(None, "The workspace is not trusted, so nothing is sent anywhere.")
    if settings.provider == "embedded":
        return Discovery(None, "qwen.provider is set to embedded.")
    keys = _Keys(settings, environment, lookup)
    if settings.provider != "auto":
        return await _named(settings, environment, keys)
    if settings.base_url:
        return await _at(_kind_of(settings.base_url), settings.base_url, keys, "qwen.baseUrl")
    dashscope = _DASHSCOPE[settings.region]
    key = await keys.find(dashscope)
    if key:
        return await _at("dashscope", _dashscope_url(dashscope, key), keys, "a DashScope key")
    if environment.openai_base_url:
        url = environment.openai_base_url.rstrip("/")
        return await _at(_kind_of(url), url, keys, "OPENAI_BASE_URL")
    found = await probe_loopback()
    if found is not None:
        return Discovery(found, found.reason)
    return Discovery(
        None,
        "There is no DashScope key, no OPENAI_BASE_URL, and no local server with a coder model.",
    )


async def probe_loopback() -> Endpoint | None:
    """The first usual local server that answers and holds a coder model."""
    return next(iter(await find_local_servers()), None)


async def find_local_servers() -> tuple[Endpoint, ...]:
    """The usual local servers that answer and hold a coder model, most likely first."""
    probes = [_probe(Endpoint(provider, url)) for provider, url in LOCAL_SERVERS]
    return tuple(found for found in await asyncio.gather(*probes) if found is not None)


async def _probe(endpoint: Endpoint) -> Endpoint | None:
    # Asked first whether anybody listens: cheaper by far than an HTTP client for each port.
    parts = urlsplit(endpoint.base_url)
    try:
        opening = asyncio.open_connection(parts.hostname, parts.port)
        _, writer = await asyncio.wait_for(opening, _PROBE_S)
        writer.close()
    except (OSError, asyncio.TimeoutError):
        return None
    provider = make_provider(endpoint)
    try:
        # What is slow to load must not eat up the time that the server has to answer.
        await provider.prepare()
        models = await asyncio.wait_for(provider.list_models(), _PROBE_S)
    except (ProviderError, asyncio.TimeoutError):
        return None
    finally:
        await provider.close()
    coder = next((model for model in models if is_coder(model)), None)
    if coder is None:
        return None
    reason = f"A local server at {endpoint.origin} holds {coder}."
    return Endpoint(endpoint.provider, endpoint.base_url, None, reason)


async def _named(settings: Settings, environment: Environment, keys: _Keys) -> Discovery:
    provider = settings.provider
    if settings.base_url:
        return await _at(provider, settings.base_url, keys, "qwen.provider and qwen.baseUrl")
    if provider == "dashscope":
        base = _DASHSCOPE[settings.region]
        key = await keys.find(base)
        if key is None:
            return Discovery(
                None,
                "qwen.provider is dashscope, and no key is known for it.",
                (
                    "No DashScope key was found: set DASHSCOPE_API_KEY, or run "
                    "`qwen-lsp login dashscope`.",
                ),
            )
        return await _at(provider, _dashscope_url(base, key), keys, "qwen.provider")
    if provider == "openai":
        url = (environment.openai_base_url or _OPENAI).rstrip("/")
    else:
        url = _DEFAULT_LOCAL[provider]
    return await _at(provider, url, keys, "qwen.provider")


async def _at(provider: str, url: str, keys: _Keys, because: str) -> Discovery:
    parts = urlsplit(url)
    endpoint = Endpoint(provider, url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        problem = "OPENAI_BASE_URL is no http or https address; the embedded engine answers."
        return Discovery(None, problem, (problem,))
    if parts.scheme == "http" and not endpoint.is_loopback:
        problem = (
            f"{endpoint.origin} is not encrypted; plain http is used on this machine alone. Use an "
            "https address, or a tunnel to 127.0.0.1."
        )
        return Discovery(None, problem, (problem,))
    key = await keys.find(url)
    reason = f"{endpoint.origin} was chosen by {because}."
    return Discovery(Endpoint(provider, url, key, reason), reason)


def _dashscope_url(base: str, key: str) -> str:
    # Keys of the coding plan have a host of their own.
    return _CODING_PLAN if key.startswith("sk-sp-") else f"{base}/compatible-mode/v1"


def _kind_of(url: str) -> str:
    return "dashscope" if is_dashscope(url) else "openai"


def is_dashscope(url: str) -> bool:
    """Whether an address is one of DashScope's own hosts."""
    parts = urlsplit(url)
    return parts.scheme == "https" and bool(_DASHSCOPE_HOST.fullmatch(parts.hostname or ""))


@dataclass(frozen=True, slots=True)
class _Keys:
    """Finds the key for an address: each key goes only to the origin it was given for."""

    settings: Settings
    environment: Environment
    lookup: KeyLookup

    async def find(self, url: str) -> str | None:
        given = self.settings.api_key
        if given and self._is_bound(url):
            return given
        if self.environment.dashscope_key and is_dashscope(url):
            return self.environment.dashscope_key
        openai_url = self.environment.openai_base_url or _OPENAI
        if self.environment.openai_key and origin_of(url) == origin_of(openai_url):
            return self.environment.openai_key
        # A keyring may ask its user to unlock it; that must not hold the event loop.
        return await asyncio.to_thread(self.lookup, origin_of(url))

    def _is_bound(self, url: str) -> bool:
        """Whether the client's key was given for this address.

        It comes with the client's own settings, so it belongs to the address that these name,
        and to DashScope where they name none.
        """
        if self.settings.base_url:
            return origin_of(url) == origin_of(self.settings.base_url)
        if self.settings.provider in {"auto", "dashscope"}:
            return is_dashscope(url)
        return self.settings.provider == "openai" and origin_of(url) == origin_of(
            self.environment.openai_base_url or _OPENAI
        )
