"""T10: the key at rest. Figure: 0 bytes of it in logs, in any command line of the server or its
workers, in what is written to disk, and in what the editor is shown.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.fakes import FakeEndpoint
from tests.fakes.command import run_command
from tests.fakes.editor import Editor

KEY = "sk-canary-5f2e81"
URI = "untitled:code.py"


@pytest.mark.asyncio
@pytest.mark.parametrize("way", ["the editor", "the environment"])
async def test_the_key_lies_nowhere(way: str, tmp_path: Path) -> None:
    log, home = tmp_path / "server.log", tmp_path / "home"
    home.mkdir()
    async with FakeEndpoint("openai", keys={KEY: "beijing"}) as endpoint:
        options: dict[str, Any] = {
            "provider": "openai",
            "baseUrl": endpoint.base_url,
            "completion": {"model": "qwen2.5-coder-7b-instruct"},
        }
        environment = {
            "HOME": str(home),
            "TMPDIR": str(home),
            "XDG_DATA_HOME": str(home / "data"),
            "XDG_CACHE_HOME": str(home / "cache"),
        }
        if way == "the editor":
            options["apiKey"] = KEY
        else:
            environment |= {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": endpoint.base_url}
        async with Editor(
            root=tmp_path,
            options=options,
            environment=environment,
            arguments=("serve", "--stdio", "--log-file", str(log), "--log-level", "debug"),
        ) as editor:
            await editor.initialize()
            editor.open(URI, "value \n")
            await editor.inline(URI, 0, 6)
            endpoint.fail(401, "invalid_api_key", f"Incorrect API key provided: {KEY}")
            await editor.inline(URI, 0, 6)
            await editor.command("qwen.explain", {"uri": URI})
            answers = [await editor.command(name) for name in ("qwen.status", "qwen.why")]
            lines = _command_lines(editor.process.pid)
        assert {request.key for request in endpoint.requests} == {KEY}
    assert len(lines) >= 2
    assert not [line for line in lines if KEY in line]
    assert "engine:" in log.read_text("utf-8")
    assert KEY not in f"{answers} {editor.received} {editor.log}"
    found = _search(tmp_path)
    assert found.keys() >= {"server.log"}
    assert [name for name, content in found.items() if KEY.encode() in content] == []
    print(f"T10: {len(lines)} command lines and {len(found)} files, 0 with the key")


@pytest.mark.asyncio
async def test_no_command_takes_or_prints_a_key(tmp_path: Path) -> None:
    async with FakeEndpoint("openai", keys={KEY: "beijing"}) as endpoint:
        environment = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": endpoint.base_url}
        for arguments in (("doctor",), ("doctor", "--json"), ("models",), ("stats",)):
            done = await run_command(*arguments, environment=environment, folder=tmp_path)
            assert KEY not in done.out + done.err
        # A key on a command line would lie in the shell's history, so that none is taken.
        done = await run_command("login", endpoint.base_url, KEY, folder=tmp_path)
        assert done.code == 2
        assert KEY not in done.out


def _command_lines(pid: int) -> list[str]:
    """Those of a process and of all that it started."""
    process = psutil.Process(pid)
    return [" ".join(one.cmdline()) for one in (process, *process.children(recursive=True))]


def _search(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}
