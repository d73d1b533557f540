"""T13: a stranger listens on a local port. Figure: 0 requests with a cloud key at a local endpoint,
however it was found; the origin in use is shown.
"""

from __future__ import annotations

from typing import Any

import pytest

from lsp_server.provider import discover as module
from lsp_server.provider.discover import Environment, discover, read_environment
from lsp_server.settings import Settings
from tests.fakes import FakeEndpoint
from tests.fakes.editor import Editor
from tests.fakes.values import Kind

CLOUD_KEY, OPENAI_KEY, KEPT_KEY = "sk-canary-cloud", "sk-canary-openai", "sk-canary-kept"
URI = "untitled:code.py"
LOCAL: list[Kind] = ["llamacpp", "ollama", "vllm", "lmstudio"]


@pytest.mark.asyncio
@pytest.mark.parametrize("kind", LOCAL)
async def test_a_local_endpoint_gets_no_cloud_key(kind: Kind) -> None:
    """The real server, told to use a local endpoint, with the keys of others in its environment."""
    async with FakeEndpoint(kind) as stranger:
        options: dict[str, Any] = {"provider": kind, "baseUrl": stranger.base_url}
        # The base address of the key is another; no name is asked for it.
        environment = {
            "DASHSCOPE_API_KEY": CLOUD_KEY,
            "OPENAI_API_KEY": OPENAI_KEY,
            "OPENAI_BASE_URL": "https://models.example.com/v1",
        }
        async with Editor(options=options, environment=environment) as editor:
            await editor.initialize()
            status = await editor.wait_for_note("qwen/status", lambda each: each["engine"] == kind)
            editor.open(URI, "value \n")
            await editor.inline(URI, 0, 6)
        _require_no_key(stranger)
        assert status["origin"] == stranger.origin


@pytest.mark.asyncio
@pytest.mark.parametrize("kind", LOCAL)
async def test_who_is_found_on_a_usual_port_gets_none(
    kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def look_up(origin: str) -> str | None:
        asked.append(origin)
        return None if "dashscope" in origin else KEPT_KEY

    async with FakeEndpoint(kind) as stranger:
        monkeypatch.setattr(module, "LOCAL_SERVERS", ((kind, stranger.base_url),))
        environment = read_environment({"OPENAI_API_KEY": OPENAI_KEY})
        found = await discover(Settings(), environment, look_up)
        _require_no_key(stranger)
    assert found.endpoint is not None
    assert found.endpoint.key is None
    assert stranger.origin in found.reason
    assert not [origin for origin in asked if "127.0.0.1" in origin]


@pytest.mark.asyncio
async def test_the_port_of_another_server_has_another_key() -> None:
    """A key kept for one port of this machine is not for the next."""
    kept = {"http://127.0.0.1:8080": KEPT_KEY}
    settings = Settings(provider="llamacpp", base_url="http://127.0.0.1:8081")
    found = await discover(settings, Environment(dashscope_key=CLOUD_KEY), kept.get)
    assert found.endpoint is not None
    assert found.endpoint.key is None


def _require_no_key(stranger: FakeEndpoint) -> None:
    assert stranger.requests
    for request in stranger.requests:
        assert "authorization" not in request.headers
        assert "sk-canary" not in f"{request.headers} {request.body!r} {request.query}"
