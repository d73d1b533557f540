"""Ghost text over DashScope's own protocol, which the address alone chooses."""

from __future__ import annotations

from typing import Any

import pytest

from lsp_server.buffer import Encoding, Position
from lsp_server.completion.base import Outcome
from lsp_server.provider.discover import Environment
from lsp_server.session import Session
from lsp_server.settings import Layer, resolve_settings
from tests.fakes import FakeEndpoint, Reply
from tests.fakes.sessions import FakeEmbedded

URI = "untitled:Untitled-1"
TEXT = "def total(values):\n    return \n"


async def complete(endpoint: FakeEndpoint, **completion: Any) -> tuple[Outcome, list[str]]:
    """The outcome at the end of `TEXT`, and what the user was told."""
    told: list[str] = []
    tree = {
        "provider": "dashscope",
        "baseUrl": f"{endpoint.origin}/api/v1",
        "completion": {"deadlineMs": 10_000, **completion},
    }
    session = Session(
        Environment(),
        lambda _origin: "sk-test",
        notify=told.append,
        show_status=lambda _status: None,
    )
    session.embedded = FakeEmbedded(None)
    try:
        await session.configure(resolve_settings([Layer("the test", tree)]).settings, ())
        await session.wait_until_connected()
        session.open(URI, "python", 1, TEXT, Encoding.UTF16)
        outcome = await session.complete(URI, Position(1, 11), explicit=True)
    finally:
        await session.shut_down()
    return outcome, told


@pytest.mark.asyncio
async def test_partial_mode() -> None:
    async with FakeEndpoint() as endpoint:
        endpoint.reply("sum(values)")
        outcome, told = await complete(endpoint)
        paths = {request.path for request in endpoint.generations}
    assert [item.text for item in outcome.items] == ["sum(values)"]
    assert paths == {"/api/v1/services/aigc/text-generation/generation"}
    assert told == []


@pytest.mark.asyncio
async def test_the_next_model_of_the_chain() -> None:
    async with FakeEndpoint(retired={"qwen-coder-turbo"}) as endpoint:
        endpoint.reply("sum(values)")
        outcome, told = await complete(endpoint)
    assert outcome.model == "qwen2.5-coder-7b-instruct"
    assert len(told) == 1


@pytest.mark.asyncio
async def test_a_fault_in_the_stream() -> None:
    async with FakeEndpoint() as endpoint:
        endpoint.reply(Reply("sum(values)", fault="error_in_stream"))
        outcome, _ = await complete(endpoint)
    assert not outcome.items
    assert "is busy or restarting" in outcome.reason


@pytest.mark.asyncio
async def test_raw_tokens_are_not_to_be_had() -> None:
    async with FakeEndpoint() as endpoint:
        outcome, told = await complete(endpoint, mode="fim")
        assert endpoint.generations == []
    assert not outcome.items
    assert ["/compatible-mode/v1" in sentence for sentence in told] == [True]
