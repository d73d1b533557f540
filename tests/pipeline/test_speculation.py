"""A text that is looked at for a while may be accepted: the next request is made ahead."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.fakes import FakeEndpoint, Reply
from tests.fakes.editor import Editor

TEXT = "def add(a, b):\n    total = \n\n\ndef other():\n    pass\n"
SHOWN = "a + b"
NEXT = "\n    return total"


@asynccontextmanager
async def shown(root: Path) -> AsyncIterator[tuple[Editor, FakeEndpoint, str]]:
    """An editor that shows what was asked for by hand, its endpoint, and the document."""
    async with FakeEndpoint(kind="openai") as endpoint:
        endpoint.script(
            lambda request: Reply(NEXT if SHOWN in request.json["prompt"] else f"{SHOWN}\n")
        )
        options = {
            "provider": "openai",
            "baseUrl": endpoint.base_url,
            "apiKey": "sk-test",
            "completion": {"model": "qwen2.5-coder-7b-instruct", "mode": "fim", "embedded": "off"},
        }
        async with Editor(root=root, options=options) as editor:
            await editor.initialize()
            uri = (root / "add.py").as_uri()
            editor.open(uri, TEXT)
            await editor.wait_for_note("qwen/status", lambda status: status["engine"] == "openai")
            (item,) = await editor.inline(uri, 1, 12)
            assert item["insertText"].endswith(SHOWN)
            yield editor, endpoint, uri


@pytest.mark.asyncio
async def test_what_follows_is_there_when_it_is_accepted(tmp_path: Path) -> None:
    async with shown(tmp_path) as (editor, endpoint, uri):
        await endpoint.wait_for(lambda request: SHOWN in str(request.json))
        place = {"line": 1, "character": 12}
        accepted = {"range": {"start": place, "end": place}, "text": SHOWN}
        editor.change(uri, 2, [accepted])
        (item,) = await editor.inline(uri, 1, 12 + len(SHOWN), kind=2)
        assert item["insertText"].endswith(NEXT.strip())
        assert len(endpoint.generations) == 2


@pytest.mark.asyncio
async def test_a_file_that_is_ignored_meanwhile_is_not_sent(tmp_path: Path) -> None:
    async with shown(tmp_path) as (editor, endpoint, uri):
        (tmp_path / ".qwenignore").write_text("add.py\n")
        await asyncio.sleep(1)
        assert len(endpoint.generations) == 1
        # What is shown already may be typed along: nothing leaves for it.
        place = {"line": 1, "character": 12}
        editor.change(uri, 2, [{"range": {"start": place, "end": place}, "text": SHOWN[0]}])
        (item,) = await editor.inline(uri, 1, 13, kind=2)
        assert item["insertText"].endswith(SHOWN)
        assert len(endpoint.generations) == 1


@pytest.mark.asyncio
async def test_for_a_closed_document_nothing_is_asked(tmp_path: Path) -> None:
    async with shown(tmp_path) as (editor, endpoint, uri):
        editor.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
        await asyncio.sleep(1)
        assert len(endpoint.generations) == 1
