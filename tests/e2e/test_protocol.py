"""Manners of the protocol: each request gets a reply that tells no more than it should."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.fakes import FakeEndpoint, Reply
from tests.fakes.editor import Editor

URI = "untitled:code.py"
CANARY = "canary_9f27"


def _options(endpoint: FakeEndpoint, **completion: object) -> dict[str, Any]:
    return {
        "provider": "openai",
        "baseUrl": endpoint.base_url,
        "apiKey": "sk-test",
        "completion": {
            "model": "qwen2.5-coder-7b-instruct",
            "embedded": "off",
            "debounceMs": 0,
            **completion,
        },
    }


async def _ready(editor: Editor, engine: str = "openai") -> None:
    await editor.initialize()
    await editor.wait_for_note("qwen/status", lambda status: status["engine"] == engine)


@pytest.mark.asyncio
async def test_unreadable_requests_are_answered(tmp_path: Path) -> None:
    async with Editor(root=tmp_path) as editor:
        early = await editor.request("workspace/executeCommand", {"command": "qwen.why"})
        assert early["error"]["code"] == -32002
        await editor.initialize()
        unreadable = await editor.request("textDocument/inlineCompletion", {"textDocument": CANARY})
        assert unreadable["error"]["code"] == -32602
        assert CANARY not in str(unreadable)
        unknown = await editor.request("qwen/unheardOf", {})
        assert unknown["error"]["code"] == -32601
        command = await editor.request("workspace/executeCommand", {"command": "qwen.unheardOf"})
        assert command["error"]["code"] == -32602
        assert "data" not in command["error"]
        assert await editor.inline("untitled:never-opened.py", 0, 0) == []
        await editor.request("shutdown", None)
        late = await editor.request("workspace/executeCommand", {"command": "qwen.status"})
        assert late["error"]["code"] == -32600
        editor.notify("exit", None)
        assert await asyncio.wait_for(editor.process.wait(), 5) == 0


@pytest.mark.asyncio
async def test_exit_without_shutdown_is_an_error(tmp_path: Path) -> None:
    async with Editor(root=tmp_path) as editor:
        await editor.initialize()
        editor.notify("exit", None)
        assert await asyncio.wait_for(editor.process.wait(), 5) == 1


@pytest.mark.asyncio
@pytest.mark.parametrize("kind", [0, 1, 2])
async def test_trigger_kinds(kind: int) -> None:
    async with FakeEndpoint(kind="openai") as endpoint:
        endpoint.reply("= 1\n")
        async with Editor(options=_options(endpoint)) as editor:
            await _ready(editor)
            editor.open(URI, "value \n")
            items = await editor.inline(URI, 0, 6, kind=kind)
            assert [item["insertText"] for item in items] == ["value = 1"]


@pytest.mark.asyncio
async def test_cancelling_closes_the_connection() -> None:
    async with FakeEndpoint(kind="openai") as endpoint:
        endpoint.script(lambda _: Reply("x = 1\n", delay_first=30.0))
        async with Editor(options=_options(endpoint)) as editor:
            await _ready(editor)
            editor.open(URI, "\n")
            number, reply = editor.send_inline(URI, 0, 0)
            request = await endpoint.wait_for(1)
            editor.notify("$/cancelRequest", {"id": number})
            answer = await asyncio.wait_for(reply, 5)
            assert answer["error"]["code"] == -32800
            await endpoint.wait_for(lambda _: request.closed == "cancelled")
            why = await editor.command("qwen.why", {"uri": URI})
            assert why["outcome"] == "cancelled"


@pytest.mark.asyncio
async def test_newer_request_joins_the_one_in_flight() -> None:
    async with FakeEndpoint(kind="openai") as endpoint:
        endpoint.script(lambda _: Reply("= 1\n", delay_first=0.5))
        async with Editor(options=_options(endpoint)) as editor:
            await _ready(editor)
            editor.open(URI, "value \n")
            _, first = editor.send_inline(URI, 0, 6)
            await endpoint.wait_for(1)
            # A key that agrees with what will come: the request before is superseded, not closed.
            editor.change(URI, 2, [_insert(6, "=")])
            assert (await asyncio.wait_for(first, 5))["result"] is None
            (item,) = await editor.inline(URI, 0, 7)
            assert item["insertText"] == "value = 1"
            assert len(endpoint.generations) == 1


@pytest.mark.asyncio
async def test_edit_that_disagrees_closes_the_request() -> None:
    async with FakeEndpoint(kind="openai") as endpoint:
        endpoint.script(lambda _: Reply("= 1\n", delay_first=0.5))
        async with Editor(options=_options(endpoint)) as editor:
            await _ready(editor)
            editor.open(URI, "value \n")
            _, first = editor.send_inline(URI, 0, 6)
            request = await endpoint.wait_for(1)
            editor.change(URI, 2, [_insert(0, "a")])
            assert (await asyncio.wait_for(first, 5))["result"] is None
            await endpoint.wait_for(lambda _: request.closed == "cancelled")
            assert len(await editor.inline(URI, 0, 7)) == 1


@pytest.mark.asyncio
async def test_what_is_known_is_not_asked_again() -> None:
    async with FakeEndpoint(kind="openai") as endpoint:
        endpoint.reply("= compute(first, second)\n")
        async with Editor(options=_options(endpoint)) as editor:
            await _ready(editor)
            editor.open(URI, "value \n")
            assert len(await editor.inline(URI, 0, 6, kind=2)) == 1
            asked = len(endpoint.generations)
            for number, key in enumerate("= comp"):
                editor.change(URI, number + 2, [_insert(6 + number, key)])
                (item,) = await editor.inline(URI, 0, 7 + number, kind=2)
                assert item["insertText"] == "value = compute(first, second)"
            # Away and back again: past answers are found as well.
            editor.change(URI, 20, [_insert(0, "x")])
            place = {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 1}}
            editor.change(URI, 21, [{"range": place, "text": ""}])
            assert len(await editor.inline(URI, 0, 12, kind=2)) == 1
            # What follows the whole of it may have been asked for, ahead of the user.
            prompts = [request.json["prompt"] for request in endpoint.generations[asked:]]
            assert all("value = compute(first, second)" in prompt for prompt in prompts)


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("encoding", "character", "end"), [("utf-8", 9, 9), ("utf-16", 7, 7), ("utf-32", 6, 6)]
)
async def test_position_encodings(encoding: str, character: int, end: int) -> None:
    async with FakeEndpoint(kind="openai") as endpoint:
        endpoint.reply("b'\n")
        capabilities = {
            "general": {"positionEncodings": [encoding]},
            "textDocument": {"inlineCompletion": {}},
        }
        async with Editor(options=_options(endpoint), capabilities=capabilities) as editor:
            await _ready(editor)
            editor.open(URI, "a = '🦆\r\n")
            (item,) = await editor.inline(URI, 0, character)
            assert item["insertText"] == "a = '🦆b'"
            assert item["range"]["end"] == {"line": 0, "character": end}
            prompt = endpoint.generations[0].json["prompt"]
            assert prompt == "<|fim_prefix|>a = '🦆<|fim_suffix|>\n<|fim_middle|>"


@pytest.mark.asyncio
async def test_positions_out_of_range_are_taken_to_the_nearest() -> None:
    async with FakeEndpoint(kind="openai") as endpoint:
        endpoint.reply("= 1\n")
        async with Editor(options=_options(endpoint)) as editor:
            await _ready(editor)
            editor.open(URI, "value ")
            for line, character in ((0, 999), (999, 0), (999, 999)):
                (item,) = await editor.inline(URI, line, character)
                assert item["insertText"] == "value = 1"


@pytest.mark.asyncio
async def test_menu_only_without_inline_completion() -> None:
    async with FakeEndpoint(kind="openai") as endpoint:
        endpoint.reply("= 1\n")
        async with Editor(options=_options(endpoint)) as editor:
            answer = await editor.initialize()
            assert "completionProvider" not in answer["result"]["capabilities"]
            assert "inlineCompletionProvider" in answer["result"]["capabilities"]
        plain: dict[str, Any] = {"textDocument": {}}
        async with Editor(options=_options(endpoint), capabilities=plain) as editor:
            answer = await editor.initialize()
            assert "completionProvider" in answer["result"]["capabilities"]
            await editor.wait_for_note("qwen/status", lambda status: status["engine"] == "openai")
            editor.open(URI, "value \n")
            place = {"textDocument": {"uri": URI}, "position": {"line": 0, "character": 6}}
            reply = await editor.request("textDocument/completion", place)
            (item,) = reply["result"]["items"]
            assert item["label"] == "value = 1"
            assert item["textEdit"]["newText"] == "value = 1"
            assert item["textEdit"]["range"]["start"] == {"line": 0, "character": 0}
            assert item["command"]["command"] == "qwen.completionAccepted"


@pytest.mark.asyncio
async def test_notebook_cells_are_documents() -> None:
    cell = "vscode-notebook-cell:/book.ipynb#one"
    async with FakeEndpoint(kind="openai") as endpoint:
        endpoint.reply("= 1\n")
        async with Editor(options=_options(endpoint)) as editor:
            await _ready(editor)
            notebook = {
                "uri": "file:///book.ipynb",
                "notebookType": "jupyter-notebook",
                "version": 1,
                "cells": [{"kind": 2, "document": cell}],
            }
            item = {"uri": cell, "languageId": "python", "version": 1, "text": "value "}
            params = {"notebookDocument": notebook, "cellTextDocuments": [item]}
            editor.notify("notebookDocument/didOpen", params)
            assert len(await editor.inline(cell, 0, 6)) == 1
            content = {"document": {"uri": cell, "version": 2}, "changes": [{"text": "other "}]}
            change = {"cells": {"textContent": [content]}}
            editor.notify(
                "notebookDocument/didChange",
                {"notebookDocument": {"uri": notebook["uri"], "version": 2}, "change": change},
            )
            (changed,) = await editor.inline(cell, 0, 6)
            assert changed["insertText"] == "other = 1"
            closed = {"notebookDocument": {"uri": notebook["uri"]}, "cellTextDocuments": [item]}
            editor.notify("notebookDocument/didClose", closed)
            assert await editor.inline(cell, 0, 6) == []


@pytest.mark.asyncio
async def test_toggle_and_status() -> None:
    async with FakeEndpoint(kind="openai") as endpoint:
        endpoint.reply("= 1\n")
        async with Editor(options=_options(endpoint)) as editor:
            await _ready(editor)
            editor.open(URI, "value \n")
            off = await editor.command("qwen.toggle", {"scope": "all"})
            assert off["state"] == "off"
            assert await editor.inline(URI, 0, 6) == []
            assert (await editor.command("qwen.why", {"uri": URI}))["outcome"] == "off"
            on = await editor.command("qwen.toggle", {"scope": "all"})
            assert on["state"] == "ready"
            await editor.command("qwen.toggle", {"scope": "language", "uri": URI})
            assert await editor.inline(URI, 0, 6) == []
            await editor.command("qwen.toggle", {"scope": "language", "language": "python"})
            assert len(await editor.inline(URI, 0, 6)) == 1
            status = await editor.command("qwen.status")
            assert status["engine"] == "openai"
            assert status["model"] == "qwen2.5-coder-7b-instruct"
            assert status["origin"] == endpoint.origin
            assert status["tokensToday"] > 0
            assert status["costToday"] > 0
            assert status["currency"] == "CNY"


def _insert(character: int, text: str) -> dict[str, Any]:
    place = {"line": 0, "character": character}
    return {"range": {"start": place, "end": place}, "text": text}
