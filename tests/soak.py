"""R10: hours of typing in minutes. `python -m tests.soak --scale 1` is 50,000 completions and
200,000 edits against a real server; prints memory and the 99th percentile, a line for each tenth.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import sys
import time
from collections.abc import Sequence

import psutil

from tests.fakes import FakeEndpoint, Reply
from tests.fakes.editor import Editor

COMPLETIONS, EDITS_EACH, TENTHS = 50_000, 4, 10
SOURCE = "".join(f"def f{number}(a, b):\n    return a + b * {number}\n\n\n" for number in range(80))


def main(arguments: Sequence[str] | None = None) -> None:
    """Run it, and say whether memory and latency held."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak")
    parser.add_argument("--scale", type=float, default=1.0, help="1 is the whole, 0.1 a tenth")
    parser.add_argument("--seed", type=int, default=10)
    options = parser.parse_args(arguments)
    asyncio.run(soak(int(COMPLETIONS * options.scale), options.seed))


async def soak(completions: int, seed: int) -> None:
    """Type and ask, and print a line for each tenth of the way."""
    randomness = random.Random(seed)
    print(f"soak: {completions} completions, {completions * EDITS_EACH} edits, seed {seed}")
    print("part   memory MB   p50 ms   p99 ms")
    memory: list[float] = []
    p99: list[float] = []
    async with FakeEndpoint("openai") as endpoint:
        endpoint.script(lambda _: Reply(f"value_{randomness.randrange(99)}\n", chunk_size=0))
        completion = {"model": "qwen2.5-coder-7b-instruct", "mode": "fim", "debounceMs": 0}
        address = {"provider": "openai", "baseUrl": endpoint.base_url, "apiKey": "sk-test"}
        async with Editor(options={**address, "completion": completion}) as editor:
            await editor.initialize()
            await editor.wait_for_note("qwen/status", lambda each: each["engine"] == "openai")
            process = psutil.Process(editor.process.pid)
            uri, version, lines = "untitled:soak.py", 1, SOURCE.count("\n")
            editor.open(uri, SOURCE)
            # The first tenth is the warming up: caches are bounded, and fill.
            for part in range(TENTHS + 1):
                times: list[float] = []
                for _ in range(completions // TENTHS):
                    line = randomness.randrange(lines)
                    for _ in range(EDITS_EACH):
                        version += 1
                        place = {"line": line, "character": 0}
                        end = {"line": line, "character": 9_999}
                        text = f"    x{randomness.randrange(10**6)} = "
                        edit = {"range": {"start": place, "end": end}, "text": text}
                        editor.change(uri, version, [edit])
                    started = time.monotonic()
                    await editor.inline(uri, line, len(text))
                    times.append(time.monotonic() - started)
                # The endpoint's own records, and the client's, are no part of the server.
                endpoint.requests.clear()
                editor.received.clear()
                cuts = statistics.quantiles(times, n=100)
                memory.append(process.memory_info().rss / 1e6)
                p99.append(1000 * cuts[98])
                print(f"{part:4}   {memory[-1]:9.1f}   {1000 * cuts[49]:6.2f}   {p99[-1]:6.2f}")
                sys.stdout.flush()
    grown = 100 * (statistics.mean(memory[-3:]) / statistics.mean(memory[1:4]) - 1)
    slower = 100 * (statistics.median(p99[-3:]) / statistics.median(p99[1:4]) - 1)
    print(f"R10: memory {grown:+.1f} %, p99 {slower:+.1f} % from the first to the last third")


if __name__ == "__main__":
    main()
