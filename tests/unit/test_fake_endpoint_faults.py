"""Each fault of the fake endpoint is on the wire what its name says."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from tests.fakes import FakeEndpoint, Reply
from tests.fakes.client import Answer, Client
from tests.fakes.faults import BOMB_BYTES
from tests.fakes.generation import LEAKED_TOKENS
from tests.fakes.values import Fault
from tests.fakes.wire import HUGE_BYTES

TEXT = "a = 1\nb = 2\nc = 3"
DONE = b"data: [DONE]\n\n"

PLACES: dict[str, tuple[Any, str, dict[str, Any]]] = {
    "fim": ("dashscope", "/completions", {"model": "qwen-coder-turbo", "prompt": "a"}),
    "chat": (
        "dashscope",
        "/chat/completions",
        {"model": "qwen-coder-plus", "messages": [{"role": "user", "content": "a"}]},
    ),
    "infill": ("llamacpp", "/infill", {"input_prefix": "a", "input_suffix": "b"}),
    "generate": ("ollama", "/api/generate", {"model": "qwen2.5-coder:7b", "prompt": "a"}),
}
"""Where a fault is looked at: kind of server, path, request."""

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def client() -> AsyncIterator[Client]:
    async with aiohttp.ClientSession(auto_decompress=False) as session:
        yield Client(session)


async def ask(client: Client, reply: Reply, place: str = "fim", *, stream: bool = True) -> Answer:
    kind, path, body = PLACES[place]
    async with FakeEndpoint(kind) as endpoint:
        endpoint.reply(reply)
        return await client.post(endpoint.base_url + path, body | {"stream": stream})


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("fault", "status", "expected"),
    [
        ("html_200", 200, b"<!DOCTYPE html>"),
        ("empty_body", 200, b""),
        ("redirect", 307, b""),
        ("code_in_200", 200, b'{"'),
    ],
)
async def test_answers_something_else(
    client: Client, place: str, stream: bool, fault: Fault, status: int, expected: bytes
) -> None:
    answer = await ask(client, Reply(TEXT, fault=fault), place, stream=stream)
    assert answer.status == status
    assert answer.body.startswith(expected)
    assert fault != "empty_body" or answer.body == b""
    assert fault != "redirect" or answer.headers["Location"].startswith("http://127.0.0.1")


async def test_a_200_may_carry_a_code(client: Client) -> None:
    answer = await ask(client, Reply(fault="code_in_200"))
    assert answer.json.keys() == {"code", "message", "request_id"}


async def test_gzip_bomb_is_small_and_real(client: Client) -> None:
    answer = await ask(client, Reply(fault="gzip_bomb"))
    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(answer.body) < BOMB_BYTES // 500
    assert len(gzip.decompress(answer.body)) > BOMB_BYTES - 10


@pytest.mark.parametrize("place", PLACES)
async def test_bad_json(client: Client, place: str) -> None:
    streamed = await ask(client, Reply(TEXT, fault="bad_json"), place)
    whole = await ask(client, Reply(TEXT, fault="bad_json"), place, stream=False)
    lines = [line.removeprefix(b"data: ") for line in streamed.body.splitlines() if line]
    bad = [line for line in lines if line != b"[DONE]" and not _is_json(line)]
    assert len(bad) == 1
    assert not _is_json(whole.body)


def _is_json(text: bytes) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("place", PLACES)
async def test_cut_sse_ends_inside_an_event(client: Client, place: str) -> None:
    sound = await ask(client, Reply(TEXT), place)
    cut = await ask(client, Reply(TEXT, fault="cut_sse"), place)
    assert sound.body.startswith(cut.body)
    assert 0 < len(cut.body) < len(sound.body)
    assert not cut.body.endswith(b"\n")


@pytest.mark.parametrize("place", PLACES)
async def test_the_end_may_be_left_out_or_come_twice(client: Client, place: str) -> None:
    sound = (await ask(client, Reply(TEXT), place)).body
    none = (await ask(client, Reply(TEXT, fault="no_done"), place)).body
    two = (await ask(client, Reply(TEXT, fault="two_done"), place)).body
    last = sound.removeprefix(none)
    assert last
    assert two == sound + last
    assert place not in ("fim", "chat") or last == DONE


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("fim", {"choices": []}),
        ("chat", {"choices": []}),
        ("infill", {"stop": False}),
        ("generate", {"done": False}),
    ],
)
async def test_no_choices(client: Client, place: str, expected: dict[str, Any]) -> None:
    answer = await ask(client, Reply(TEXT, fault="no_choices"), place, stream=False)
    assert answer.json.items() >= expected.items()
    assert answer.json.keys().isdisjoint({"content", "response"})


async def test_null_content(client: Client) -> None:
    text = await ask(client, Reply(fault="null_content"))
    chat = await ask(client, Reply(fault="null_content"), "chat")
    whole = await ask(client, Reply(fault="null_content"), "chat", stream=False)
    assert text.events[0]["choices"][0]["text"] is None
    assert chat.events[1]["choices"][0]["delta"] == {"content": None}
    assert whole.json["choices"][0]["message"]["content"] is None


async def test_special_tokens_pass_the_stop_strings(client: Client) -> None:
    answer = await ask(client, Reply("a = 1", fault="special_tokens"), stream=False)
    assert answer.json["choices"][0]["text"] == "a = 1" + LEAKED_TOKENS


@pytest.mark.parametrize("place", PLACES)
async def test_error_in_stream(client: Client, place: str) -> None:
    answer = await ask(client, Reply(TEXT, fault="error_in_stream"), place)
    lines = [line.removeprefix(b"data: ") for line in answer.body.splitlines() if line]
    assert "error" in json.loads(lines[-1])
    assert len(lines) > 1


async def test_native_error_in_stream(client: Client) -> None:
    path = "/api/v1/services/aigc/text-generation/generation"
    body = {"model": "qwen-coder-plus", "input": {"messages": [{"role": "user", "content": "a"}]}}
    async with FakeEndpoint() as endpoint:
        endpoint.reply(Reply(TEXT, fault="error_in_stream"))
        headers = {"X-DashScope-SSE": "enable"}
        answer = await client.post(endpoint.origin + path, body, headers=headers)
    last = answer.body.decode().strip().rpartition("\n\n")[2].splitlines()
    assert last[1:3] == ["event:error", ":HTTP_STATUS/500"]
    assert json.loads(last[3].removeprefix("data:"))["code"] == "InternalError"


async def test_characters_are_split(client: Client) -> None:
    _, path, body = PLACES["fim"]
    async with FakeEndpoint() as endpoint:
        endpoint.reply(Reply("é", fault="utf8_split"))
        pieces = []
        async with client.open(endpoint.base_url + path, body | {"stream": True}) as response:
            async for piece, _ in response.content.iter_chunks():
                pieces.append(piece)
    assert any(piece.endswith("é".encode()[:1]) for piece in pieces)
    assert '"é"' in b"".join(pieces).decode()
    with pytest.raises(ValueError, match="ASCII"):
        Reply("plain", fault="utf8_split")


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("fault", ["hang_mid_stream", "byte_a_second", "endless"])
async def test_never_ends_until_the_client_hangs_up(
    client: Client, place: str, fault: Fault
) -> None:
    kind, path, body = PLACES[place]
    async with FakeEndpoint(kind) as endpoint:
        endpoint.reply(Reply(TEXT, fault=fault))
        async with client.open(endpoint.base_url + path, body | {"stream": True}) as response:
            size = len((await response.content.readchunk())[0])
            assert fault != "byte_a_second" or size == 1
            while fault == "endless" and size < 10_000:
                size += len(await response.content.readany())
            response.close()
        await endpoint.wait_for(lambda request: request.closed == "cancelled")


async def test_hangs_before_headers(client: Client) -> None:
    _, path, body = PLACES["fim"]
    async with FakeEndpoint() as endpoint:
        endpoint.reply(Reply(fault="hang_before_headers"))
        asking = asyncio.create_task(client.post(endpoint.base_url + path, body))
        await endpoint.wait_for(1)
        asking.cancel()
        await endpoint.wait_for(lambda request: request.closed == "cancelled")


@pytest.mark.parametrize("stream", [False, True])
async def test_reset_in_the_middle(client: Client, stream: bool) -> None:
    _, path, body = PLACES["fim"]
    async with FakeEndpoint() as endpoint:
        endpoint.reply(Reply(TEXT, fault="reset_mid_stream"))
        async with client.open(endpoint.base_url + path, body | {"stream": stream}) as response:
            assert await response.content.readany()
            with pytest.raises(aiohttp.ClientPayloadError):
                await response.content.read()
        request = await endpoint.wait_for(lambda request: request.closed is not None)
    assert request.closed == "broken"


async def test_hundred_megabytes(client: Client) -> None:
    _, path, body = PLACES["fim"]
    async with FakeEndpoint() as endpoint:
        endpoint.reply(Reply(TEXT, fault="hundred_megabytes"))
        size = 0
        async with client.open(endpoint.base_url + path, body | {"stream": True}) as response:
            async for piece in response.content.iter_any():
                size += len(piece)
    assert size >= HUGE_BYTES
