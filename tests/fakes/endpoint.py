"""A fake model endpoint on loopback that behaves as the real servers do.

In a test:

    async with FakeEndpoint(kind="dashscope") as endpoint:
        endpoint.reply("return total")
        ...
        request = await endpoint.wait_for(1)

As a process, for the benchmarks: `python -m tests.fakes.endpoint --kind dashscope --reply TEXT`
prints one line of JSON with `base_url` and `origin`, and serves until its standard input closes.
A line `{"reply": TEXT}` there changes the reply; each line is answered by one with the number of
`generations` so far.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from tests.fakes.models import MODELS
from tests.fakes.server import FakeEndpoint
from tests.fakes.values import Model, RecordedRequest, Reply

__all__ = ["FakeEndpoint", "Model", "RecordedRequest", "Reply", "main"]


def main(arguments: list[str] | None = None) -> None:
    options = _parse(arguments)
    text = Path(options.reply_file).read_text("utf-8") if options.reply_file else options.reply
    reply = Reply(
        text,
        chunk_size=options.chunk_size,
        delay_first=options.delay_first_ms / 1000,
        delay_between=options.delay_token_ms / 1000,
    )
    asyncio.run(_serve(FakeEndpoint(options.kind, port=options.port), reply))


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fakes.endpoint")
    parser.add_argument("--kind", choices=sorted(MODELS), default="dashscope")
    parser.add_argument("--port", type=int, default=0, help="0 for a free one")
    parser.add_argument("--reply", default=Reply().text)
    parser.add_argument("--reply-file", help="take the reply from this file")
    parser.add_argument("--chunk-size", type=int, default=4, help="characters, 0 for one chunk")
    parser.add_argument("--delay-first-ms", type=float, default=0.0)
    parser.add_argument("--delay-token-ms", type=float, default=0.0, help="between two chunks")
    return parser.parse_args(arguments)


async def _serve(endpoint: FakeEndpoint, reply: Reply) -> None:
    closed = asyncio.Event()

    def take(line: str) -> None:
        wish = json.loads(line)
        if "reply" in wish:
            endpoint.reply(replace(reply, text=wish["reply"]))
        print(json.dumps({"generations": len(endpoint.generations)}), flush=True)

    _watch_input(asyncio.get_running_loop(), take, closed.set)
    endpoint.reply(reply)
    async with endpoint:
        print(json.dumps({"base_url": endpoint.base_url, "origin": endpoint.origin}), flush=True)
        await closed.wait()


def _watch_input(
    loop: asyncio.AbstractEventLoop, take: Callable[[str], None], close: Callable[[], None]
) -> None:
    """A thread, since not every standard input can be read by an event loop."""

    def wait() -> None:
        for line in sys.stdin:
            loop.call_soon_threadsafe(take, line)
        loop.call_soon_threadsafe(close)

    threading.Thread(target=wait, name="standard input", daemon=True).start()


if __name__ == "__main__":
    main()
