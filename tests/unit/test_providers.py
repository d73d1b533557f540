"""Providers against the fake endpoint of each kind: what is sent, what comes, and the end of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import aclosing
from typing import Any

import pytest

from lsp_server.completion.stream import Reader, read_answer
from lsp_server.context.base import Context
from lsp_server.postprocess.size import MAX_LINE
from lsp_server.prompt.base import Form
from lsp_server.prompt.fim import build_fim_prompt
from lsp_server.prompt.partial import build_partial_prompt
from lsp_server.provider.base import Endpoint, Request, Text
from lsp_server.provider.discover import make_provider
from lsp_server.provider.errors import ProviderError
from tests.fakes import FakeEndpoint, Reply
from tests.fakes.models import MODELS
from tests.fakes.values import Fault, Kind
from tests.marks import read_place
from tests.ways import CONTEXT, PROMPTS, WAYS, Way, connect, read

STOP = ["<|file_sep|>", "<|fim_pad|>", "<|endoftext|>", "<|im_end|>"]
FIM_TEXT = (
    "<|repo_name|>shop\n<|file_sep|>a.py\nVAT = 0.2\n<|file_sep|>shop/cart.py\n"
    "<|fim_prefix|>total = <|fim_suffix|>\nprint(total)<|fim_middle|>"
)

every_way = pytest.mark.parametrize("way", WAYS, ids=str)
pytestmark = pytest.mark.asyncio


class Kept(list[str]):
    """Takes what comes, and keeps it."""

    def begin(self, model: str, form: Form) -> None:
        """Nothing to keep."""

    def extend(self, text: Iterable[str]) -> None:
        self.append("".join(text))

    def end(self) -> None:
        """Nothing to keep."""


@every_way
async def test_the_answer_in_pieces_and_its_tokens(way: Way) -> None:
    async with FakeEndpoint(way.kind) as endpoint:
        endpoint.reply(Reply("sum(🙂)", chunk_size=2))
        text, usage = await read(connect(endpoint), way.request)
        (request,) = endpoint.generations
    assert text.removesuffix("\n```") in {"sum(🙂)", WRAPPED.format("sum(🙂)")}
    assert usage is not None
    assert usage.input > 0
    assert usage.output > 0
    assert (request.method, request.path, request.closed) == ("POST", way.path, "answered")


# What a server says that does not go on from the assistant's message.
WRAPPED = (
    "Here is the code that goes on from there:\n\n```\n{}\n```\n\nIt continues what you began."
)


@every_way
async def test_the_body_on_the_wire(way: Way) -> None:
    async with FakeEndpoint(way.kind) as endpoint:
        await read(connect(endpoint), way.request)
        (request,) = endpoint.generations
    assert request.json == expected_body(way)
    if way.form == "fim":
        assert FIM_TEXT.replace("\n", "\\n").encode() in request.body


def expected_body(way: Way) -> dict[str, Any]:
    if way.kind == "ollama" and way.form != "partial":
        told = (
            {"prompt": FIM_TEXT, "raw": True}
            if way.form == "fim"
            else {"prompt": "total = ", "suffix": "\nprint(total)"}
        )
        return {
            "model": way.model,
            **told,
            "stream": True,
            "keep_alive": "30m",
            "options": {"num_predict": 64, "num_ctx": 8192, "temperature": 0.0, "stop": STOP},
        }
    if way.form == "infill":
        return {
            "input_prefix": "total = ",
            "input_suffix": "\nprint(total)",
            "input_extra": [{"filename": "a.py", "text": "VAT = 0.2"}],
            "n_predict": 64,
            "t_max_predict_ms": 1500,
            "temperature": 0.0,
            "stop": STOP,
            "cache_prompt": True,
            "stream": True,
        }
    body: dict[str, Any] = {
        "model": way.model,
        "max_tokens": 64,
        "temperature": 0.0,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    if way.form == "fim":
        return body | {"prompt": FIM_TEXT, "stop": STOP}
    prompt = build_partial_prompt(CONTEXT)
    messages: list[dict[str, Any]] = [
        {"role": message.role, "content": message.content} for message in prompt.messages
    ]
    if way.kind == "vllm":
        body |= {"continue_final_message": True, "add_generation_prompt": False}
    else:
        messages[-1]["partial"] = True
    if way.kind not in {"openai", "lmstudio"}:
        body["stop"] = ["\n```"]
    return body | {"messages": messages}


async def test_dashscope_gets_a_prefix_alone_as_it_documents_it() -> None:
    prompt = build_fim_prompt(Context("a.py", "python", "total = ", ""))
    async with FakeEndpoint("dashscope") as endpoint:
        await read(connect(endpoint), Request("qwen-coder-turbo", prompt, 64))
        assert endpoint.generations[0].json["prompt"] == "<|fim_prefix|>total = <|fim_suffix|>"


async def test_thinking_is_switched_off_where_it_can_be() -> None:
    async with FakeEndpoint("dashscope") as endpoint:
        endpoint.reply("1")
        text, _ = await read(connect(endpoint), Request("qwen3.7-plus", PROMPTS["partial"], 64))
        assert text == "1"
        assert endpoint.generations[0].json["enable_thinking"] is False


@pytest.mark.parametrize(
    ("kind", "model", "expected"),
    [
        ("dashscope", "qwen-coder-turbo", ("fim", "partial")),
        ("dashscope", "qwen-coder-plus", ("partial",)),
        ("dashscope", "qwen3-coder-flash", ("partial",)),
        ("dashscope", "qwen3.7-plus", ("partial",)),
        ("dashscope", "qwq-32b", ()),
        ("vllm", "Qwen/Qwen2.5-Coder-7B-Instruct", ("fim", "partial")),
        ("vllm", "qwen3-coder-30b-a3b-instruct", ("fim", "partial")),
        ("vllm", "llama", ("partial",)),
        ("openai", "qwen2.5-coder-7b-instruct", ("fim", "partial")),
        ("llamacpp", "qwen2.5-coder-7b.gguf", ("infill", "fim", "partial")),
        ("llamacpp", "codellama.gguf", ("infill", "partial")),
        ("ollama", "qwen2.5-coder:7b", ("infill", "fim", "partial")),
    ],
)
async def test_forms(kind: str, model: str, expected: tuple[Form, ...]) -> None:
    provider = make_provider(Endpoint(kind, "http://127.0.0.1:9/v1"))
    assert provider.forms(model) == expected
    await provider.close()


@every_way
async def test_an_answer_left_half_read_is_cancelled(way: Way) -> None:
    async with FakeEndpoint(way.kind) as endpoint:
        endpoint.reply(Reply("x" * 400, delay_between=0.01))
        provider = connect(endpoint)
        async with aclosing(provider.stream(way.request)) as pieces:
            assert isinstance(await anext(pieces), Text)
        await endpoint.wait_for(lambda request: request.closed == "cancelled")
        await provider.close()


@every_way
@pytest.mark.parametrize(
    "fault", ["hang_before_headers", "hang_mid_stream", "byte_a_second", "endless"]
)
async def test_a_task_that_is_cancelled_leaves_at_once(way: Way, fault: Fault) -> None:
    async with FakeEndpoint(way.kind) as endpoint:
        endpoint.reply(Reply("x" * 40, fault=fault))
        provider = connect(endpoint)
        reading = asyncio.create_task(read(provider, way.request))
        await endpoint.wait_for(1)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        await endpoint.wait_for(lambda request: request.closed == "cancelled")


@every_way
@pytest.mark.parametrize("fault", ["endless", "hundred_megabytes"])
async def test_an_answer_without_end_is_left(way: Way, fault: Fault) -> None:
    async with FakeEndpoint(way.kind) as endpoint:
        endpoint.reply(Reply("x" * 200, chunk_size=50, fault=fault))
        provider = connect(endpoint)
        request = Request(way.model, PROMPTS[way.form], 10_000)
        answer = await read_answer(provider.stream(request), Reader(read_place("█")), Kept())
        assert MAX_LINE <= len(answer.text) < MAX_LINE + 100
        await endpoint.wait_for(lambda request: request.closed == "cancelled")
        await provider.close()


@pytest.mark.parametrize("kind", MODELS)
async def test_models_are_listed(kind: Kind) -> None:
    async with FakeEndpoint(kind) as endpoint:
        provider = connect(endpoint)
        assert await provider.list_models() == tuple(model.name for model in MODELS[kind])
        await provider.close()


@pytest.mark.parametrize("kind", MODELS)
@pytest.mark.parametrize("status", [401, 404, 500])
async def test_models_that_cannot_be_listed(kind: Kind, status: int) -> None:
    async with FakeEndpoint(kind) as endpoint:
        endpoint.fail(status, "some_code", path="")
        provider = connect(endpoint)
        with pytest.raises(ProviderError):
            await provider.list_models()
        await provider.close()
        assert len(endpoint.requests) == 1


@pytest.mark.parametrize("kind", MODELS)
async def test_one_connection_serves_many_requests(kind: Kind) -> None:
    way = next(way for way in WAYS if way.kind == kind)
    async with FakeEndpoint(kind) as endpoint:
        provider = connect(endpoint)
        await provider.prepare()
        for _ in range(3):
            async with aclosing(provider.stream(way.request)) as pieces:
                assert [piece async for piece in pieces]
        assert len(endpoint.generations) == 3
        await provider.close()
