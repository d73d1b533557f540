"""R8: hostile files in the real server. Figure: every request is answered, the server lives on; how
long the event loop stood still is printed, as the time that another command had to wait.

The files are those that the parser's own test meets.
"""

from __future__ import annotations

import asyncio
import statistics
import time

import pytest

from tests.fakes import FakeEndpoint
from tests.fakes.editor import Editor
from tests.unit.test_tree import HOSTILE

_KEYS = 4
_PAUSE_S = 0.005


async def measure_waits(editor: Editor, waits: list[float], ended: asyncio.Event) -> None:
    """Ask for the status again and again; the milliseconds that each reply took."""
    while not ended.is_set():
        started = time.perf_counter()
        await editor.command("qwen.status", {})
        waits.append(1000 * (time.perf_counter() - started))
        await asyncio.sleep(_PAUSE_S)


@pytest.mark.asyncio
async def test_hostile_files_hold_nobody_up() -> None:
    opened: list[float] = []
    typed: list[float] = []
    async with FakeEndpoint("openai") as endpoint:
        endpoint.reply("x = 1\n")
        options = {
            "provider": "openai",
            "baseUrl": endpoint.base_url,
            "apiKey": "sk-test",
            "completion": {"model": "qwen2.5-coder-7b-instruct"},
        }
        async with Editor(options=options) as editor:
            await editor.initialize()
            for number, (language, text) in enumerate(HOSTILE.values()):
                uri = f"untitled:hostile{number}"
                line = text.count("\n") // 2
                column = min(3, len(text.split("\n")[line]))
                waits: list[float] = []
                ended = asyncio.Event()
                watching = asyncio.create_task(measure_waits(editor, waits, ended))
                editor.open(uri, text, language)
                assert await editor.inline(uri, line, column) is not None
                opened += waits
                waits.clear()
                for key in range(_KEYS):
                    place = {"line": line, "character": column + key}
                    change = {"range": {"start": place, "end": place}, "text": "a"}
                    editor.change(uri, key + 2, [change])
                    assert await editor.inline(uri, line, column + key + 1) is not None
                ended.set()
                await watching
                typed += waits
                editor.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
            assert editor.process.returncode is None
    print(
        f"R8: {len(HOSTILE)} files: another command waits p99 {p99(typed):.0f} ms, at most "
        f"{max(typed):.0f} ms while they are typed in, {max(opened):.0f} ms while they are opened"
    )


def p99(values: list[float]) -> float:
    return statistics.quantiles(values, n=100)[98]
