"""The index of a large workspace: how fast it is built, what it takes, and what it costs meanwhile.

`python -m benchmarks.index`: 10,000 files, copies of the installed packages under new names, are
opened as a workspace by the server. While the index is built, completions are asked of an instant
endpoint; then files are saved, and looked for in the index until they are found.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import statistics
import sys
import sysconfig
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from lsp_server.index.reader import Reader
from tests.fakes.editor import Editor

_FILES = 10_000
_FILES_A_FOLDER = 40
# Smaller files are empty packages, larger ones are data.
_SIZES = range(200, 200_000)
_SAVES = 20
_GAP_S = 0.1
TEXT = "".join(f"value_{number} = {number}\n\n" for number in range(400))
_MODEL = "qwen2.5-coder-7b-instruct"


@dataclass(slots=True)
class Measured:
    """Seconds, but for `memory` and `size`, which are in MB."""

    quiet: list[float] = field(default_factory=list)
    meanwhile: list[float] = field(default_factory=list)
    saves: list[float] = field(default_factory=list)
    build: float = 0.0
    processor: float = 0.0
    again: float = 0.0
    memory: float = 0.0
    size: float = 0.0


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=_FILES)
    files = parser.parse_args().files
    with tempfile.TemporaryDirectory() as folder:
        root, cache = Path(folder, "workspace"), Path(folder, "cache")
        megabytes = make_workspace(root, files) / 1e6
        measured = asyncio.run(measure(root, cache))
    title = f"The index of {files:,} files, {megabytes:.0f} MB"
    table = Table(title=title, title_justify="left")
    for name in ("figure", "measured", "goal"):
        table.add_column(name)
    for row in describe(measured, files):
        table.add_row(*row)
    Console(width=100).print(table)


def make_workspace(root: Path, files: int) -> int:
    """Copy the installed packages into `root`, again and again under new names; the bytes."""
    library = Path(sysconfig.get_paths()["purelib"])
    sources = sorted(path for path in library.rglob("*.py") if path.stat().st_size in _SIZES)
    size = 0
    for number in range(files):
        source = sources[number % len(sources)]
        folder = root / f"package_{number // _FILES_A_FOLDER}"
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, folder / f"m{number}_{source.name}")
        size += source.stat().st_size
    return size


async def measure(root: Path, cache: Path) -> Measured:
    """Build, save, and start once more on what is built."""
    measured = Measured()
    async with open_endpoint() as base_url:
        async with open_editor(root, cache, base_url) as editor:
            started = time.perf_counter()
            await editor.initialize()
            await ask_while_built(editor, root, measured)
            measured.build = time.perf_counter() - started
            await ask(editor, root, measured.quiet, 50)
            await save_files(editor, root, Reader(find_database(cache)), measured)
            measured.size = measure_size(cache)
        async with open_editor(root, cache, base_url) as editor:
            started = time.perf_counter()
            await editor.initialize()
            await wait_until_read(editor)
            measured.again = time.perf_counter() - started
    return measured


async def wait_until_read(editor: Editor) -> None:
    """Wait until the index has begun, and ended, to look through the workspace."""
    for is_reading in (True, False):
        while (await editor.command("qwen.status"))["index"]["reading"] is not is_reading:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def ask_while_built(editor: Editor, root: Path, measured: Measured) -> None:
    """Ask for completions until the index is built, and look at its process now and then."""
    (root / "open.py").write_text(TEXT)
    editor.open((root / "open.py").as_uri(), TEXT)
    await editor.wait_for_note("qwen/status", lambda status: status["engine"] == "openai")
    # The first request opens the connection.
    await ask(editor, root, [], 1)
    while True:
        await ask(editor, root, measured.meanwhile, 5)
        for process in find_builders(editor.process.pid):
            measured.memory = max(measured.memory, process.memory_info().rss / 1e6)
            measured.processor = sum(process.cpu_times()[:2])
        index = (await editor.command("qwen.status"))["index"]
        if index["total"] and not index["reading"]:
            return


async def ask(editor: Editor, root: Path, times: list[float], count: int) -> None:
    """Ask for ghost text at one place after another; the seconds of each answer."""
    uri = (root / "open.py").as_uri()
    lines = TEXT.count("\n")
    for _ in range(count):
        line = 2 * (len(times) % (lines // 2))
        started = time.perf_counter()
        items = await editor.inline(uri, line, 8)
        times.append(time.perf_counter() - started)
        if items is None:
            raise SystemExit("a request was superseded; the figures would be wrong")
        await asyncio.sleep(_GAP_S)


async def save_files(editor: Editor, root: Path, reader: Reader, measured: Measured) -> None:
    """Save files and wait until what is new in them is found."""
    for number in range(_SAVES):
        path = root / f"package_{number}" / "saved.py"
        path.write_text(f"class Saved{number}:\n    pass\n")
        started = time.perf_counter()
        editor.notify("textDocument/didSave", {"textDocument": {"uri": path.as_uri()}})
        while not reader.define([f"Saved{number}"]):  # noqa: ASYNC110
            await asyncio.sleep(0.002)
        measured.saves.append(time.perf_counter() - started)
    reader.close()


def find_database(cache: Path) -> Path:
    """The one database in the cache."""
    (database,) = cache.rglob("*.sqlite")
    return database


def measure_size(cache: Path) -> float:
    """MB of the database, its log included."""
    return sum(file.stat().st_size for file in cache.rglob("*.sqlite*")) / 1e6


def find_builders(server: int) -> Iterator[psutil.Process]:
    """The index's process among the server's own."""
    for process in psutil.Process(server).children(recursive=True):
        if "lsp_server.index.builder" in process.cmdline():
            yield process


@asynccontextmanager
async def open_endpoint() -> AsyncIterator[str]:
    """The address of an endpoint that answers at once."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.fakes.endpoint", "--kind", "openai"),
        *("--reply", "value = 1\n", "--chunk-size", "0"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield json.loads(await process.stdout.readline())["base_url"]
    finally:
        process.stdin.close()
        await process.wait()


def open_editor(root: Path, cache: Path, base_url: str) -> Editor:
    """An editor that tells of files itself, on a cache of its own."""
    return Editor(
        root=root,
        options={
            "provider": "openai",
            "baseUrl": base_url,
            "apiKey": "sk-test",
            "completion": {"model": _MODEL, "mode": "fim"},
        },
        capabilities={
            "textDocument": {"inlineCompletion": {}},
            "workspace": {
                "configuration": True,
                "didChangeWatchedFiles": {"dynamicRegistration": True},
            },
        },
        environment={"XDG_CACHE_HOME": str(cache)},
    )


def describe(measured: Measured, files: int) -> list[tuple[str, str, str]]:
    """Rows of figure, measured value and goal."""
    return [
        ("built", f"{measured.build:.0f} s", "60 s"),
        ("  files a second", f"{files / measured.build:.0f}", ""),
        ("  the processor's time for it", f"{measured.processor:.0f} s", ""),
        (f"  load of the machine, {os.cpu_count()} processors", f"{os.getloadavg()[0]:.1f}", ""),
        ("memory of its process, at most", f"{measured.memory:.0f} MB", "300 MB"),
        ("size of the database", f"{measured.size:.0f} MB", ""),
        ("looked through when started again", f"{measured.again:.1f} s", ""),
        ("saved file found, median", f"{statistics.median(measured.saves):.2f} s", ""),
        ("saved file found, at most", f"{max(measured.saves):.2f} s", "1 s"),
        ("completions meanwhile, p50", _milliseconds(measured.meanwhile, 50), ""),
        ("completions meanwhile, p99", _milliseconds(measured.meanwhile, 99), "30 ms"),
        ("completions when it is built, p50", _milliseconds(measured.quiet, 50), ""),
        ("completions when it is built, p99", _milliseconds(measured.quiet, 99), ""),
    ]


def _milliseconds(seconds: list[float], percent: int) -> str:
    value = statistics.quantiles(seconds, n=100, method="inclusive")[percent - 1]
    return f"{value * 1000:.1f} ms"


if __name__ == "__main__":
    main()
