"""R4 and R5: races of a scripted editor. Figure: 0 items computed on another version, every request
answered; cancelled requests close their connection; tasks, threads and descriptors within five of
the start. 200 races here, 2,000 with RACES=2000.
"""

from __future__ import annotations

import asyncio
import os
import random
import statistics
import time

import psutil
import pytest

from tests.fakes import FakeEndpoint, RecordedRequest, Reply
from tests.fakes.editor import Editor

RACES = int(os.environ.get("RACES", "200"))
SEED = int(os.environ.get("FUZZ_SEED", "4"))
URI = "untitled:race.py"


def _options(endpoint: FakeEndpoint) -> dict[str, object]:
    return {
        "provider": "openai",
        "baseUrl": endpoint.base_url,
        "apiKey": "sk-test",
        "completion": {
            "model": "qwen2.5-coder-7b-instruct",
            "mode": "fim",
            "embedded": "off",
            "debounceMs": 0,
        },
    }


def _insert(character: int, text: str) -> dict[str, object]:
    place = {"line": 0, "character": character}
    return {"range": {"start": place, "end": place}, "text": text}


@pytest.mark.asyncio
async def test_nothing_stale_is_shown() -> None:
    randomness = random.Random(SEED)

    def answer(request: RecordedRequest) -> Reply:
        # What the model says names the text that it was asked about.
        before = request.json["prompt"].partition("<|fim_prefix|>")[2].partition("<|fim_suffix|>")
        mark = before[0].rpartition("\n")[2].split(" ")[0]
        delay = randomness.choice([0.0, 0.01, 0.05, 0.2, 0.5])
        return Reply(f"make({mark})\n", chunk_size=3, delay_first=delay, delay_between=0.001)

    shown = superseded = cancelled = 0
    async with FakeEndpoint("openai") as endpoint:
        endpoint.script(answer)
        async with Editor(options=_options(endpoint)) as editor:
            await editor.initialize()
            await editor.wait_for_note("qwen/status", lambda each: each["engine"] == "openai")
            editor.open(URI, "m0 = \n")
            version, name = 1, "m0"
            waiting: list[tuple[str, asyncio.Future[dict[str, object]]]] = []
            for number in range(1, RACES + 1):
                # A new name for the line makes every answer to the old one stale.
                version += 1
                place = {"start": {"line": 0, "character": 0}}
                place["end"] = {"line": 0, "character": len(name)}
                name = f"m{number}"
                editor.change(URI, version, [{"range": place, "text": name}])
                kind = randomness.choice([1, 2])
                request_id, reply = editor.send_inline(URI, 0, len(name) + 3, kind=kind)
                waiting.append((name, reply))
                if randomness.random() < 0.3:
                    await asyncio.sleep(randomness.choice([0, 0.005, 0.06]))
                    editor.notify("$/cancelRequest", {"id": request_id})
                elif randomness.random() < 0.4:
                    await asyncio.wait({reply}, timeout=randomness.choice([0.01, 0.1, 0.7]))
            for asked, reply in waiting:
                answered = await asyncio.wait_for(reply, 60)
                if "error" in answered:
                    cancelled += 1
                elif answered["result"] is None:
                    superseded += 1
                else:
                    result = answered["result"]
                    assert isinstance(result, dict)
                    for item in result["items"]:
                        shown += 1
                        assert item["insertText"] == f"{asked} = make({asked})"
            await editor.command("qwen.status")
        assert endpoint.running == []
    assert shown
    assert superseded
    print(
        f"R4: {RACES} races, seed {SEED}: {shown} shown, {superseded} superseded, "
        f"{cancelled} cancelled, 0 stale"
    )


@pytest.mark.asyncio
async def test_cancelling_leaves_nothing_behind() -> None:
    replies: list[float] = []
    closings: list[float] = []
    loop = asyncio.get_running_loop()
    async with FakeEndpoint("openai") as endpoint:
        endpoint.reply(Reply("x = 1\n", delay_first=60.0))
        async with Editor(options=_options(endpoint)) as editor:
            await editor.initialize()
            await editor.wait_for_note("qwen/status", lambda each: each["engine"] == "openai")
            editor.open(URI, "value \n")
            process = psutil.Process(editor.process.pid)

            async def cancel_one(number: int) -> None:
                request_id, reply = editor.send_inline(URI, 0, 6)
                request = await endpoint.wait_for(number)
                started = time.monotonic()
                editor.notify("$/cancelRequest", {"id": request_id})
                answered = await asyncio.wait_for(reply, 20)
                replies.append(time.monotonic() - started)
                assert answered["error"]["code"] == -32800
                began = loop.time() - replies[-1]
                await endpoint.wait_for(lambda _: request.closed == "cancelled", 20)
                assert request.closed_at is not None
                closings.append(request.closed_at - began)

            first = len(endpoint.requests) + 1
            for number in range(5):
                await cancel_one(first + number)
            before = (process.num_fds(), process.num_threads())
            for number in range(5, RACES):
                await cancel_one(first + number)
            after = (process.num_fds(), process.num_threads())
    assert all(now <= then + 5 for now, then in zip(after, before, strict=True))
    p99 = statistics.quantiles(replies, n=100)[98]
    slowest = statistics.quantiles(closings, n=100)[98]
    print(
        f"R5: {RACES} cancellations: reply p99 {1000 * p99:.1f} ms, connection closed p99 "
        f"{1000 * slowest:.1f} ms; descriptors and threads {before} then {after}"
    )
