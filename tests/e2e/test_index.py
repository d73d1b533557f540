"""The index as an editor sees it: progress, status, and completions that go on whatever happens."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.editor import Editor

OPTIONS = {"provider": "embedded"}
# A second's work on a quick machine: what is told four times a second has to be told of it.
FILES = 4000
SHOWS_PROGRESS = {
    "textDocument": {"inlineCompletion": {}},
    "workspace": {"configuration": True, "didChangeWatchedFiles": {"dynamicRegistration": True}},
    "window": {"workDoneProgress": True},
}
# A build takes two seconds on a quiet machine.
PATIENCE_S = 60.0


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "workspace"
    root.mkdir()
    for number in range(FILES):
        (root / f"m{number}.py").write_text(f"class M{number}:\n    field = {number}\n")
    return root


async def wait_until_read(editor: Editor) -> dict[str, Any]:
    """How the index stands once all is read."""
    for _ in range(int(PATIENCE_S / 0.05)):
        index = (await editor.command("qwen.status"))["index"]
        if index["total"] and not index["reading"]:
            return dict(index)
        await asyncio.sleep(0.05)
    raise AssertionError("the workspace is not read")


async def complete(editor: Editor, root: Path) -> None:
    """Ghost text is asked for, and answered."""
    uri = (root / "m0.py").as_uri()
    editor.open(uri, "class M0:\n    field = 0\n\n\ndef f():\n    return \n")
    assert await editor.inline(uri, 5, 11) is not None


@pytest.mark.asyncio
async def test_progress_is_shown_from_beginning_to_end(root: Path) -> None:
    async with Editor(root=root, options=OPTIONS, capabilities=SHOWS_PROGRESS) as editor:
        await editor.initialize()
        await complete(editor, root)
        assert await wait_until_read(editor) == {"reading": False, "done": FILES, "total": FILES}
        await editor.wait_for_note("$/progress", lambda note: note["value"]["kind"] == "end")
        (created,) = editor.notes("window/workDoneProgress/create")
        notes = editor.notes("$/progress")
        assert {note["token"] for note in notes} == {created["token"]}
        assert notes[0]["value"]["kind"] == "begin"
        assert [note["value"]["kind"] for note in notes].count("end") == 1
        percents = [note["value"].get("percentage", 100) for note in notes]
        assert percents == sorted(percents)


@pytest.mark.asyncio
async def test_without_progress_nothing_is_sent(root: Path) -> None:
    async with Editor(root=root, options=OPTIONS) as editor:
        await editor.initialize()
        await wait_until_read(editor)
        assert editor.notes("$/progress") == []
        assert editor.notes("window/workDoneProgress/create") == []


@pytest.mark.asyncio
async def test_without_a_folder_there_is_no_index() -> None:
    async with Editor(options=OPTIONS) as editor:
        await editor.initialize()
        await editor.wait_for_note("qwen/status")
        index = (await editor.command("qwen.status"))["index"]
        assert index == {"reading": False, "done": 0, "total": 0}


@pytest.mark.asyncio
async def test_two_servers_on_one_folder(root: Path) -> None:
    async with (
        Editor(root=root, options=OPTIONS) as first,
        Editor(root=root, options=OPTIONS) as second,
    ):
        await asyncio.gather(first.initialize(), second.initialize())
        await asyncio.gather(complete(first, root), complete(second, root))
        for _ in range(int(PATIENCE_S / 0.05)):
            states = [(await each.command("qwen.status"))["index"] for each in (first, second)]
            # The one that came second found everything read already.
            if FILES in [state["total"] for state in states]:
                break
            await asyncio.sleep(0.05)
        assert FILES in [state["total"] for state in states]
        for editor in (first, second):
            assert editor.notes("window/showMessage") == []


@pytest.mark.asyncio
async def test_where_nothing_can_be_written_completions_go_on(root: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    cache.write_text("a file where the folder should be")
    environment = {"XDG_CACHE_HOME": str(cache)}
    async with Editor(root=root, options=OPTIONS, environment=environment) as editor:
        await editor.initialize()
        note = await editor.wait_for_note("window/showMessage")
        assert "index cannot be written" in note["message"]
        await complete(editor, root)
        for number in range(3):
            uri = (root / f"m{number}.py").as_uri()
            editor.notify("textDocument/didSave", {"textDocument": {"uri": uri}})
        await complete(editor, root)
        assert len(editor.notes("window/showMessage")) == 1
