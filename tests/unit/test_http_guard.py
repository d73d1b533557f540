"""The guard: a key goes to the origin it was given for and nowhere else, nor does anything else."""

from __future__ import annotations

from contextlib import aclosing

import pytest

from lsp_server.prompt.base import FimPrompt, InfillPrompt, Message, PartialPrompt, Prompt
from lsp_server.prompt.fim import STOP
from lsp_server.provider.base import Endpoint, Request, origin_of
from lsp_server.provider.discover import make_provider
from lsp_server.provider.errors import ProviderError
from lsp_server.provider.http import guard_headers, require_stream
from tests.fakes import FakeEndpoint
from tests.fakes.models import MODELS
from tests.fakes.values import Kind

HOME = "https://models.example.com"
KEY = "sk-canary"
ENDPOINT = Endpoint("openai", f"{HOME}/v1", KEY)


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("https://models.example.com/v1", HOME),
        ("https://models.example.com:443/v1", HOME),
        ("HTTPS://Models.Example.COM/", HOME),
        ("https://models.example.com:8443", f"{HOME}:8443"),
        ("http://models.example.com", "http://models.example.com"),
        ("http://127.0.0.1:80/v1", "http://127.0.0.1"),
        ("http://[::1]:8080/v1", "http://[::1]:8080"),
        ("https://user@models.example.com", HOME),
        ("https://models.example.com.evil.example/", "https://models.example.com.evil.example"),
        ("https://models.example.com@evil.example/", "https://evil.example"),
        ("https://models.example.com.", "https://models.example.com."),
    ],
)
def test_origins(address: str, origin: str) -> None:
    assert origin_of(address) == origin


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        (HOME, f"Bearer {KEY}"),
        ("http://models.example.com", None),
        (f"{HOME}:8443", None),
        ("https://api.models.example.com", None),
        ("https://example.com", None),
        ("https://models.example.com.evil.example", None),
        ("https://evil.example", None),
        ("http://127.0.0.1:8080", None),
        ("", None),
    ],
)
@pytest.mark.parametrize(
    "brought", [{}, {"Authorization": f"Bearer {KEY}"}, {"authorization": "x"}]
)
def test_a_key_goes_only_to_its_origin(
    origin: str, expected: str | None, brought: dict[str, str]
) -> None:
    headers = dict(brought)
    guard_headers(headers, ENDPOINT, origin)
    assert headers.get("Authorization") == expected
    assert "authorization" not in headers


def test_without_a_key_there_is_no_header() -> None:
    headers = {"Authorization": "Bearer set-by-a-library"}
    guard_headers(headers, Endpoint("openai", f"{HOME}/v1", None), HOME)
    assert "Authorization" not in headers


def test_what_a_library_tells_of_this_machine_is_taken_off() -> None:
    headers = {
        "X-Stainless-OS": "Linux",
        "x-stainless-arch": "x64",
        "OpenAI-Organization": "org-1",
        "openai-project": "proj-1",
        "Content-Type": "application/json",
    }
    guard_headers(headers, ENDPOINT, HOME)
    assert set(headers) == {"Content-Type", "User-Agent", "Accept-Encoding", "Authorization"}


PROMPTS: list[Prompt] = [
    FimPrompt("<|fim_prefix|>a<|fim_suffix|>b<|fim_middle|>", STOP),
    PartialPrompt((Message("user", "a"), Message("assistant", "b")), ()),
    InfillPrompt("a", "b"),
]
# What a request may say of itself.
HEADERS = {
    "host", "accept", "accept-encoding", "connection", "user-agent", "content-length",
    "content-type", "authorization",
}  # fmt: skip


@pytest.mark.asyncio
@pytest.mark.parametrize("kind", MODELS)
@pytest.mark.parametrize("key", [KEY, None])
@pytest.mark.parametrize("prompt", PROMPTS, ids=lambda prompt: type(prompt).__name__)
async def test_what_is_on_the_wire(
    kind: Kind, key: str | None, prompt: Prompt, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The SDK reads these by itself, and would send them along.
    monkeypatch.setenv("OPENAI_API_KEY", "sk-environment")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-environment")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-environment")
    monkeypatch.setenv("OPENAI_BASE_URL", "https://environment.example")
    if isinstance(prompt, InfillPrompt) and kind not in {"llamacpp", "ollama"}:
        prompt = PROMPTS[0]
    async with FakeEndpoint(kind, keys=None) as endpoint:
        provider = make_provider(Endpoint(kind, endpoint.base_url, key))
        async with aclosing(provider.stream(Request(MODELS[kind][0].name, prompt, 8))) as pieces:
            assert [piece async for piece in pieces]
        await provider.list_models()
        await provider.close()
        for request in endpoint.requests:
            assert set(request.headers) <= HEADERS
            assert request.key == key
            assert request.headers["user-agent"].startswith("qwen-lsp/")
            said = f"{request.headers} {request.body!r}".replace(KEY, "")
            assert "environment" not in said
            assert "set-by-the-guard" not in said


@pytest.mark.asyncio
@pytest.mark.parametrize("kind", MODELS)
async def test_no_proxy_sees_what_is_meant_for_this_machine(
    kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with FakeEndpoint("openai", keys=None) as proxy, FakeEndpoint(kind) as endpoint:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"):
            monkeypatch.setenv(name, proxy.origin)
        provider = make_provider(Endpoint(kind, endpoint.base_url, "sk-test"))
        assert await provider.list_models()
        await provider.close()
        assert proxy.requests == []


@pytest.mark.parametrize(
    ("headers", "accepted"),
    [
        ({"content-type": "text/event-stream"}, True),
        ({"content-type": "Text/Event-Stream; charset=utf-8"}, True),
        ({"content-type": "text/event-stream", "content-encoding": "identity"}, True),
        ({"content-type": "text/event-stream", "content-encoding": "gzip"}, False),
        ({"content-type": "text/html"}, False),
        ({"content-type": "application/json"}, False),
        ({"content-type": ""}, False),
        ({}, False),
    ],
)
def test_only_a_stream_is_read_as_one(headers: dict[str, str], accepted: bool) -> None:
    if accepted:
        require_stream(headers, ENDPOINT, "text/event-stream")
    else:
        with pytest.raises(ProviderError):
            require_stream(headers, ENDPOINT, "text/event-stream")


def test_a_key_shows_in_no_representation() -> None:
    assert KEY not in repr(ENDPOINT)
    assert KEY not in f"{ENDPOINT}"
