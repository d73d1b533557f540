"""DashScope's own protocol against the fake endpoint, with every fault that this one has."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import Any

import pytest

from lsp_server.prompt.base import ChatPrompt, FimPrompt, Message, PartialPrompt
from lsp_server.provider.base import Endpoint, Request, Text, Usage
from lsp_server.provider.dashscope import DashScope, is_native
from lsp_server.provider.discover import make_provider
from lsp_server.provider.errors import Action, ProviderError
from lsp_server.provider.openai_compatible import OpenAICompatible
from tests.fakes import FakeEndpoint, Reply
from tests.fakes.values import Fault

PATH = "/api/v1/services/aigc/text-generation/generation"
RULES = Message("system", "Rules.")
QUESTION = Message("user", "Go on.")
PARTIAL = PartialPrompt((RULES, QUESTION, Message("assistant", "```python\nx = ")), ("\n```",))
CHAT = ChatPrompt((RULES, QUESTION))
TEXT = "return sum(values)"


def connect(endpoint: FakeEndpoint, key: str | None = "sk-test") -> DashScope:
    return DashScope(Endpoint("dashscope", f"{endpoint.origin}/api/v1", key))


def ask(model: str = "qwen-coder-plus", prompt: Any = PARTIAL, max_tokens: int = 64) -> Request:
    return Request(model, prompt, max_tokens)


async def read(provider: DashScope, request: Request) -> tuple[str, int, Usage | None]:
    """The text, the characters of thoughts, and the last count of tokens."""
    text, thoughts, usage = "", 0, None
    try:
        async with aclosing(provider.stream(request)) as pieces:
            async for piece in pieces:
                if isinstance(piece, Text):
                    text += piece.text
                    thoughts += piece.thoughts
                elif isinstance(piece, Usage):
                    usage = piece
    finally:
        await provider.close()
    return text, thoughts, usage


async def read_fault(endpoint: FakeEndpoint, request: Request) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        await read(connect(endpoint), request)
    return caught.value


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://dashscope.aliyuncs.com/api/v1", DashScope),
        ("https://dashscope-intl.aliyuncs.com/api/v1/", DashScope),
        ("https://gateway.example/qwen/api/v1", DashScope),
        ("https://dashscope.aliyuncs.com/compatible-mode/v1", OpenAICompatible),
        ("https://coding.dashscope.aliyuncs.com/v1", OpenAICompatible),
    ],
)
def test_the_address_chooses_the_protocol(url: str, expected: type) -> None:
    assert type(make_provider(Endpoint("dashscope", url), redacts=False)) is expected
    assert is_native(url) == (expected is DashScope)
    assert not isinstance(make_provider(Endpoint("openai", url), redacts=False), DashScope)


@pytest.mark.parametrize(
    ("model", "expected"),
    [("qwen-coder-turbo", ("partial",)), ("qwen3.7-plus", ("partial",)), ("qwq-32b", ())],
)
def test_forms(model: str, expected: tuple[str, ...]) -> None:
    assert DashScope(Endpoint("dashscope", "https://x.example/api/v1")).forms(model) == expected


@pytest.mark.asyncio
async def test_partial_mode_on_the_wire() -> None:
    async with FakeEndpoint() as endpoint:
        endpoint.reply("sum(values)")
        text, thoughts, usage = await read(connect(endpoint), ask())
        request = endpoint.generations[0]
    assert (text, thoughts) == ("sum(values)", 0)
    assert usage == Usage(8, 3)
    assert (request.method, request.path, request.key) == ("POST", PATH, "sk-test")
    assert request.headers["x-dashscope-sse"] == "enable"
    assert request.json == {
        "model": "qwen-coder-plus",
        "input": {
            "messages": [
                {"role": "system", "content": "Rules."},
                {"role": "user", "content": "Go on."},
                {"role": "assistant", "content": "```python\nx = ", "partial": True},
            ]
        },
        "parameters": {
            "result_format": "message",
            "incremental_output": True,
            "max_tokens": 64,
            "temperature": 0.0,
            "stop": ["\n```"],
        },
    }


SAMPLING = {"temperature": 0.7, "top_p": 0.8, "top_k": 20, "repetition_penalty": 1.05}
THINK = ChatPrompt((QUESTION,), thinks=True, thinking_budget=500)


@pytest.mark.parametrize(
    ("model", "prompt", "expected"),
    [
        ("qwen-coder-plus", CHAT, {}),
        ("qwen-coder-plus", THINK, {}),
        ("qwen3-coder-plus", CHAT, SAMPLING),
        ("qwen3-coder-plus", PARTIAL, {"temperature": 0.0, "stop": ["\n```"]}),
        ("qwen3.7-plus", CHAT, {"enable_thinking": False}),
        (
            "qwen3.7-plus",
            PARTIAL,
            {"temperature": 0.0, "enable_thinking": False, "stop": ["\n```"]},
        ),
        ("qwen3.7-plus", THINK, {"enable_thinking": True, "thinking_budget": 500}),
        ("qwq-32b", THINK, {"temperature": 0.6, "top_p": 0.95}),
    ],
)
@pytest.mark.asyncio
async def test_parameters(model: str, prompt: Any, expected: dict[str, object]) -> None:
    async with FakeEndpoint() as endpoint:
        await read(connect(endpoint), ask(model, prompt))
        parameters = endpoint.generations[0].json["parameters"]
    for name in ("result_format", "incremental_output", "max_tokens"):
        del parameters[name]
    assert parameters == expected


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        ((RULES, QUESTION), [("user", "Rules.\n\nGo on.")]),
        (
            (RULES, QUESTION, Message("assistant", "So?"), QUESTION),
            [("user", "Rules.\n\nGo on."), ("assistant", "So?"), ("user", "Go on.")],
        ),
        ((QUESTION,), [("user", "Go on.")]),
    ],
)
@pytest.mark.asyncio
async def test_a_model_without_system_messages(
    messages: tuple[Message, ...], expected: list[tuple[str, str]]
) -> None:
    async with FakeEndpoint() as endpoint:
        await read(connect(endpoint), ask("qwq-32b", ChatPrompt(messages)))
        sent = endpoint.generations[0].json["input"]["messages"]
    assert [(message["role"], message["content"]) for message in sent] == expected


@pytest.mark.parametrize("model", ["qwen3.7-plus", "qwq-32b"])
@pytest.mark.asyncio
async def test_thoughts_are_hidden_and_counted(model: str) -> None:
    async with FakeEndpoint() as endpoint:
        endpoint.reply(Reply(TEXT, reasoning="Let me think."))
        text, thoughts, usage = await read(connect(endpoint), ask(model, THINK))
    assert (text, thoughts) == (TEXT, len("Let me think."))
    assert usage is not None
    assert usage.output == -(-len(TEXT) // 4) + 4


@pytest.mark.asyncio
async def test_tokens_are_known_when_it_is_cut_short() -> None:
    async with FakeEndpoint() as endpoint:
        endpoint.reply(Reply("a = 1\n" * 400, fault="endless"))
        provider = connect(endpoint)
        stream = provider.stream(ask(max_tokens=4000))
        pieces = [await anext(stream) for _ in range(4)]
        await stream.aclose()
        await endpoint.wait_for(lambda request: request.closed == "cancelled")
        await provider.close()
    assert pieces == [Usage(8, 1), Text("a = "), Usage(8, 2), Text("1\na ")]


@pytest.mark.asyncio
async def test_the_connection_is_kept() -> None:
    """A response read to its end leaves its connection for the next request."""
    async with FakeEndpoint() as endpoint:
        provider = connect(endpoint)
        for _ in range(3):
            async with aclosing(provider.stream(ask())) as pieces:
                assert [piece async for piece in pieces]
        pool: Any = provider._link.connect()._transport
        (connection,) = pool._pool.connections
        assert connection.info().endswith("IDLE, Request Count: 3")
        await provider.close()


@pytest.mark.asyncio
async def test_lists_models_by_the_compatible_mode() -> None:
    async with FakeEndpoint() as endpoint:
        provider = connect(endpoint)
        models = await provider.list_models()
        await provider.close()
        wrong = connect(endpoint, "sk-other")
        with pytest.raises(ProviderError):
            await wrong.list_models()
        await wrong.close()
        assert endpoint.requests[0].path == "/compatible-mode/v1/models"
    assert "qwen-coder-plus" in models


@pytest.mark.asyncio
async def test_fill_in_the_middle_is_refused_with_a_way_out() -> None:
    async with FakeEndpoint() as endpoint:
        error = await read_fault(endpoint, ask(prompt=FimPrompt("<|fim_prefix|>", ())))
        assert endpoint.requests == []
    assert error.fault.action is Action.TELL
    assert "/compatible-mode/v1" in error.fault.sentence


UNREADABLE = (Action.RETRY, "not_an_answer")
CUT = (Action.RETRY, "cut_short")
BUSY = (Action.RETRY, "InternalError")


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("html_200", UNREADABLE),
        ("bad_json", UNREADABLE),
        ("empty_body", UNREADABLE),
        ("gzip_bomb", UNREADABLE),
        ("cut_sse", CUT),
        ("no_done", CUT),
        ("reset_mid_stream", CUT),
        ("error_in_stream", BUSY),
        ("code_in_200", BUSY),
        ("redirect", (Action.TELL, "")),
    ],
)
@pytest.mark.asyncio
async def test_faults_that_are_told(fault: Fault, expected: tuple[Action, str]) -> None:
    async with FakeEndpoint() as endpoint:
        endpoint.reply(Reply(TEXT, fault=fault))
        found = (await read_fault(endpoint, ask())).fault
        assert len(endpoint.requests) == 1
    assert (found.action, found.code) == expected
    assert endpoint.origin in found.sentence
    assert TEXT not in found.sentence


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (Reply("größer = 'ß'", fault="utf8_split"), "größer = 'ß'"),
        (Reply(TEXT, fault="two_done"), TEXT),
        (Reply(TEXT, fault="no_choices"), ""),
        (Reply(TEXT, fault="null_content"), ""),
        (Reply(""), ""),
        (Reply(TEXT, chunk_size=0), TEXT),
        (Reply(TEXT, finish="length"), TEXT),
    ],
)
@pytest.mark.asyncio
async def test_odd_answers_that_are_answers(reply: Reply, expected: str) -> None:
    async with FakeEndpoint() as endpoint:
        endpoint.reply(reply)
        text, _, _ = await read(connect(endpoint), ask())
    assert text == expected


@pytest.mark.asyncio
async def test_a_chat_cut_at_the_limit_is_no_answer() -> None:
    async with FakeEndpoint() as endpoint:
        endpoint.reply(TEXT)
        found = (await read_fault(endpoint, ask(prompt=CHAT, max_tokens=2))).fault
        text, _, _ = await read(connect(endpoint), ask(max_tokens=2))
    assert (found.action, found.code) == (Action.TELL, "length")
    assert text == TEXT[:8]


@pytest.mark.asyncio
async def test_leaked_tokens_are_left_to_the_filters() -> None:
    async with FakeEndpoint() as endpoint:
        endpoint.reply(Reply(TEXT, fault="special_tokens"))
        text, _, _ = await read(connect(endpoint), ask())
    assert text.startswith(f"{TEXT}\n```<|fim_pad|>") or text.startswith(f"{TEXT}<|fim_pad|>")


@pytest.mark.parametrize("fault", ["hang_before_headers", "hang_mid_stream", "byte_a_second"])
@pytest.mark.asyncio
async def test_cancelling_closes_a_connection_that_hangs(fault: Fault) -> None:
    async with FakeEndpoint() as endpoint:
        endpoint.reply(Reply(TEXT, fault=fault))
        asking = asyncio.create_task(read(connect(endpoint), ask()))
        await endpoint.wait_for(1)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        await endpoint.wait_for(lambda request: request.closed == "cancelled")


@pytest.mark.parametrize("fault", ["endless", "hundred_megabytes"])
@pytest.mark.asyncio
async def test_whoever_has_enough_closes_a_flood(fault: Fault) -> None:
    async with FakeEndpoint() as endpoint:
        endpoint.reply(Reply("a = 1\n" * 40, fault=fault))
        provider = connect(endpoint)
        length = 0
        async with aclosing(provider.stream(ask(max_tokens=2000))) as pieces:
            async for piece in pieces:
                length += len(piece.text) if isinstance(piece, Text) else 0
                if length > 1000:
                    break
        await endpoint.wait_for(lambda request: request.closed == "cancelled")
        await provider.close()


REFUSALS = [
    (401, "invalid_api_key", Action.TELL),
    (400, "Arrearage", Action.TELL),
    (400, "data_inspection_failed", Action.QUIET),
    (404, "model_not_found", Action.NEXT_MODEL),
    (403, "AccessDenied.Unpurchased", Action.NEXT_MODEL),
    (429, "limit_requests", Action.BACK_OFF),
    (429, "limit_burst_rate", Action.BACK_OFF),
    (429, "insufficient_quota", Action.BACK_OFF),
    (500, "internal_error", Action.RETRY),
    (503, "ModelUnavailable", Action.RETRY),
]


@pytest.mark.parametrize(("status", "code", "action"), REFUSALS)
@pytest.mark.asyncio
async def test_refusals(status: int, code: str, action: Action) -> None:
    async with FakeEndpoint() as endpoint:
        endpoint.fail(status, code, headers={"Retry-After": "7"})
        found = (await read_fault(endpoint, ask())).fault
    assert (found.action, found.status, found.retry_after) == (action, status, 7.0)


@pytest.mark.asyncio
async def test_a_prompt_too_long_names_the_limit() -> None:
    async with FakeEndpoint(max_input=4) as endpoint:
        found = (await read_fault(endpoint, ask())).fault
    assert (found.action, found.limit) == (Action.SHRINK, 4)


@pytest.mark.asyncio
async def test_nobody_listens() -> None:
    async with FakeEndpoint() as endpoint:
        await endpoint.stop()
        found = (await read_fault(endpoint, ask())).fault
    assert (found.action, found.code) == (Action.RETRY, "unreachable")


@pytest.mark.asyncio
async def test_prepare_loads_off_the_loop() -> None:
    async with FakeEndpoint() as endpoint:
        provider = connect(endpoint)
        await provider.prepare()
        assert await read(provider, ask())
