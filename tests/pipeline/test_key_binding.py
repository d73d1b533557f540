"""A key that the editor gave stays with the address it was first used for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from lsp_server.buffer import Encoding, Position
from lsp_server.provider.discover import Environment
from lsp_server.session import Session
from lsp_server.settings import Layer, resolve_settings
from tests.fakes import FakeEndpoint
from tests.fakes.sessions import FakeEmbedded

KEY = "sk-canary"
MODEL = "qwen2.5-coder-7b-instruct"


async def configure(session: Session, folder: Path, tree: Mapping[str, Any]) -> None:
    layers = [
        Layer("the editor's settings", {"completion": {"model": MODEL}, **tree}),
        Layer("initializationOptions", {"apiKey": KEY}, may_hold_key=True),
    ]
    resolved = resolve_settings(layers)
    assert not resolved.problems
    await session.configure(resolved.settings, (folder,))
    await session.wait_until_connected()


async def complete(session: Session, folder: Path) -> str:
    uri = (folder / "a.py").as_uri()
    session.open(uri, "python", 1, "    ", Encoding.UTF16)
    outcome = await session.complete(uri, Position(0, 4), explicit=True)
    return outcome.fate


@pytest.mark.asyncio
@pytest.mark.parametrize("provider", ["auto", "openai", "vllm", "llamacpp", "ollama", "dashscope"])
async def test_a_change_of_the_address_does_not_carry_the_key_along(
    provider: str, tmp_path: Path
) -> None:
    told: list[str] = []
    async with (
        FakeEndpoint("openai", keys={KEY: "beijing"}) as home,
        FakeEndpoint("openai", keys=None) as stranger,
    ):
        session = Session(
            Environment(), lambda _: None, notify=told.append, show_status=lambda _: None
        )
        session.embedded = FakeEmbedded(None)
        try:
            await configure(session, tmp_path, {"provider": "openai", "baseUrl": home.base_url})
            assert await complete(session, tmp_path) == "shown"
            await configure(session, tmp_path, {"provider": provider, "baseUrl": stranger.base_url})
            await complete(session, tmp_path)
            assert stranger.requests
            assert {request.key for request in stranger.requests} == {None}
            assert any(stranger.origin in sentence for sentence in told)
            assert not any(KEY in sentence for sentence in told)
            await configure(session, tmp_path, {"provider": "openai", "baseUrl": home.base_url})
            assert await complete(session, tmp_path) == "shown"
        finally:
            await session.shut_down()
        assert {request.key for request in home.generations} == {KEY}


@pytest.mark.asyncio
async def test_an_untrusted_workspace_opens_no_connection(tmp_path: Path) -> None:
    async with FakeEndpoint("openai", keys=None) as endpoint:
        session = Session(
            Environment(openai_base_url=endpoint.base_url),
            lambda _: None,
            notify=lambda _: None,
            show_status=lambda _: None,
        )
        session.embedded = FakeEmbedded("1")
        try:
            tree = {"provider": "openai", "baseUrl": endpoint.base_url, "trusted": False}
            await configure(session, tmp_path, tree)
            assert await complete(session, tmp_path) == "shown"
        finally:
            await session.shut_down()
        assert endpoint.requests == []
