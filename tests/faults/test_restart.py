"""R9: what is killed comes back. Figure: after kill -9 the ledger is whole and counts on, and the
worker of the embedded engine answers again.
"""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import psutil
import pytest

from tests.fakes import FakeEndpoint
from tests.fakes.editor import Editor

KNOWN = """\
def read_{0}(path):
    with open(path, encoding="utf-8") as handle:
        content = handle.read()
    return content.strip()
"""


@pytest.mark.asyncio
async def test_a_killed_server_leaves_the_ledger_whole(tmp_path: Path) -> None:
    async with FakeEndpoint("openai") as endpoint:
        endpoint.reply("1\n")
        options = {
            "provider": "openai",
            "baseUrl": endpoint.base_url,
            "apiKey": "sk-test",
            "completion": {"model": "qwen2.5-coder-7b-instruct"},
        }
        tokens = 0
        for turn in range(3):
            environment = {"XDG_DATA_HOME": str(tmp_path)}
            async with Editor(options=options, environment=environment) as editor:
                await editor.initialize()
                await editor.wait_for_note("qwen/status", lambda each: each["engine"] == "openai")
                for number in range(5):
                    uri = f"untitled:{turn}{number}.py"
                    editor.open(uri, f"value_{number} = \n")
                    assert await editor.inline(uri, 0, 10)
                status = await editor.command("qwen.status")
                assert status["tokensToday"] > tokens or turn == 0
                editor.process.kill()
                await editor.process.wait()
            assert check_ledgers(tmp_path) == 1


def check_ledgers(folder: Path) -> int:
    """How many ledgers there are; each of them is whole."""
    files = list(folder.rglob("*.sqlite3"))
    for file in files:
        with sqlite3.connect(file) as ledger:
            assert ledger.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        ledger.close()
    return len(files)


@pytest.mark.asyncio
async def test_a_killed_worker_is_started_again() -> None:
    text = "\n\n".join(KNOWN.format(number) for number in range(6))
    async with Editor(options={"provider": "embedded"}) as editor:
        await editor.initialize()
        editor.open("untitled:known.py", text)
        editor.open("untitled:new.py", KNOWN.format("new").partition("handle.read")[0])
        assert await editor.inline("untitled:new.py", 2, 18)
        workers = psutil.Process(editor.process.pid).children(recursive=True)
        assert workers
        for worker in workers:
            worker.kill()
        # The documents that are open are told again as they change.
        version = 1
        items: list[object] = []
        while not items:
            version += 1
            editor.change("untitled:known.py", version, [{"text": text}])
            await asyncio.sleep(0.1)
            items = await asyncio.wait_for(editor.inline("untitled:new.py", 2, 18), 30)
            assert version < 100
