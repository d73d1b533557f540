"""The fake endpoint keeps to the facts about DashScope, on both of its protocols."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from tests.fakes import FakeEndpoint, Reply
from tests.fakes.client import Answer, Client

COMPATIBLE = "/compatible-mode/v1"
NATIVE = "/api/v1/services/aigc/text-generation/generation"
FIM = "<|fim_prefix|>def total(values):\n    <|fim_suffix|>\n<|fim_middle|>"
FENCED = "```python\ndef total(values):\n    "
USER = {"role": "user", "content": "Go on."}
PREFILL = {"role": "assistant", "content": FENCED}
PARTIAL = [USER, {**PREFILL, "partial": True}]

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def client() -> AsyncIterator[Client]:
    async with aiohttp.ClientSession() as session:
        yield Client(session)


def fim(model: str = "qwen-coder-turbo", **more: Any) -> dict[str, Any]:
    return {"model": model, "prompt": FIM, **more}


def chat(model: str = "qwen-coder-plus", **more: Any) -> dict[str, Any]:
    return {"model": model, "messages": PARTIAL, **more}


def native(model: str = "qwen-coder-plus", **parameters: Any) -> dict[str, Any]:
    parameters = {"result_format": "message", **parameters}
    return {"model": model, "input": {"messages": PARTIAL}, "parameters": parameters}


def code_of(answer: Answer) -> tuple[int, str]:
    value = answer.json
    return answer.status, value["error"]["code"] if "error" in value else value["code"]


async def test_streams_fim_in_chunks_with_usage_last(client: Client) -> None:
    async with FakeEndpoint() as endpoint:
        endpoint.reply("return sum(values)")
        body = fim(stream=True, stream_options={"include_usage": True})
        answer = await client.post(endpoint.base_url + "/completions", body)
    assert answer.headers["Content-Type"] == "text/event-stream"
    assert answer.body.endswith(b"data: [DONE]\n\n")
    *chunks, finish, usage = answer.events
    texts = [chunk["choices"][0]["text"] for chunk in chunks]
    assert texts == ["retu", "rn s", "um(v", "alue", "s)"]
    assert {chunk["object"] for chunk in chunks} == {"text_completion"}
    assert {chunk["choices"][0]["finish_reason"] for chunk in chunks} == {None}
    assert finish["choices"][0]["finish_reason"] == "stop"
    assert usage["choices"] == []
    tokens = -(-len(FIM) // 4)
    assert usage["usage"] == {
        "prompt_tokens": tokens,
        "completion_tokens": 5,
        "total_tokens": tokens + 5,
    }


async def test_streams_partial_mode_without_usage_unless_asked(client: Client) -> None:
    async with FakeEndpoint() as endpoint:
        endpoint.reply(Reply("return sum(values)", chunk_size=0))
        body = chat(stream=True, stop=["\n```"])
        answer = await client.post(endpoint.base_url + "/chat/completions", body)
    opening, chunk, finish = answer.events
    assert opening["choices"][0]["delta"] == {"role": "assistant", "content": ""}
    assert chunk["choices"][0]["delta"] == {"content": "return sum(values)"}
    assert finish["choices"][0] == {
        "delta": {"content": ""},
        "index": 0,
        "logprobs": None,
        "finish_reason": "stop",
    }
    assert {event["usage"] for event in answer.events} == {None}


CONTINUED = "return sum(values)"
CLOSED = "return sum(values)\n```"


@pytest.mark.parametrize(
    ("messages", "more", "expected"),
    [
        (PARTIAL, {"stop": ["\n```"]}, CONTINUED),
        (PARTIAL, {}, CLOSED),
        (PARTIAL, {"max_tokens": 2}, "return s"),
        (PARTIAL, {"max_completion_tokens": 2}, "return s"),
        ([USER, {**PREFILL, "content": "def f():", "partial": True}], {}, CONTINUED),
        ([USER], {}, CONTINUED),
        ([USER, PREFILL], {}, None),
        ([{**USER, "partial": True}], {}, None),
        ([{**PREFILL, "partial": True}, USER], {}, None),
    ],
)
async def test_continues_only_in_partial_mode(
    client: Client, messages: Any, more: Any, expected: str | None
) -> None:
    async with FakeEndpoint() as endpoint:
        endpoint.reply(CONTINUED)
        body = chat(**more) | {"messages": messages}
        answer = await client.post(endpoint.base_url + "/chat/completions", body)
    text = answer.json["choices"][0]["message"]["content"]
    if expected is not None:
        assert text == expected
        return
    assert text.startswith("Here is the code")
    assert f"\n```\n{CONTINUED}\n```\n" in text


async def test_leaves_the_prefix_out(client: Client) -> None:
    async with FakeEndpoint() as endpoint:
        endpoint.reply(FENCED + "return 1\n```")
        answer = await client.post(endpoint.base_url + "/chat/completions", chat())
    assert answer.json["choices"][0]["message"]["content"] == "return 1\n```"


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/completions", fim(suffix="x"), 400, "invalid_parameter_error"),
        ("/completions", fim(stop=list("abcde")), 400, "invalid_parameter_error"),
        ("/completions", fim(prompt=["a"]), 400, "invalid_parameter_error"),
        ("/completions", fim("qwen-coder-plus"), 404, "model_not_supported"),
        ("/completions", fim("qwen3-coder-plus"), 404, "model_not_supported"),
        ("/completions", fim("nobody"), 404, "model_not_found"),
        ("/chat/completions", chat("nobody"), 404, "model_not_found"),
        ("/chat/completions", chat(messages=[]), 400, "invalid_parameter_error"),
        ("/chat/completions", chat("qwq-32b", stream=True), 400, "invalid_parameter_error"),
        ("/chat/completions", chat("qwen3.7-plus", stream=True), 400, "invalid_parameter_error"),
        (
            "/chat/completions",
            chat(enable_thinking=True, stream=True),
            400,
            "invalid_parameter_error",
        ),
        (
            "/chat/completions",
            chat("qwq-32b", messages=[USER]),
            400,
            "invalid_parameter_error",
        ),
        (
            "/chat/completions",
            chat(
                "qwen3.7-plus",
                messages=[USER],
                stream=True,
                response_format={"type": "json_object"},
            ),
            400,
            "invalid_parameter_error",
        ),
        ("/chat/completions", [1], 400, "invalid_parameter_error"),
    ],
)
async def test_refuses_what_dashscope_refuses(
    client: Client, path: str, body: Any, status: int, code: str
) -> None:
    async with FakeEndpoint() as endpoint:
        answer = await client.post(endpoint.base_url + path, body)
    assert code_of(answer) == (status, code)


@pytest.mark.parametrize("stream", [False, True])
async def test_thinks_only_where_it_may(client: Client, stream: bool) -> None:
    async with FakeEndpoint() as endpoint:
        endpoint.reply(Reply("yes", reasoning="hm"))
        url = endpoint.base_url + "/chat/completions"
        hybrid = chat("qwen3.7-plus", enable_thinking=False, stream=stream, stop="\n```")
        continued = await client.post(url, hybrid)
        thought = await client.post(url, chat("qwq-32b", messages=[USER], stream=True))
    assert b"yes" in continued.body
    assert b"reasoning_content" not in continued.body
    deltas = [event["choices"][0]["delta"] for event in thought.events]
    assert deltas[1] == {"content": None, "reasoning_content": "hm"}
    assert deltas[2] == {"content": "yes"}


@pytest.mark.parametrize(
    ("key", "region", "expected"),
    [("sk-test", "beijing", 200), ("sk-test", "singapore", 401), ("sk-x", "beijing", 401)],
)
@pytest.mark.parametrize("path", [COMPATIBLE + "/chat/completions", NATIVE])
async def test_a_key_belongs_to_a_region(
    client: Client, path: str, key: str, region: str, expected: int
) -> None:
    async with FakeEndpoint(region=region) as endpoint:
        body = chat() if path != NATIVE else native()
        answer = await client.post(endpoint.origin + path, body, key=key)
        nobody = await client.post(endpoint.origin + path, body, key=None)
    assert answer.status == expected
    assert nobody.status == 401


async def test_words_errors_exactly(client: Client) -> None:
    async with FakeEndpoint(keys={}) as endpoint:
        compatible = await client.post(endpoint.base_url + "/completions", fim())
        own = await client.post(endpoint.origin + NATIVE, native())
    error = compatible.json["error"]
    assert compatible.json.keys() == {"error", "request_id"}
    assert error.keys() == {"message", "type", "param", "code"}
    assert (error["type"], error["param"]) == ("invalid_request_error", None)
    assert error["code"] == "invalid_api_key"
    assert own.json.keys() == {"code", "message", "request_id"}
    assert own.json["code"] == "InvalidApiKey"


@pytest.mark.parametrize(
    ("code", "status", "told"),
    [
        ("model_not_found", 404, "model_not_found"),
        ("model_not_supported", 404, "model_not_supported"),
        ("Model not exist.", 400, "invalid_parameter_error"),
        ("Model.AccessDenied", 403, "Model.AccessDenied"),
        ("AllocationQuota.FreeTierOnly", 403, "AllocationQuota.FreeTierOnly"),
    ],
)
async def test_retired_models(client: Client, code: str, status: int, told: str) -> None:
    async with FakeEndpoint(retired={"qwen-coder-turbo": code}) as endpoint:
        answer = await client.post(endpoint.base_url + "/completions", fim())
        listed = await client.get(endpoint.base_url + "/models")
    assert code_of(answer) == (status, told)
    names = {model["id"] for model in listed.json["data"]}
    assert "qwen-coder-turbo" not in names
    assert "qwen-coder-plus" in names


async def test_retired_as_a_set_and_an_unknown_code(client: Client) -> None:
    async with FakeEndpoint(retired={"qwen-coder-turbo"}) as endpoint:
        answer = await client.post(endpoint.base_url + "/completions", fim())
    assert code_of(answer) == (404, "model_not_found")
    with pytest.raises(ValueError, match="Gone"):
        FakeEndpoint(retired={"qwen-coder-turbo": "Gone"})


async def test_fim_is_for_beijing_only(client: Client) -> None:
    async with FakeEndpoint(keys={"sk-test": "singapore"}, region="singapore") as endpoint:
        answer = await client.post(endpoint.base_url + "/completions", fim())
    assert code_of(answer) == (404, "model_not_supported")


async def test_limits_of_input_and_refused_parameters(client: Client) -> None:
    async with FakeEndpoint(max_input=10, refused_parameters={"max_tokens"}) as endpoint:
        url = endpoint.base_url + "/completions"
        long = await client.post(url, fim())
        refused = await client.post(url, fim(prompt="a", max_tokens=5))
        fits = await client.post(url, fim(prompt="a" * 40))
    assert code_of(long) == (400, "invalid_parameter_error")
    assert long.json["error"]["message"].endswith("Range of input length should be [1, 10]")
    assert code_of(refused) == (400, "unsupported_parameter")
    assert fits.status == 200


@pytest.mark.parametrize(
    ("reply", "more", "text", "finish"),
    [
        ("a = 1\nb = 2", {"stop": "\n"}, "a = 1", "stop"),
        ("a = 1\nb = 2", {"stop": ["b", "= "]}, "a ", "stop"),
        ("a = 1\nb = 2", {"max_tokens": 1}, "a = ", "length"),
        ("a = 1\nb = 2", {"max_tokens": 1, "stop": "a"}, "", "stop"),
        (Reply("a", finish="length"), {}, "a", "length"),
        ("", {}, "", "stop"),
    ],
)
async def test_stop_and_limit(
    client: Client, reply: str | Reply, more: Any, text: str, finish: str
) -> None:
    async with FakeEndpoint() as endpoint:
        endpoint.reply(reply)
        url = endpoint.base_url + "/completions"
        whole = await client.post(url, fim(**more))
        streamed = await client.post(url, fim(stream=True, **more))
    choice = whole.json["choices"][0]
    assert (choice["text"], choice["finish_reason"]) == (text, finish)
    pieces = [event["choices"][0] for event in streamed.events]
    assert "".join(piece["text"] for piece in pieces) == text
    assert pieces[-1]["finish_reason"] == finish


async def test_native_protocol_streams_its_own_way(client: Client) -> None:
    enable = {"X-DashScope-SSE": "enable"}
    async with FakeEndpoint() as endpoint:
        endpoint.reply("def f")
        url = endpoint.origin + NATIVE
        stop = ["\n```"]
        parts = await client.post(url, native(incremental_output=True, stop=stop), headers=enable)
        so_far = await client.post(url, native(stop=stop), headers=enable)
        whole = await client.post(url, native(stop=stop))
    first = b'id:1\nevent:result\n:HTTP_STATUS/200\ndata:{"output":{"choices":[{"message":'
    assert parts.body.startswith(first)
    assert _native_choices(parts) == [("def ", "null"), ("f", "null"), ("", "stop")]
    assert _native_choices(so_far) == [("def ", "null"), ("def f", "null"), ("def f", "stop")]
    assert [event["usage"]["output_tokens"] for event in so_far.events] == [1, 2, 2]
    choice = whole.json["output"]["choices"][0]
    assert choice == {
        "message": {"role": "assistant", "content": "def f"},
        "finish_reason": "stop",
    }
    assert whole.json["usage"].keys() == {"input_tokens", "output_tokens", "total_tokens"}


def _native_choices(answer: Answer) -> list[tuple[str, str]]:
    choices = [event["output"]["choices"][0] for event in answer.events]
    return [(choice["message"]["content"], choice["finish_reason"]) for choice in choices]


async def test_native_text_and_native_refusals(client: Client) -> None:
    enable = {"X-DashScope-SSE": "enable"}
    async with FakeEndpoint() as endpoint:
        url = endpoint.origin + NATIVE
        text = await client.post(url, native(result_format="text", stop="\n```"))
        thinks = native("qwq-32b") | {"input": {"messages": [USER]}}
        refused = await client.post(url, thinks, headers=enable)
    assert text.json["output"] == {"text": "return total", "finish_reason": "stop"}
    assert code_of(refused) == (400, "InvalidParameter")
    assert "incremental_output" in refused.json["message"]
