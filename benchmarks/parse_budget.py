"""What a key costs in files of several sizes: edit, context, prompt, syntax tree and filters.

`python -m benchmarks.parse_budget`. Statements are typed on lines of their own all over a Python
file; each key is an edit and an explicit request, which an endpoint in another process answers at
once. The time is what the server's one thread spends from the edit to the answer, HTTP client
included, and the wait for the endpoint left out.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import statistics
import sys
import time
from collections.abc import Iterator

from rich.console import Console
from rich.table import Table

from benchmarks.sources import library_text
from lsp_server.buffer import Change, Encoding, Position
from lsp_server.provider.discover import Environment
from lsp_server.session import Session
from lsp_server.settings import Layer, resolve_settings

_FILES = ("argparse.py", "inspect.py", "typing.py", "tarfile.py", "zipfile.py", "turtle.py")
_URI = "untitled:large.py"
_TYPED = "value = 1"
# Above such a line there may be another statement.
_STATEMENT = re.compile(r" {8}(?:self\.|return |raise )")
# The goal is for a megabyte; the smaller ones show where the whole file is parsed.
_SIZES = {80_000: "", 250_000: "", 1_000_000: "15 ms"}


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--statements", type=int, default=40, help="statements typed a file")
    statements = parser.parse_args().statements
    table = Table(title="A key and its answer", title_justify="left")
    for name in ("file", "p50", "p95", "p99", "goal (p99)", "keys"):
        table.add_column(name, justify="right")
    for size, goal in _SIZES.items():
        times = asyncio.run(measure(make_text(size), statements))
        quantiles = statistics.quantiles(times, n=100, method="inclusive")
        figures = (f"{quantiles[percent - 1]:.1f} ms" for percent in (50, 95, 99))
        table.add_row(f"{size // 1000:,} KB", *figures, goal, str(len(times)))
    Console(width=100).print(table)


def make_text(size: int) -> str:
    """So many characters of Python, to the end of a class or function."""
    whole = "\n".join(library_text(name) for name in _FILES)
    text = (whole * (size // len(whole) + 1))[:size]
    return text[: text.rindex("\n\n\n") + 1]


async def measure(text: str, statements: int) -> list[float]:
    """Milliseconds of the processor for each key."""
    endpoint = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.fakes.endpoint", "--kind", "openai"),
        *("--reply", "compute(first, second)\n", "--chunk-size", "0"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert endpoint.stdin is not None
    assert endpoint.stdout is not None
    base_url = json.loads(await endpoint.stdout.readline())["base_url"]
    session = Session(
        Environment(),
        lambda _origin: "sk-test",
        notify=lambda _sentence: None,
        show_status=lambda _status: None,
    )
    completion = {
        "model": "qwen2.5-coder-7b-instruct",
        "mode": "fim",
        "embedded": "off",
        "deadlineMs": 10_000,
    }
    tree = {"provider": "openai", "baseUrl": base_url, "completion": completion}
    try:
        await session.configure(resolve_settings([Layer("the benchmark", tree)]).settings, ())
        await session.wait_until_connected()
        session.open(_URI, "python", 1, text, Encoding.UTF16)
        # The first request loads the HTTP client and parses the file.
        await session.complete(_URI, Position(0, 0), explicit=True)
        return [
            await measure_key(session, number, place, key)
            for number, (place, key) in enumerate(_keys(session, statements), start=2)
        ]
    finally:
        await session.shut_down()
        endpoint.stdin.close()
        await endpoint.wait()


async def measure_key(session: Session, version: int, place: Position, key: str) -> float:
    """Milliseconds of the processor for one key."""
    at = (place.line, place.column)
    cursor = Position(place.line, place.column + len(key))
    started = time.thread_time()
    session.change(_URI, version, [Change(at, at, key)])
    outcome = await session.complete(_URI, cursor, explicit=True)
    took = time.thread_time() - started
    assert outcome.model, outcome.reason
    return took * 1000


def _keys(session: Session, statements: int) -> Iterator[tuple[Position, str]]:
    chance = random.Random(1)
    buffer = session.documents[_URI].buffer
    for _ in range(statements):
        lines = buffer.snapshot().lines
        line = chance.choice([n for n, each in enumerate(lines) if _STATEMENT.match(each)])
        end = Position(line - 1, len(buffer.snapshot().line_text(line - 1)))
        buffer.apply([Change((end.line, end.column), (end.line, end.column), "\n" + " " * 8)], 1)
        for column, key in enumerate(_TYPED, start=8):
            yield Position(line, column), key


if __name__ == "__main__":
    main()
