"""Ghost text over each transport, in each form a prompt can take."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.client import connect
from tests.fakes import FakeEndpoint
from tests.fakes.values import Kind

URI = "untitled:adder.py"
SOURCE = "def add(a, b):\n    return \n\n\nprint(add(1, 2))\n"


@pytest.mark.asyncio
@pytest.mark.parametrize("transport", ["stdio", "tcp", "ws"])
async def test_ghost_text(transport: str, tmp_path: Path) -> None:
    async with FakeEndpoint(kind="dashscope") as endpoint:
        endpoint.reply("a + b\n\n\nprint(")
        options = {
            "provider": "dashscope",
            "baseUrl": endpoint.base_url,
            "apiKey": "sk-test",
        }
        async with connect(transport, root=tmp_path, options=options) as client:
            await client.wait_for_engine("dashscope")
            client.open(URI, SOURCE)
            items = await client.inline(URI, 1, 11)
            assert items is not None
            (item,) = items
            assert item.insert_text == "return a + b"
            assert item.range is not None
            assert (item.range.start.character, item.range.end.character) == (4, 11)
            assert item.command is not None
            assert item.command.command == "qwen.completionAccepted"
            await client.command(item.command.command, *(item.command.arguments or []))
            why = await client.command("qwen.why", {"uri": URI})
            assert (why["outcome"], why["engine"], why["model"]) == (
                "shown",
                "dashscope",
                "qwen-coder-turbo",
            )


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("kind", "provider", "mode", "path", "prompt"),
    [
        (
            "openai",
            "openai",
            "fim",
            "/v1/completions",
            "<|fim_prefix|>def add(a, b):\n    return <|fim_suffix|>\n\n\nprint(add(1, 2))\n"
            "<|fim_middle|>",
        ),
        ("dashscope", "dashscope", "partial", "/compatible-mode/v1/chat/completions", None),
        ("vllm", "vllm", "auto", "/v1/completions", None),
        ("llamacpp", "llamacpp", "auto", "/infill", None),
        ("ollama", "ollama", "auto", "/api/generate", None),
        ("lmstudio", "lmstudio", "auto", "/v1/completions", None),
    ],
)
async def test_forms(
    kind: Kind, provider: str, mode: str, path: str, prompt: str | None, tmp_path: Path
) -> None:
    async with FakeEndpoint(kind=kind) as endpoint:
        endpoint.reply("a + b\n")
        options = {
            "provider": provider,
            "baseUrl": endpoint.base_url,
            "apiKey": "sk-test",
            "completion": {"mode": mode},
        }
        async with connect(root=tmp_path, options=options) as client:
            await client.wait_for_engine(provider)
            client.open(URI, SOURCE)
            items = await client.inline(URI, 1, 11)
            assert [item.insert_text for item in items or ()] == ["return a + b"]
        (request,) = endpoint.generations
        assert request.path == path
        if prompt is not None:
            assert request.json["prompt"] == prompt
        if mode == "partial":
            last = request.json["messages"][-1]
            assert last == {
                "role": "assistant",
                "content": "```python\ndef add(a, b):\n    return ",
                "partial": True,
            }
