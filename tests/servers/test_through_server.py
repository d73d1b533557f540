"""The whole language server against a real llama-server: both forms, and cancellation."""

from __future__ import annotations

import asyncio

import pytest

from tests.e2e.client import connect
from tests.fakes.editor import Editor
from tests.servers.llama_server import (
    LlamaServer,
    count_busy_slots,
    log_size,
    wait_for_busy_slots,
    wait_for_log,
)
from tests.servers.tiny_gguf import ENDLESS_MARKER, REPLY

URI = "untitled:order.py"
SOURCE = "def order(values):\n    return \n"


def _options(provider: str, base_url: str) -> dict[str, object]:
    return {
        "provider": provider,
        "baseUrl": base_url,
        "completion": {"deadlineMs": 20_000, "maxOutputTokens": 4096, "embedded": "off"},
    }


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("provider", "suffix", "form"),
    [("llamacpp", "", "infill"), ("openai", "/v1", "fill-in-the-middle tokens")],
)
async def test_ghost_text(llama_server: LlamaServer, provider: str, suffix: str, form: str) -> None:
    async with connect(options=_options(provider, llama_server.base_url + suffix)) as client:
        await client.wait_for_engine(provider)
        client.open(URI, SOURCE)
        items = await client.inline(URI, 1, 11)
        assert [item.insert_text for item in items or ()] == [f"return {REPLY.strip()}"]
        why = await client.command("qwen.why", {"uri": URI})
        assert why["model"].endswith("tiny-qwen2.5-coder.gguf")
        assert f"asked by {form}" in why["reason"]


@pytest.mark.asyncio
@pytest.mark.parametrize(("provider", "suffix"), [("llamacpp", ""), ("openai", "/v1")])
async def test_cancellation_reaches_it(
    llama_server: LlamaServer, provider: str, suffix: str
) -> None:
    options = _options(provider, llama_server.base_url + suffix)
    async with Editor(options=options) as editor:
        await editor.initialize()
        await editor.wait_for_note("qwen/status", lambda status: status["engine"] == provider)
        # Several lines are wanted on an empty line, so that the stream is read on and on.
        editor.open(URI, f"#{ENDLESS_MARKER}\n\n")
        start = log_size(llama_server)
        number, reply = editor.send_inline(URI, 1, 0)
        await asyncio.to_thread(wait_for_busy_slots, llama_server, 1)
        editor.notify("$/cancelRequest", {"id": number})
        answer = await asyncio.wait_for(reply, 5)
        assert answer["error"]["code"] == -32800
        await asyncio.to_thread(wait_for_log, llama_server, r"cancel task", start)
        await asyncio.to_thread(wait_for_busy_slots, llama_server, 0)
        assert count_busy_slots(llama_server) == 0


@pytest.mark.asyncio
async def test_model_without_fim_is_asked_otherwise(plain_llama_server: LlamaServer) -> None:
    options = _options("llamacpp", plain_llama_server.base_url)
    async with connect(options=options) as client:
        await client.wait_for_engine("llamacpp")
        client.open(URI, SOURCE)
        await client.inline(URI, 1, 11)
        why = await client.command("qwen.why", {"uri": URI})
        # What words of noise it says does not matter: it was asked in a form that it takes.
        assert why["outcome"] in {"shown", "empty"}
        assert why["model"]
