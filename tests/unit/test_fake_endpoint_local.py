"""The fake endpoint keeps to the facts about the servers that run on one's own machine."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from tests.fakes import FakeEndpoint, Model
from tests.fakes.client import Client

FIM = "<|fim_prefix|>def total(values):\n    <|fim_suffix|>\n<|fim_middle|>"
FENCED = "```python\ndef total(values):\n    "
USER = {"role": "user", "content": "Go on."}
PREFILL = {"role": "assistant", "content": FENCED}

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def client() -> AsyncIterator[Client]:
    async with aiohttp.ClientSession() as session:
        yield Client(session)


@pytest.mark.parametrize(
    ("kind", "path", "owner"),
    [
        ("vllm", "/v1/models", "vllm"),
        ("llamacpp", "/v1/models", "llamacpp"),
        ("lmstudio", "/v1/models", "organization_owner"),
        ("ollama", "/v1/models", "library"),
    ],
)
async def test_servers_are_told_by_their_owner(
    client: Client, kind: Any, path: str, owner: str
) -> None:
    async with FakeEndpoint(kind) as endpoint:
        answer = await client.get(endpoint.origin + path)
    assert {model["owned_by"] for model in answer.json["data"]} == {owner}


@pytest.mark.parametrize(
    ("kind", "suffix"),
    [
        ("dashscope", "/compatible-mode/v1"),
        ("openai", "/v1"),
        ("vllm", "/v1"),
        ("lmstudio", "/v1"),
        ("llamacpp", ""),
        ("ollama", ""),
    ],
)
async def test_base_url(kind: Any, suffix: str) -> None:
    async with FakeEndpoint(kind) as endpoint:
        assert endpoint.base_url == endpoint.origin + suffix


async def test_llamacpp_fills_in(client: Client) -> None:
    body = {"input_prefix": "a = ", "input_suffix": "\n", "stream": True}
    async with FakeEndpoint("llamacpp") as endpoint:
        endpoint.reply("1 + 2")
        url = endpoint.base_url + "/infill"
        streamed = await client.post(url, body, key=None)
        warmed = await client.post(url, body | {"n_predict": 0, "stream": False}, key=None)
        missing = await client.post(url, {"input_prefix": "a"}, key=None)
        extra = await client.post(url, body | {"input_extra": [{"filename": "a"}]}, key=None)
        props = await client.get(endpoint.origin + "/props")
    *pieces, end = streamed.events
    assert [piece["content"] for piece in pieces] == ["1 + ", "2"]
    assert {piece["stop"] for piece in pieces} == {False}
    assert (end["stop"], end["content"], end["stop_type"]) == (True, "", "eos")
    assert b"[DONE]" not in streamed.body
    assert (warmed.json["content"], warmed.json["stop_type"]) == ("", "limit")
    assert missing.json["error"]["type"] == "invalid_request_error"
    assert extra.status == 400
    assert props.json["default_generation_settings"]["n_ctx"] == 32_768


async def test_llamacpp_loads_and_may_not_fill_in(client: Client) -> None:
    body = {"input_prefix": "a = ", "input_suffix": "\n"}
    async with FakeEndpoint("llamacpp", models=[Model("m", fim=False)], loading=True) as endpoint:
        loading = await client.get(endpoint.origin + "/health")
        endpoint.loading = False
        loaded = await client.get(endpoint.origin + "/health")
        refused = await client.post(endpoint.origin + "/infill", body)
    error = {"code": 503, "message": "Loading model", "type": "unavailable_error"}
    assert (loading.status, loading.json) == (503, {"error": error})
    assert loaded.json == {"status": "ok"}
    assert (refused.status, refused.json["error"]["code"]) == (501, 501)
    assert refused.json["error"]["message"] == "Infill is not supported by this model"


async def test_ollama_generates(client: Client) -> None:
    model = {"model": "qwen2.5-coder:7b"}
    async with FakeEndpoint("ollama") as endpoint:
        endpoint.reply("1 + 2")
        url = endpoint.base_url + "/api/generate"
        streamed = await client.post(url, model | {"prompt": "a = ", "suffix": "\n"})
        raw = await client.post(url, model | {"prompt": FIM, "raw": True, "stream": False})
        wrapped = await client.post(url, model | {"prompt": FIM, "stream": False})
        long = {"prompt": "a" * 40_000, "stream": False, "options": {"num_ctx": 8192}}
        cut = await client.post(url, model | long)
        limited = await client.post(
            url, model | {"prompt": "a", "options": {"num_predict": 1, "stop": ["2"]}}
        )
        loaded = await client.post(url, model)
    *pieces, end = streamed.records
    assert streamed.headers["Content-Type"] == "application/x-ndjson"
    assert [piece["response"] for piece in pieces] == ["1 + ", "2"]
    assert {piece["done"] for piece in pieces} == {False}
    assert (end["done"], end["done_reason"], end["response"]) == (True, "stop", "")
    assert raw.json["response"] == "1 + 2"
    assert wrapped.json["response"].startswith("Here is the code")
    assert cut.json["prompt_eval_count"] == 8192
    assert [record["response"] for record in limited.records] == ["1 + ", ""]
    assert loaded.json["done_reason"] == "load"


async def test_ollama_tells_what_it_is_and_has(client: Client) -> None:
    async with FakeEndpoint("ollama") as endpoint:
        home = await client.get(endpoint.origin + "/")
        version = await client.get(endpoint.origin + "/api/version")
        tags = await client.get(endpoint.origin + "/api/tags")
        shown = [
            await client.post(endpoint.origin + "/api/show", {"model": name})
            for name in ("qwen2.5-coder:7b", "llama3.1:8b", "nobody")
        ]
        refused = await client.post(
            endpoint.origin + "/api/generate",
            {"model": "llama3.1:8b", "prompt": "a", "suffix": "b"},
        )
        templated = await client.post(
            endpoint.origin + "/v1/completions", {"model": "qwen2.5-coder:7b", "prompt": FIM}
        )
    assert home.body == b"Ollama is running"
    assert version.json.keys() == {"version"}
    assert tags.json["models"][0]["name"] == "qwen2.5-coder:7b"
    assert "insert" in shown[0].json["capabilities"]
    assert "insert" not in shown[1].json["capabilities"]
    assert (shown[2].status, shown[2].json) == (404, {"error": "model 'nobody' not found"})
    assert refused.status == 400
    assert refused.json["error"].endswith("does not support insert")
    assert templated.json["choices"][0]["text"].startswith("Here is the code")


@pytest.mark.parametrize(
    ("flags", "status", "starts"),
    [
        ({"continue_final_message": True, "add_generation_prompt": False}, 200, "return total"),
        ({"continue_final_message": True}, 400, None),
        ({}, 200, "Here is the code"),
    ],
)
async def test_vllm_continues_by_its_own_flags(
    client: Client, flags: Any, status: int, starts: str | None
) -> None:
    body = {"model": "Qwen/Qwen2.5-Coder-7B-Instruct", "messages": [USER, PREFILL], **flags}
    async with FakeEndpoint("vllm") as endpoint:
        answer = await client.post(endpoint.base_url + "/chat/completions", body)
    assert answer.status == status
    if starts is not None:
        assert answer.json["choices"][0]["message"]["content"].startswith(starts)


async def test_vllm_refuses_a_suffix(client: Client) -> None:
    body = {"model": "Qwen/Qwen2.5-Coder-7B-Instruct", "prompt": FIM}
    async with FakeEndpoint("vllm") as endpoint:
        refused = await client.post(endpoint.base_url + "/completions", body | {"suffix": "x"})
        filled = await client.post(endpoint.base_url + "/completions", body)
        version = await client.get(endpoint.origin + "/version")
    assert refused.json["error"] == {
        "message": "suffix is not currently supported",
        "type": "BadRequestError",
        "param": None,
        "code": 400,
    }
    assert filled.json["choices"][0]["text"] == "return total"
    assert "version" in version.json


@pytest.mark.parametrize(
    ("kind", "status", "body"),
    [
        ("lmstudio", 200, b'{"error":"Unexpected endpoint or method. (GET /nothing)"}'),
        ("ollama", 404, b"404 page not found"),
        ("vllm", 404, b'{"detail":"Not Found"}'),
    ],
)
async def test_unknown_paths(client: Client, kind: Any, status: int, body: bytes) -> None:
    async with FakeEndpoint(kind) as endpoint:
        answer = await client.get(endpoint.origin + "/nothing")
    assert (answer.status, answer.body) == (status, body)
