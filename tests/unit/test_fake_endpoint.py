"""The fake endpoint records what it is asked, does as it is told, and sees when a client leaves."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from tests.fakes import FakeEndpoint, RecordedRequest, Reply
from tests.fakes.client import Answer, Client

COMPATIBLE = "/compatible-mode/v1"

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def client() -> AsyncIterator[Client]:
    async with aiohttp.ClientSession() as session:
        yield Client(session)


def fim(model: str = "qwen-coder-turbo", **more: Any) -> dict[str, Any]:
    return {"model": model, "prompt": "a = ", **more}


def code_of(answer: Answer) -> tuple[int, str]:
    value = answer.json
    return answer.status, value["error"]["code"] if "error" in value else value["code"]


async def test_records_requests_as_they_came(client: Client) -> None:
    async with FakeEndpoint() as endpoint:
        await client.get(endpoint.base_url + "/models?page=2")
        await client.post(endpoint.base_url + "/completions", fim(), headers={"X-Mark": "é"})
        listed, asked = endpoint.requests
        assert endpoint.generations == [asked]
        assert endpoint.running == []
    assert (listed.number, listed.method, listed.path) == (1, "GET", COMPATIBLE + "/models")
    assert (listed.query, listed.body, listed.json) == ("page=2", b"", None)
    assert asked.body == json.dumps(fim()).encode()
    assert asked.json == fim()
    assert asked.key == "sk-test"
    assert asked.headers["content-type"] == "application/json"
    assert asked.closed == "answered"
    assert asked.closed_at is not None
    assert asked.closed_at >= asked.started


async def test_script_sees_each_request(client: Client) -> None:
    def script(request: RecordedRequest) -> Reply:
        return Reply(f"{request.json['prompt']} {request.number}")

    async with FakeEndpoint() as endpoint:
        endpoint.script(script)
        url = endpoint.base_url + "/completions"
        answers = [await client.post(url, fim(prompt=prompt)) for prompt in "ab"]
    assert [answer.json["choices"][0]["text"] for answer in answers] == ["a 1", "b 2"]


async def test_failures_are_used_up_in_their_order(client: Client) -> None:
    async with FakeEndpoint() as endpoint:
        url = endpoint.base_url + "/completions"
        endpoint.fail(429, "limit_requests", "Slow down.", times=1, headers={"Retry-After": "3"})
        endpoint.fail(503, "ModelUnavailable", times=1)
        endpoint.fail(500, "internal_error", path="/models")
        listed = await client.get(endpoint.base_url + "/models")
        first, second, third = [await client.post(url, fim()) for _ in range(3)]
        endpoint.recover()
        after = await client.get(endpoint.base_url + "/models")
    assert code_of(listed) == (500, "internal_error")
    assert code_of(first) == (429, "limit_requests")
    assert first.headers["Retry-After"] == "3"
    assert first.json["error"]["type"] == "limit_requests"
    assert code_of(second) == (503, "ModelUnavailable")
    assert (third.status, after.status) == (200, 200)


async def test_sees_that_the_client_hung_up(client: Client) -> None:
    async with FakeEndpoint() as endpoint:
        endpoint.reply(Reply("a" * 400, delay_between=60.0))
        async with client.open(endpoint.base_url + "/completions", fim(stream=True)) as response:
            await response.content.readany()
            request = await endpoint.wait_for(1)
            assert request.closed is None
            assert endpoint.running == [request]
            response.close()
        ended = await endpoint.wait_for(lambda request: request.closed == "cancelled")
        assert ended is request
        assert endpoint.running == []


async def test_waiting_in_vain_says_what_came(client: Client) -> None:
    async with FakeEndpoint() as endpoint:
        await client.get(endpoint.base_url + "/models")
        with pytest.raises(AssertionError, match="GET /compatible-mode/v1/models: answered"):
            await endpoint.wait_for(2, timeout=0.01)


async def test_stops_what_is_running(client: Client) -> None:
    async with FakeEndpoint() as endpoint:
        endpoint.reply(Reply(fault="hang_before_headers"))
        asking = asyncio.create_task(client.post(endpoint.base_url + "/completions", fim()))
        request = await endpoint.wait_for(1)
    assert request.closed == "stopped"
    with pytest.raises(aiohttp.ClientError):
        await asking
    with pytest.raises(aiohttp.ClientConnectorError):
        await client.get(endpoint.base_url + "/models")


async def test_runs_as_a_process(client: Client) -> None:
    command = [sys.executable, "-W", "error", "-m", "tests.fakes.endpoint", "--reply", "x = 1"]
    process = await asyncio.create_subprocess_exec(
        *command, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    place = json.loads(await process.stdout.readline())
    answer = await client.post(place["base_url"] + "/completions", fim())
    process.stdin.close()
    assert place["base_url"] == place["origin"] + COMPATIBLE
    assert answer.json["choices"][0]["text"] == "x = 1"
    assert await process.wait() == 0
