"""A typist: a file is replayed key by key, and it is watched what the editor would show.

`python -m benchmarks.typing_replay`. The oracle endpoint always knows what comes next, needs 250 ms
to its first token and 10 ms for each of four characters, and goes on for 400 characters. The editor
behaves as VS Code does: each key is an edit, the request before is cancelled, a new one is sent
unless one is already shown that the key follows; a shown text shrinks as it is typed.

Goals: visible 80 % of the time and 0.10 requests a key at 60 ms; no visible text replaced without
divergence; 2 ms and no request for a key that says what the ghost text says (`along`; seen from the
client, so the protocol's way there and back is in it).
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import statistics
import time
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.oracle import make_oracle
from benchmarks.sources import library_text
from tests.fakes import FakeEndpoint
from tests.fakes.editor import Editor

_GAPS_MS = (60, 120, 250)
_KEYS = 100
_URI = "untitled:replay.py"
_FILES = ("json/decoder.py", "textwrap.py", "heapq.py")


@dataclass
class Tally:
    """What was seen, in keys and seconds."""

    keys: int = 0
    seconds: float = 0.0
    visible: float = 0.0
    followed: int = 0
    replaced: int = 0
    wrong: int = 0
    requests: int = 0
    tokens: int = 0
    # Milliseconds to the answer where the key is what the shown text says.
    along: list[float] = field(default_factory=list)
    # Requests to the model that such keys brought about within the time of the answer.
    asked_along: int = 0


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keys", type=int, default=_KEYS, help="keys a file and speed")
    keys = parser.parse_args().keys
    table = Table(title="Typing", title_justify="left")
    for name in (
        *("gap", "visible", "requests a key", "requests / 100 accepted", "replaced"),
        *("along: p50", "p95", "asked", "keys"),
    ):
        table.add_column(name, justify="right")
    for gap in _GAPS_MS:
        tally = asyncio.run(measure(gap / 1000, keys))
        table.add_row(
            f"{gap} ms",
            f"{tally.visible / tally.seconds:.0%}",
            f"{tally.requests / tally.keys:.3f}",
            f"{100 * tally.requests / max(1, tally.followed):.1f}",
            str(tally.replaced),
            *_along(tally),
            str(tally.keys),
        )
    Console(width=110).print(table)


def _along(tally: Tally) -> list[str]:
    quantiles = statistics.quantiles(tally.along, n=20, method="inclusive")
    return [f"{quantiles[9]:.1f} ms", f"{quantiles[18]:.1f} ms", str(tally.asked_along)]


async def measure(gap: float, keys: int) -> Tally:
    """Replay the files at one speed."""
    total = Tally()
    for name in _FILES:
        await replay(library_text(name), gap, keys, total)
    return total


async def replay(text: str, gap: float, keys: int, tally: Tally) -> None:
    """Type `keys` characters into the middle of a file, from the start of a function on."""
    start = text.index("\ndef ", len(text) // 4)
    start = text.index("\n", start + 1) + 1
    # The rest of the file begins on a line of its own, as where somebody adds a function.
    after = text[text.index("\n", start + keys * 3) :]
    async with FakeEndpoint(kind="openai") as endpoint:
        endpoint.script(make_oracle(text))
        options = {
            "provider": "openai",
            "baseUrl": endpoint.base_url,
            "apiKey": "sk-test",
            "completion": {"model": "qwen2.5-coder-7b-instruct", "mode": "fim", "embedded": "off"},
        }
        async with Editor(options=options) as editor:
            await editor.initialize()
            await editor.wait_for_note("qwen/status", lambda status: status["engine"] == "openai")
            typist = Typist(editor, endpoint, text[:start], after, tally)
            typist.open()
            await typist.type(text[start : start + keys * 3], keys, gap)
            status = await editor.command("qwen.status")
            tally.tokens += status["tokensToday"]
        tally.requests += len(endpoint.generations)


@dataclass(frozen=True)
class Pressed:
    """When a key was pressed, in seconds, and how many requests the model had had by then."""

    at: float
    requests: int


class Typist:
    """Types and watches; the ghost text is what the editor would show."""

    def __init__(
        self, editor: Editor, endpoint: FakeEndpoint, before: str, after: str, tally: Tally
    ) -> None:
        self.editor = editor
        self.endpoint = endpoint
        self.before = before
        self.after = after
        self.tally = tally
        self.ghost = ""
        self.version = 1
        self.pending: tuple[int, asyncio.Task[None]] | None = None

    def open(self) -> None:
        """Open the document."""
        self.editor.open(_URI, self.before + self.after)

    async def type(self, text: str, keys: int, gap: float) -> None:
        """Type up to `keys` keys of `text`; indentation after a newline comes with the newline."""
        loop = asyncio.get_running_loop()
        position = 0
        due = loop.time()
        self.ask()
        for _ in range(keys):
            if position >= len(text):
                break
            end = position + 1
            if text[position] == "\n":
                while end < len(text) and text[end] == " ":
                    end += 1
            await self.watch(due + gap)
            due += gap
            self.press(text[position:end])
            position = end
            self.tally.keys += 1
        await self.watch(due + gap)
        if self.pending is not None:
            await self.pending[1]

    async def watch(self, until: float) -> None:
        """Let time pass, and count how much of it something is visible."""
        loop = asyncio.get_running_loop()
        while (now := loop.time()) < until:
            await asyncio.sleep(min(0.005, until - now))
            passed = loop.time() - now
            self.tally.seconds += passed
            if self.ghost:
                self.tally.visible += passed

    def press(self, key: str) -> None:
        """One key: edit, cancel, ask."""
        line = self.before.count("\n")
        column = len(self.before) - self.before.rfind("\n") - 1
        place = {"line": line, "character": column}
        self.version += 1
        pressed = Pressed(time.perf_counter(), len(self.endpoint.generations))
        change = {"range": {"start": place, "end": place}, "text": key}
        self.editor.change(_URI, self.version, [change])
        self.before += key
        is_along = self.ghost.startswith(key) and len(self.ghost) > len(key)
        if self.ghost.startswith(key):
            self.ghost = self.ghost[len(key) :]
            self.tally.followed += len(key)
        else:
            self.ghost = ""
        if self.pending is not None and not self.pending[1].done():
            self.editor.notify("$/cancelRequest", {"id": self.pending[0]})
        self.ask(pressed if is_along else None)

    def ask(self, along: Pressed | None = None) -> None:
        """Send a request, and take its answer when it comes; `along` where one is shown still."""
        line = self.before.count("\n")
        column = len(self.before) - self.before.rfind("\n") - 1
        number, reply = self.editor.send_inline(_URI, line, column, kind=2)
        self.pending = (number, asyncio.create_task(self.take(reply, self.version, along)))

    async def take(
        self, reply: asyncio.Future[dict[str, Any]], version: int, along: Pressed | None
    ) -> None:
        """An answer: shown when the document is still the same."""
        with contextlib.suppress(asyncio.TimeoutError):
            answer = await asyncio.wait_for(reply, 10)
            if along is not None and "error" not in answer:
                self.tally.along.append((time.perf_counter() - along.at) * 1000)
                self.tally.asked_along += len(self.endpoint.generations) - along.requests
            items = (answer.get("result") or {}).get("items")
            if version != self.version or items is None:
                return
            text = ""
            if items:
                column = len(self.before) - self.before.rfind("\n") - 1
                text = items[0]["insertText"][column - items[0]["range"]["start"]["character"] :]
            if self.ghost and text != self.ghost:
                self.tally.replaced += 1
            self.ghost = text


if __name__ == "__main__":
    main()
