"""Providers against the fake endpoint of each kind: what is sent, what comes, and each fault."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lsp_server.context.base import Context, Snippet
from lsp_server.prompt.base import Form, Prompt
from lsp_server.prompt.fim import build_fim_prompt, build_infill_prompt
from lsp_server.prompt.partial import build_partial_prompt
from lsp_server.provider.base import Endpoint, Provider, Request, Text, Usage
from lsp_server.provider.discover import make_provider
from lsp_server.provider.errors import Action, ProviderError
from tests.fakes import FakeEndpoint, Reply
from tests.fakes.models import MODELS
from tests.fakes.values import Fault, Kind

CONTEXT = Context(
    "shop/cart.py", "python", "total = ", "\nprint(total)", "shop", (Snippet("a.py", "VAT = 0.2"),)
)
PROMPTS: dict[Form, Prompt] = {
    "fim": build_fim_prompt(CONTEXT),
    "infill": build_infill_prompt(CONTEXT),
    "partial": build_partial_prompt(CONTEXT),
}
STOP = ["<|file_sep|>", "<|fim_pad|>", "<|endoftext|>", "<|im_end|>"]
FIM_TEXT = (
    "<|repo_name|>shop\n<|file_sep|>a.py\nVAT = 0.2\n<|file_sep|>shop/cart.py\n"
    "<|fim_prefix|>total = <|fim_suffix|>\nprint(total)<|fim_middle|>"
)


@dataclass(frozen=True)
class Way:
    """One kind of endpoint asked in one form."""

    kind: Kind
    form: Form
    path: str

    def __str__(self) -> str:
        return f"{self.kind}-{self.form}"

    @property
    def model(self) -> str:
        return MODELS[self.kind][0].name

    @property
    def request(self) -> Request:
        return Request(self.model, PROMPTS[self.form], 64, deadline_ms=1500)


WAYS = [
    Way("dashscope", "fim", "/compatible-mode/v1/completions"),
    Way("dashscope", "partial", "/compatible-mode/v1/chat/completions"),
    Way("openai", "fim", "/v1/completions"),
    Way("openai", "partial", "/v1/chat/completions"),
    Way("vllm", "fim", "/v1/completions"),
    Way("vllm", "partial", "/v1/chat/completions"),
    Way("lmstudio", "fim", "/v1/completions"),
    Way("llamacpp", "infill", "/infill"),
    Way("llamacpp", "fim", "/v1/completions"),
    Way("llamacpp", "partial", "/v1/chat/completions"),
    Way("ollama", "infill", "/api/generate"),
    Way("ollama", "fim", "/api/generate"),
    Way("ollama", "partial", "/v1/chat/completions"),
]
SELF_SIGNED = Path(__file__).parents[1] / "fakes" / "self_signed.pem"
every_way = pytest.mark.parametrize("way", WAYS, ids=str)
pytestmark = pytest.mark.asyncio


def connect(endpoint: FakeEndpoint, key: str | None = "sk-test") -> Provider:
    return make_provider(Endpoint(endpoint.kind, endpoint.base_url, key))


async def read(provider: Provider, request: Request) -> tuple[str, Usage | None]:
    text, usage = "", None
    try:
        async with aclosing(provider.stream(request)) as pieces:
            async for piece in pieces:
                if isinstance(piece, Text):
                    text += piece.text
                else:
                    usage = piece
    finally:
        await provider.close()
    return text, usage


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


@every_way
async def test_a_certificate_that_nobody_signed(way: Way) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(SELF_SIGNED)
    async with FakeEndpoint(way.kind, ssl_context=context) as endpoint:
        error = await fail(endpoint, way)
    assert error.fault.code == "certificate"
    assert error.fault.action is Action.TELL
    assert endpoint.requests == []
    assert "SSL_CERT_FILE" in error.fault.sentence


async def test_a_certificate_that_the_user_trusts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(SELF_SIGNED))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(SELF_SIGNED)
    async with FakeEndpoint("openai", ssl_context=context) as endpoint:
        endpoint.reply("1")
        assert (await read(connect(endpoint), WAYS[2].request))[0] == "1"


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
