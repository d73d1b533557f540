"""What a chat asks of an endpoint: sampling and thinking by model, and the limit's name."""

from __future__ import annotations

from typing import Any

import pytest

from lsp_server.prompt.base import ChatPrompt, Message
from lsp_server.provider.base import Endpoint, Request, Text, Usage
from lsp_server.provider.errors import ProviderError
from lsp_server.provider.openai_compatible import OpenAICompatible
from tests.fakes import FakeEndpoint, Model, Reply

MESSAGES = (Message("system", "Rules."), Message("user", "Question?"))


async def _ask(
    endpoint: FakeEndpoint, model: str, prompt: ChatPrompt
) -> tuple[dict[str, Any], str, int, Usage | None]:
    """The last request's body, the text, the characters of reasoning, and the usage."""
    address = endpoint.base_url
    if endpoint.kind in ("llamacpp", "ollama"):
        # Their own providers add what leads to the compatible paths.
        address = f"{endpoint.origin}/v1"
    provider = OpenAICompatible(Endpoint(endpoint.kind, address, "sk-test"))
    text, thoughts, usage = "", 0, None
    try:
        async for piece in provider.stream(Request(model, prompt, 50)):
            if isinstance(piece, Text):
                text += piece.text
                thoughts += piece.thoughts
            else:
                usage = piece
    finally:
        await provider.close()
    body: dict[str, Any] = endpoint.generations[-1].json
    return body, text, thoughts, usage


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("model", "prompt", "expected"),
    [
        ("qwen-coder-plus", ChatPrompt(MESSAGES), {}),
        (
            "qwen3-coder-flash",
            ChatPrompt(MESSAGES),
            {"temperature": 0.7, "top_p": 0.8, "top_k": 20, "repetition_penalty": 1.05},
        ),
        ("qwen3.7-plus", ChatPrompt(MESSAGES), {"enable_thinking": False}),
        (
            "qwen3.7-plus",
            ChatPrompt(MESSAGES, thinks=True, thinking_budget=500),
            {"enable_thinking": True, "thinking_budget": 500},
        ),
        ("qwen-coder-plus", ChatPrompt(MESSAGES, thinks=True, thinking_budget=500), {}),
    ],
)
async def test_by_model(model: str, prompt: ChatPrompt, expected: dict[str, object]) -> None:
    async with FakeEndpoint() as endpoint:
        endpoint.reply("Answer.")
        body, text, _, usage = await _ask(endpoint, model, prompt)
    usual = {"model", "messages", "stream", "stream_options", "max_tokens"}
    assert {name: value for name, value in body.items() if name not in usual} == expected
    assert text == "Answer."
    assert usage is not None


@pytest.mark.asyncio
async def test_a_reasoner_has_no_system_message_and_its_thoughts_are_only_counted() -> None:
    async with FakeEndpoint() as endpoint:
        endpoint.reply(Reply("Answer.", reasoning="Hm, hm."))
        body, text, thoughts, _ = await _ask(endpoint, "qwq-32b", ChatPrompt(MESSAGES, thinks=True))
    assert body["messages"] == [{"role": "user", "content": "Rules.\n\nQuestion?"}]
    assert (text, thoughts) == ("Answer.", 7)


@pytest.mark.asyncio
async def test_the_other_name_of_the_limit() -> None:
    async with FakeEndpoint(refused_parameters=["max_tokens"]) as endpoint:
        endpoint.reply("Answer.")
        body, text, _, _ = await _ask(endpoint, "qwen-coder-plus", ChatPrompt(MESSAGES))
        assert len(endpoint.generations) == 2
    assert body["max_completion_tokens"] == 50
    assert "max_tokens" not in body
    assert text == "Answer."


@pytest.mark.asyncio
@pytest.mark.parametrize("kind", ["openai", "vllm", "llamacpp", "ollama", "lmstudio"])
async def test_others_get_no_parameters_of_dashscope(kind: Any) -> None:
    async with FakeEndpoint(kind=kind, models=[Model("qwen3-coder-flash")]) as endpoint:
        endpoint.reply("Answer.")
        body, _, _, _ = await _ask(endpoint, "qwen3-coder-flash", ChatPrompt(MESSAGES, thinks=True))
    assert "enable_thinking" not in body
    assert ("top_k" in body) == (kind == "vllm")


@pytest.mark.asyncio
async def test_an_answer_cut_at_the_limit_is_a_fault() -> None:
    async with FakeEndpoint() as endpoint:
        endpoint.reply(Reply("word " * 200))
        with pytest.raises(ProviderError) as raised:
            await _ask(endpoint, "qwen-coder-plus", ChatPrompt(MESSAGES))
    assert raised.value.fault.code == "length"
