"""What the server adds to an instant endpoint, how fast it starts, and what memory it takes.

`python -m benchmarks.overhead`: 200 explicit requests at distinct places of a 2,000-line file. The
endpoint's own time is measured in the same run, with the same bodies over one kept connection.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import json
import shutil
import statistics
import sys
import sysconfig
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

import psutil
from rich.console import Console
from rich.table import Table

from tests.fakes.editor import Editor

_LINES = 2000
_REQUESTS = 200
_FILES = 500
_STARTS = 5
_MODEL = "qwen2.5-coder-7b-instruct"


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=_REQUESTS)
    rows = asyncio.run(measure(parser.parse_args().requests))
    table = Table(title="Overhead", title_justify="left")
    for name in ("figure", "measured", "goal"):
        table.add_column(name)
    for row in rows:
        table.add_row(*row)
    Console(width=100).print(table)


async def measure(requests: int) -> list[tuple[str, str, str]]:
    """Rows of figure, measured value and goal."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        source = make_workspace(root)
        endpoint = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "tests.fakes.endpoint", "--kind", "openai"),
            *("--reply", "value = 1\n", "--chunk-size", "0"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        assert endpoint.stdin is not None
        assert endpoint.stdout is not None
        base_url = json.loads(await endpoint.stdout.readline())["base_url"]
        try:
            starts = [await time_start(root, base_url) for _ in range(_STARTS)]
            times, own, memory, worker = await time_requests(root, source, base_url, requests)
            bare = time_endpoint(base_url, requests)
        finally:
            endpoint.stdin.close()
            await endpoint.wait()
    added = [value - statistics.median(bare) for value in times]
    return [
        ("added to an instant endpoint, p50", f"{_quantile(added, 50):.1f} ms", "4 ms"),
        ("added to an instant endpoint, p99", f"{_quantile(added, 99):.1f} ms", "15 ms"),
        ("  of it inside the server, p50", f"{_quantile(own, 50):.1f} ms", ""),
        ("  the endpoint alone, p50", f"{_quantile(bare, 50):.1f} ms", ""),
        ("start to initialize reply, median", f"{statistics.median(starts):.0f} ms", "500 ms"),
        (f"memory, {_FILES}-file workspace, server", f"{memory:.0f} MB", "120 MB"),
        ("  and its three processes", f"{worker:.0f} MB", ""),
    ]


def make_workspace(root: Path) -> str:
    """Copy 500 files of the standard library into `root`; a text of 2,000 lines from it."""
    library = Path(sysconfig.get_paths()["stdlib"])
    files = sorted(path for path in library.rglob("*.py") if "test" not in path.parts)
    for number, path in enumerate(files[:_FILES]):
        shutil.copyfile(path, root / f"{number:03d}_{path.name}")
    lines = (library / "argparse.py").read_text("utf-8").splitlines(keepends=True)
    return "".join(lines[:_LINES])


async def time_start(root: Path, base_url: str) -> float:
    """Milliseconds from the start of the process to the reply to `initialize`."""
    started = time.perf_counter()
    async with Editor(root=root, options=_options(base_url)) as editor:
        await editor.initialize()
        return (time.perf_counter() - started) * 1000


async def time_requests(
    root: Path, source: str, base_url: str, requests: int
) -> tuple[list[float], list[float], float, float]:
    """Milliseconds of each request, seen from outside and inside; MB of server and worker."""
    uri = (root / "big.py").as_uri()
    lines = source.split("\n")
    places = [number for number, line in enumerate(lines) if len(line.strip()) > 8]
    step = max(1, len(places) // requests)
    times, own = [], []
    async with Editor(root=root, options=_options(base_url)) as editor:
        await editor.initialize()
        editor.open(uri, source)
        await editor.wait_for_note("qwen/status", lambda status: status["engine"] == "openai")
        # The workspace is read while the first requests would run; it is waited for.
        await asyncio.sleep(4)
        for number in places[::step][:requests]:
            column = len(lines[number]) // 2
            started = time.perf_counter()
            items = await editor.inline(uri, number, column)
            times.append((time.perf_counter() - started) * 1000)
            if items is None:
                raise SystemExit("a request was superseded; the figures would be wrong")
            own.append((await editor.command("qwen.why", {"uri": uri}))["ms"])
        process = psutil.Process(editor.process.pid)
        memory = process.memory_info().rss / 1e6
        worker = sum(child.memory_info().rss for child in process.children(recursive=True)) / 1e6
    return times, own, memory, worker


def time_endpoint(base_url: str, requests: int) -> list[float]:
    """Milliseconds of the same request straight at the endpoint, over one connection."""
    address = urlsplit(base_url)
    connection = http.client.HTTPConnection(str(address.hostname), address.port)
    body = json.dumps(
        {"model": _MODEL, "prompt": "x" * 5000, "max_tokens": 64, "stream": True, "stop": []}
    )
    times = []
    for _ in range(requests):
        started = time.perf_counter()
        headers = {"Content-Type": "application/json", "Authorization": "Bearer sk-test"}
        connection.request("POST", f"{address.path}/completions", body, headers)
        connection.getresponse().read()
        times.append((time.perf_counter() - started) * 1000)
    connection.close()
    return times


def _options(base_url: str) -> dict[str, object]:
    return {
        "provider": "openai",
        "baseUrl": base_url,
        "apiKey": "sk-test",
        "completion": {"model": _MODEL, "mode": "fim"},
    }


def _quantile(values: list[float], percent: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


if __name__ == "__main__":
    main()
