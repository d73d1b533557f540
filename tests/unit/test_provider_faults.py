"""Every fault of an endpoint is a ProviderError with one sentence, and there is no retry."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from lsp_server.provider.base import Endpoint
from lsp_server.provider.discover import make_provider
from lsp_server.provider.errors import Action, ProviderError
from tests.fakes import FakeEndpoint, Reply
from tests.fakes.values import Fault
from tests.ways import WAYS, Way, connect, read

every_way = pytest.mark.parametrize("way", WAYS, ids=str)
pytestmark = pytest.mark.asyncio


async def fail(endpoint: FakeEndpoint, way: Way) -> ProviderError:
    """The error that a request ends with; it must be a ProviderError, and there is no retry."""
    with pytest.raises(ProviderError) as raised:
        await read(connect(endpoint), way.request)
    assert len(endpoint.generations) <= 1
    sentence = raised.value.fault.sentence
    assert sentence.endswith(".")
    assert "total" not in sentence
    assert "sk-test" not in sentence
    return raised.value


# The faults of an answer, with what each means.
FAULTS: dict[Fault, Action] = {
    "html_200": Action.RETRY,
    "empty_body": Action.RETRY,
    "bad_json": Action.RETRY,
    "cut_sse": Action.RETRY,
    "reset_mid_stream": Action.RETRY,
    "redirect": Action.TELL,
    "error_in_stream": Action.RETRY,
    "code_in_200": Action.RETRY,
    "no_choices": Action.RETRY,
    "gzip_bomb": Action.RETRY,
}


# Without choices these protocols just say nothing.
NATIVE = [way for way in WAYS if way.form == "infill" or way.path == "/api/generate"]


@pytest.mark.parametrize(
    ("way", "fault"),
    [
        pytest.param(way, fault, id=f"{way}-{fault}")
        for way in WAYS
        for fault in FAULTS
        if fault != "no_choices" or way not in NATIVE
    ],
)
async def test_a_fault_is_a_provider_error(way: Way, fault: Fault) -> None:
    async with FakeEndpoint(way.kind) as endpoint:
        endpoint.reply(Reply("sum(prices) + 1", fault=fault))
        error = await fail(endpoint, way)
    assert error.fault.action is FAULTS[fault]


@every_way
async def test_a_stream_of_nothing_ends_and_lets_others_work(way: Way) -> None:
    turns = 0

    async def count_turns() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    async with FakeEndpoint(way.kind) as endpoint:
        endpoint.reply(Reply(fault="says_nothing"))
        counting = asyncio.create_task(count_turns())
        with pytest.raises(ProviderError, match="nothing in it that does not end"):
            await read(connect(endpoint), replace(way.request, max_tokens=2_000))
        counting.cancel()
        await endpoint.wait_for(lambda request: request.closed == "cancelled")
    # Two events for each token, and sixteen of them in a turn of the loop.
    assert turns > 2 * 2_000 / 16


@every_way
@pytest.mark.parametrize("fault", ["two_done", "utf8_split", "null_content", "special_tokens"])
async def test_a_strange_answer_is_read_all_the_same(way: Way, fault: Fault) -> None:
    async with FakeEndpoint(way.kind) as endpoint:
        endpoint.reply(Reply("sum(🙂)", fault=fault))
        text, _ = await read(connect(endpoint), way.request)
    assert ("sum(🙂)" in text) == (fault != "null_content")


@pytest.mark.parametrize("way", NATIVE, ids=str)
async def test_an_answer_with_nothing_in_it(way: Way) -> None:
    async with FakeEndpoint(way.kind) as endpoint:
        endpoint.reply(Reply("sum(prices)", fault="no_choices"))
        text, _ = await read(connect(endpoint), way.request)
    assert text == ""


@pytest.mark.parametrize("way", NATIVE, ids=str)
async def test_an_answer_without_its_last_record_was_cut(way: Way) -> None:
    async with FakeEndpoint(way.kind) as endpoint:
        endpoint.reply(Reply("sum(prices)", fault="no_done"))
        error = await fail(endpoint, way)
    assert error.fault.code == "cut_short"


@pytest.mark.parametrize("way", [way for way in WAYS if way not in NATIVE], ids=str)
async def test_no_done_at_the_end_is_no_fault(way: Way) -> None:
    async with FakeEndpoint(way.kind) as endpoint:
        endpoint.reply(Reply("sum(prices)", fault="no_done"))
        text, _ = await read(connect(endpoint), way.request)
    assert "sum(prices)" in text


STATUSES: dict[int, set[Action]] = {
    400: {Action.NEXT_FORM},
    401: {Action.TELL},
    403: {Action.TELL},
    404: {Action.NEXT_FORM},
    408: {Action.RETRY},
    413: {Action.SHRINK},
    429: {Action.BACK_OFF},
    500: {Action.RETRY},
    503: {Action.RETRY},
}


@every_way
@pytest.mark.parametrize("status", STATUSES)
async def test_a_status_is_a_provider_error(way: Way, status: int) -> None:
    async with FakeEndpoint(way.kind) as endpoint:
        endpoint.fail(status, "some_code", headers={"Retry-After": "3"})
        error = await fail(endpoint, way)
    assert error.fault.action in STATUSES[status]
    assert error.fault.status == status
    assert error.fault.retry_after == 3.0


@every_way
async def test_nobody_listens(way: Way) -> None:
    async with FakeEndpoint(way.kind) as endpoint:
        pass
    error = await fail(endpoint, way)
    assert error.fault.code == "unreachable"
    assert endpoint.origin in error.fault.sentence


async def test_no_such_host() -> None:
    provider = make_provider(Endpoint("openai", "https://no-such-host.invalid/v1"))
    with pytest.raises(ProviderError) as raised:
        await read(provider, WAYS[2].request)
    assert raised.value.fault.action is Action.RETRY


# Ollama cuts the prompt and says nothing.
@pytest.mark.parametrize("way", [way for way in WAYS if way.kind != "ollama"], ids=str)
async def test_a_prompt_too_long_is_told(way: Way) -> None:
    async with FakeEndpoint(way.kind, max_input=5) as endpoint:
        error = await fail(endpoint, way)
    assert error.fault.action is Action.SHRINK
