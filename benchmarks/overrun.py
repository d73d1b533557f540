"""How long an answer takes when the endpoint does not know when to stop.

`python -m benchmarks.overrun`: the endpoint gives what really stands at the place and then runs on
for 2,000 characters. The least possible time is that to the first token plus the tokens of the text
that is shown. It is measured, not reckoned: the same body is sent again straight away, by a bare
client that stops reading at the token which tells the end. The table gives the time over that.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import time

import aiohttp
from rich.console import Console
from rich.table import Table

from benchmarks.oracle import make_oracle
from benchmarks.sources import library_text
from tests.fakes import FakeEndpoint
from tests.fakes.editor import Editor

_FILES = ("json/decoder.py", "textwrap.py", "heapq.py", "queue.py")
_FIRST_S, _TOKEN_S, _CHARACTERS = 0.1, 0.01, 4
_RUN_ON = 2000


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--places", type=int, default=12, help="places a file")
    ratios = asyncio.run(measure(parser.parse_args().places))
    table = Table(title="Overrun: time to the answer over the limit", title_justify="left")
    for name in ("answers", "median", "95 %", "goal"):
        table.add_column(name, justify="right")
    worst = statistics.quantiles(ratios, n=20)[18]
    table.add_row(str(len(ratios)), f"{statistics.median(ratios):.3f}x", f"{worst:.3f}x", "1.05x")
    Console(width=100).print(table)


async def measure(places: int) -> list[float]:
    """Time over limit for each answer."""
    ratios: list[float] = []
    for name in _FILES:
        text = library_text(name)
        async with FakeEndpoint(kind="openai") as endpoint:
            endpoint.script(
                make_oracle(text, characters=_RUN_ON, first_token_s=_FIRST_S, token_s=_TOKEN_S)
            )
            options = {
                "provider": "openai",
                "baseUrl": endpoint.base_url,
                "apiKey": "sk-test",
                "completion": {"model": "qwen2.5-coder-7b-instruct", "mode": "fim"},
            }
            async with Editor(options=options) as editor:
                await editor.initialize()
                await editor.wait_for_note(
                    "qwen/status", lambda status: status["engine"] == "openai"
                )
                ratios += await measure_file(editor, endpoint, name, text, places)
    return ratios


async def measure_file(
    editor: Editor, endpoint: FakeEndpoint, name: str, text: str, places: int
) -> list[float]:
    """One document a place: the file up to it, so that nothing to the right tells the end."""
    lines = text.split("\n")
    telling = [
        number
        for number, line in enumerate(lines)
        if number > 20 and len(line.strip()) > 20 and not line.strip().startswith("#")
    ]
    ratios = []
    for number in telling[:: max(1, len(telling) // places)][:places]:
        uri = f"untitled:{name}-{number}.py"
        column = len(lines[number]) - len(lines[number].lstrip()) + 8
        editor.open(uri, "\n".join([*lines[:number], lines[number][:column]]) + "\n")
        started = time.perf_counter()
        items = await editor.inline(uri, number, column)
        took = time.perf_counter() - started
        if items:
            shown = len(items[0]["insertText"]) - len(lines[number][:column].lstrip())
            # The token that holds the line's end is needed to know that it ends.
            ratios.append(took / await time_bare(endpoint, shown + 1))
    return ratios


async def time_bare(endpoint: FakeEndpoint, characters: int) -> float:
    """Seconds until so many characters of the latest request's answer have come."""
    request = endpoint.generations[-1]
    headers = {"Authorization": "Bearer sk-test", "Content-Type": "application/json"}
    async with aiohttp.ClientSession() as client:
        # The server's connection is open already, so this one is opened beforehand as well.
        async with client.get(f"{endpoint.base_url}/models", headers=headers) as warm:
            await warm.read()
        started = time.perf_counter()
        url = f"{endpoint.origin}{request.path}"
        async with client.post(url, data=request.body, headers=headers) as response:
            read = 0
            async for line in response.content:
                if line.startswith(b"data: {"):
                    choices = json.loads(line[6:])["choices"]
                    read += len(choices[0]["text"]) if choices else 0
                if read >= characters:
                    break
            return time.perf_counter() - started


if __name__ == "__main__":
    main()
