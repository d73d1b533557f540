"""Discovery: which endpoint, with which key, and why; never a key for a stranger."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from lsp_server.provider import discover as module
from lsp_server.provider.base import Endpoint
from lsp_server.provider.discover import (
    Discovery,
    Environment,
    discover,
    is_dashscope,
    make_provider,
    probe_loopback,
    read_environment,
)
from lsp_server.settings import Settings
from tests.fakes import FakeEndpoint, Model
from tests.fakes.values import Kind

BEIJING = "https://dashscope.aliyuncs.com/compatible-mode/v1"
SINGAPORE = "https://dashscope-intl.aliyuncs.com/compatible-mode/v1"
PLAN = "https://coding.dashscope.aliyuncs.com/v1"
OPENAI = "https://api.openai.com/v1"
PROXY = "https://models.example.com/v1"
LOCAL = "http://127.0.0.1:4000/v1"

BOTH = Environment(dashscope_key="sk-dash", openai_key="sk-open")


@pytest.fixture(autouse=True)
def _no_local_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOCAL_SERVERS", ())


def find(
    settings: Settings,
    environment: Environment | None = None,
    kept: Mapping[str, str] | None = None,
) -> Discovery:
    return asyncio.run(discover(settings, environment or Environment(), (kept or {}).get))


def summary(found: Discovery) -> tuple[str, str, str | None] | None:
    endpoint = found.endpoint
    assert found.reason.endswith(".")
    return None if endpoint is None else (endpoint.provider, endpoint.base_url, endpoint.key)


FOUND: list[tuple[dict[str, Any], Environment, dict[str, str], Any]] = [
    ({}, Environment(), {}, None),
    ({}, Environment(dashscope_key="sk-d"), {}, ("dashscope", BEIJING, "sk-d")),
    ({"region": "singapore"}, BOTH, {}, ("dashscope", SINGAPORE, "sk-dash")),
    ({}, Environment(dashscope_key="sk-sp-1"), {}, ("dashscope", PLAN, "sk-sp-1")),
    ({"api_key": "sk-c"}, Environment(dashscope_key="sk-d"), {}, ("dashscope", BEIJING, "sk-c")),
    ({}, Environment(), {"https://dashscope.aliyuncs.com": "sk-k"}, ("dashscope", BEIJING, "sk-k")),
    ({}, Environment(), {"https://dashscope-intl.aliyuncs.com": "sk-k"}, None),
    ({}, Environment(openai_key="sk-o"), {}, None),
    (
        {},
        Environment(openai_key="sk-o", openai_base_url=PROXY + "/"),
        {},
        ("openai", PROXY, "sk-o"),
    ),
    (
        {},
        Environment(dashscope_key="sk-d", openai_base_url=PROXY),
        {},
        ("dashscope", BEIJING, "sk-d"),
    ),
    ({}, Environment(openai_base_url=BEIJING), {}, ("dashscope", BEIJING, None)),
    ({}, Environment(openai_base_url=LOCAL), {}, ("openai", LOCAL, None)),
    ({"provider": "embedded"}, BOTH, {}, None),
    ({"provider": "dashscope"}, Environment(), {}, None),
    ({"provider": "dashscope"}, BOTH, {}, ("dashscope", BEIJING, "sk-dash")),
    ({"provider": "openai"}, BOTH, {}, ("openai", OPENAI, "sk-open")),
    ({"provider": "openai"}, Environment(), {}, ("openai", OPENAI, None)),
    ({"provider": "llamacpp"}, BOTH, {}, ("llamacpp", "http://127.0.0.1:8080", None)),
    ({"provider": "ollama"}, BOTH, {}, ("ollama", "http://127.0.0.1:11434", None)),
    ({"provider": "vllm"}, BOTH, {}, ("vllm", "http://127.0.0.1:8000/v1", None)),
    ({"provider": "lmstudio"}, BOTH, {}, ("lmstudio", "http://127.0.0.1:1234/v1", None)),
    ({"base_url": PROXY}, BOTH, {}, ("openai", PROXY, None)),
    ({"base_url": SINGAPORE}, BOTH, {}, ("dashscope", SINGAPORE, "sk-dash")),
    ({"base_url": PROXY, "provider": "vllm"}, BOTH, {}, ("vllm", PROXY, None)),
    ({"base_url": PROXY, "api_key": "sk-c"}, BOTH, {}, ("openai", PROXY, "sk-c")),
    ({"base_url": PROXY}, BOTH, {"https://models.example.com": "sk-k"}, ("openai", PROXY, "sk-k")),
]


@pytest.mark.parametrize(("given", "environment", "kept", "expected"), FOUND)
def test_found(
    given: dict[str, Any], environment: Environment, kept: dict[str, str], expected: Any
) -> None:
    assert summary(find(Settings(**given), environment, kept)) == expected


# Addresses at which no key but their own may come to be.
STRANGERS = [
    "https://evil.example/v1",
    "https://dashscope.aliyuncs.com.evil.example/v1",
    "https://dashscope.aliyuncs.com@evil.example/v1",
    "https://evil-dashscope.aliyuncs.example/v1",
    "https://evildashscope.aliyuncs.com.example/v1",
    "https://xaliyuncs.com/v1",
    "https://oss.aliyuncs.com/v1",
    "https://api.openai.com.evil.example/v1",
    "https://api.openai.com:8443/v1",
    "http://127.0.0.1:8080",
    "http://localhost:8080/v1",
    "http://[::1]:8080/v1",
]


@pytest.mark.parametrize("address", STRANGERS)
@pytest.mark.parametrize("provider", ["auto", "dashscope", "openai", "vllm", "llamacpp", "ollama"])
def test_no_cloud_key_for_a_stranger_nor_for_a_local_server(address: str, provider: str) -> None:
    kept = {"https://dashscope.aliyuncs.com": "sk-k", "https://api.openai.com": "sk-k"}
    found = find(Settings(provider=provider, base_url=address), BOTH, kept)
    assert found.endpoint is not None
    assert found.endpoint.key is None


@pytest.mark.parametrize("provider", ["llamacpp", "ollama", "vllm", "lmstudio"])
def test_the_clients_key_is_not_for_local_servers(provider: str) -> None:
    found = find(Settings(provider=provider, api_key="sk-c"), BOTH)
    assert found.endpoint is not None
    assert found.endpoint.key is None


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://dashscope.aliyuncs.com", True),
        ("https://dashscope-us.aliyuncs.com/x", True),
        ("https://cn-hongkong.dashscope.aliyuncs.com", True),
        ("https://ws-1.cn-beijing.maas.aliyuncs.com", True),
        ("https://coding.dashscope.aliyuncs.com/v1", True),
        ("http://dashscope.aliyuncs.com", False),
        *((address, False) for address in STRANGERS),
    ],
)
def test_dashscopes_own_hosts(address: str, expected: bool) -> None:
    assert is_dashscope(address) is expected


@pytest.mark.parametrize("provider", ["auto", "dashscope", "openai", "ollama"])
def test_in_a_workspace_that_is_not_trusted_there_is_no_endpoint(provider: str) -> None:
    settings = Settings(provider=provider, base_url=PROXY, api_key="sk-c", trusted=False)

    def lookup(_origin: str) -> str | None:
        raise AssertionError("nobody may ask for a key")

    found = asyncio.run(discover(settings, BOTH, lookup))
    assert found.endpoint is None
    assert "trusted" in found.reason


@pytest.mark.parametrize(
    ("given", "environment", "said"),
    [
        ({"base_url": "http://models.example.com/v1"}, Environment(), "is not encrypted"),
        ({"provider": "dashscope"}, Environment(), "qwen-lsp login"),
        ({}, Environment(openai_base_url="models.example.com"), "OPENAI_BASE_URL"),
        ({}, Environment(openai_base_url="http://models.example.com"), "is not encrypted"),
    ],
)
def test_problems(given: dict[str, Any], environment: Environment, said: str) -> None:
    found = find(Settings(**given), environment)
    assert found.endpoint is None
    assert len(found.problems) == 1
    assert said in found.problems[0]
    assert found.problems[0].endswith(".")


def test_the_environment() -> None:
    variables = {"DASHSCOPE_API_KEY": " sk-1 ", "OPENAI_API_KEY": "  ", "OPENAI_MODEL": "m"}
    environment = read_environment(variables)
    assert environment == Environment("sk-1", None, None, "m")
    assert "sk-1" not in repr(environment)


def listen(monkeypatch: pytest.MonkeyPatch, *servers: tuple[str, str]) -> None:
    monkeypatch.setattr(module, "LOCAL_SERVERS", servers)


@pytest.mark.asyncio
@pytest.mark.parametrize("kind", ["llamacpp", "ollama", "vllm", "lmstudio", "openai"])
async def test_a_local_server_is_found(kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    async with FakeEndpoint(kind, keys=None) as endpoint:
        listen(monkeypatch, ("llamacpp", "http://127.0.0.1:9"), (kind, endpoint.base_url))
        found = await probe_loopback()
        assert found == Endpoint(kind, endpoint.base_url, None, found.reason if found else "")
        assert found is not None
        assert endpoint.origin in found.reason
        assert [request.key for request in endpoint.requests] == [None]
        assert endpoint.generations == []


@pytest.mark.asyncio
async def test_a_local_server_without_a_coder_is_passed_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with (
        FakeEndpoint("ollama", models=[Model("llama3.1:8b")]) as other,
        FakeEndpoint("vllm", loading=True) as loading,
        FakeEndpoint("llamacpp") as coder,
    ):
        listen(
            monkeypatch,
            ("ollama", other.base_url),
            ("vllm", loading.base_url),
            ("llamacpp", coder.base_url),
        )
        found = await discover(Settings(), Environment(), lambda _: None)
        assert summary(found) == ("llamacpp", coder.base_url, None)


@pytest.mark.asyncio
async def test_the_most_likely_server_wins_though_another_is_quicker(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with FakeEndpoint("llamacpp") as first, FakeEndpoint("ollama") as second:
        listen(monkeypatch, ("llamacpp", first.base_url), ("ollama", second.base_url))
        found = await probe_loopback()
        assert found is not None
        assert found.provider == "llamacpp"


@pytest.mark.asyncio
async def test_a_key_stops_the_search(monkeypatch: pytest.MonkeyPatch) -> None:
    async with FakeEndpoint("llamacpp") as endpoint:
        listen(monkeypatch, ("llamacpp", endpoint.base_url))
        found = await discover(Settings(), Environment(dashscope_key="sk-d"), lambda _: None)
        assert summary(found) == ("dashscope", BEIJING, "sk-d")
        assert endpoint.requests == []


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("provider", "expected"),
    [
        ("llamacpp", "LlamaCpp"),
        ("ollama", "Ollama"),
        ("dashscope", "OpenAICompatible"),
        ("vllm", "OpenAICompatible"),
        ("lmstudio", "OpenAICompatible"),
        ("openai", "OpenAICompatible"),
    ],
)
async def test_providers(provider: str, expected: str) -> None:
    made = make_provider(Endpoint(provider, LOCAL), redacts=False)
    assert type(made).__name__ == expected
    await made.close()
