"""T12: somebody on the network. Figure: 0 requests and 0 bytes of key past a certificate that does
not hold, over plain HTTP, through a redirect, or to a proxy.

A real server in a process of its own for what a user would see; each kind of provider for the rest.
The certificates are made here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lsp_server.provider.errors import Action, ProviderError
from tests.fakes import FakeEndpoint, Reply
from tests.fakes.certificates import HOST, Authority
from tests.fakes.editor import Editor
from tests.fakes.proxy import FakeProxy
from tests.fakes.server import USUAL_KEYS
from tests.ways import WAYS, Way, connect, read

KEY = next(iter(USUAL_KEYS))
URI = "untitled:code.py"
every_way = pytest.mark.parametrize("way", WAYS, ids=str)


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


async def type_at(base_url: str, environment: dict[str, str]) -> tuple[list[str], list[str]]:
    """The ghost text that a user sees at an endpoint, and what the user is told."""
    options: dict[str, Any] = {
        "provider": "openai",
        "baseUrl": base_url,
        "apiKey": KEY,
        "completion": {"model": "qwen2.5-coder-7b-instruct", "embedded": "off"},
    }
    async with Editor(options=options, environment=environment) as editor:
        await editor.initialize()
        editor.open(URI, "value \n")
        items = await editor.inline(URI, 0, 6)
        told = [note["message"] for note in editor.notes("window/showMessage")]
    assert KEY not in editor.log
    return [item["insertText"] for item in items], told


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("hosts", "days", "is_known"),
    [
        pytest.param([HOST], 30, False, id="signed by a stranger"),
        pytest.param([HOST], -1, True, id="expired"),
        pytest.param(["models.example.com"], 30, True, id="of another host"),
    ],
)
async def test_a_certificate_that_does_not_hold(
    hosts: list[str], days: int, is_known: bool, authority: Authority, tmp_path: Path
) -> None:
    environment = {"SSL_CERT_FILE": authority.write(tmp_path)} if is_known else {}
    context = authority.serve_as(*hosts, days=days)
    async with FakeEndpoint("openai", ssl_context=context) as endpoint:
        endpoint.reply("= 1\n")
        shown, told = await type_at(endpoint.base_url, environment)
        assert endpoint.requests == []
    assert shown == []
    assert len(told) == 1
    assert "certificate" in told[0]
    assert "SSL_CERT_FILE" in told[0]


@pytest.mark.asyncio
async def test_a_company_s_own_authority(authority: Authority, tmp_path: Path) -> None:
    context = authority.serve_as(HOST)
    async with FakeEndpoint("openai", ssl_context=context) as endpoint:
        endpoint.reply("= 1\n")
        environment = {"SSL_CERT_FILE": authority.write(tmp_path)}
        assert await type_at(endpoint.base_url, environment) == (["value = 1"], [])
        assert {request.key for request in endpoint.requests} == {KEY}


@pytest.mark.asyncio
async def test_a_company_s_proxy_sees_no_key(authority: Authority, tmp_path: Path) -> None:
    host = "models.example.com"
    async with FakeEndpoint("openai", ssl_context=authority.serve_as(host)) as endpoint:
        endpoint.reply("= 1\n")
        async with FakeProxy(int(endpoint.origin.rpartition(":")[2])) as proxy:
            environment = {
                "SSL_CERT_FILE": authority.write(tmp_path),
                "HTTPS_PROXY": proxy.address.replace("//", "//user:secret@"),
            }
            shown, told = await type_at(f"https://{host}/v1", environment)
        assert {request.key for request in endpoint.requests} == {KEY}
    assert (shown, told) == (["value = 1"], [])
    assert proxy.heads
    assert all(head.startswith(b"CONNECT models.example.com:443") for head in proxy.heads)
    assert KEY.encode() not in b"".join(proxy.heads) + proxy.carried


@pytest.mark.asyncio
async def test_a_proxy_that_asks_for_credentials() -> None:
    async with FakeProxy(0, "407 Proxy Authentication Required") as proxy:
        shown, told = await type_at("https://models.example.com/v1", {"HTTPS_PROXY": proxy.address})
    assert shown == []
    assert len(told) == 1
    assert "proxy" in told[0]
    assert KEY.encode() not in b"".join(proxy.heads)


@pytest.mark.asyncio
async def test_plain_http_is_for_this_machine() -> None:
    async with FakeProxy(0) as proxy:
        environment = {"HTTP_PROXY": proxy.address, "HTTPS_PROXY": proxy.address}
        shown, told = await type_at("http://models.example.com/v1", environment)
    assert shown == []
    assert "is not encrypted" in told[0]
    assert proxy.heads == []


@pytest.mark.asyncio
async def test_a_redirect_gets_nothing() -> None:
    async with FakeEndpoint("openai", keys=None) as stranger, FakeEndpoint("openai") as endpoint:
        endpoint.reply(Reply(fault="redirect", location=f"{stranger.base_url}/completions"))
        shown, told = await type_at(endpoint.base_url, {})
        assert stranger.requests == []
    assert shown == []
    assert "redirect" in told[0]


@every_way
@pytest.mark.asyncio
async def test_no_provider_trusts_a_stranger_s_certificate(way: Way, authority: Authority) -> None:
    async with FakeEndpoint(way.kind, ssl_context=authority.serve_as(HOST)) as endpoint:
        with pytest.raises(ProviderError) as raised:
            await read(connect(endpoint), way.request)
    assert raised.value.fault.code == "certificate"
    assert raised.value.fault.action is Action.TELL
    assert endpoint.requests == []


@every_way
@pytest.mark.asyncio
async def test_no_provider_follows_a_redirect(way: Way) -> None:
    async with FakeEndpoint("openai", keys=None) as stranger, FakeEndpoint(way.kind) as endpoint:
        endpoint.reply(Reply(fault="redirect", location=f"{stranger.base_url}/completions"))
        with pytest.raises(ProviderError) as raised:
            await read(connect(endpoint), way.request)
    assert raised.value.fault.action is Action.TELL
    assert stranger.requests == []
