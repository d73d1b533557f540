"""R2: bad framing. Figure: 200 cases, each an error or a clean exit, the server under 300 MB."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import sys
from collections.abc import Iterator

import psutil
import pytest

from tests.fakes.editor import clean_environment

SEED = int(os.environ.get("FUZZ_SEED", "2"))
# Every so many cases, each of which is a process of its own.
STEP = 1 if "FUZZ_SECONDS" in os.environ else 7
MEGABYTE = 1_000_000
INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"processId": None, "rootUri": None, "capabilities": {}},
}


def frame(body: bytes, length: int | str | None = None) -> bytes:
    return (
        b"Content-Length: %s\r\n\r\n" % str(len(body) if length is None else length).encode() + body
    )


def request(params: object, number: int = 7) -> bytes:
    message = {"jsonrpc": "2.0", "id": number, "method": "workspace/executeCommand"}
    return json.dumps({**message, "params": params}).encode()


def make_cases() -> Iterator[tuple[str, bytes]]:
    """200 beginnings of a stream that no client should send, by name."""
    good = request({"command": "qwen.status"})
    for length in ("-1", "1e3", "0x10", "", " ", "9" * 30, "٣", "1 2", "+5", "None", "1.0"):
        yield f"length {length!r}", frame(good, length)
    for header in (
        b"\r\n", b"\n", b"Content-Length\r\n\r\n", b"garbage\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n",
        b"\x00" * 100 + b"\r\n", b"\xff\xfe\r\n\r\n", b"A" * 100_000, b"X: y\r\n" * 100 + b"\r\n",
        b"Content-Type: x\r\n\r\n", b"content length: 3\r\n\r\nabc", b"{}" * 3_000 + b"\n",
    ):  # fmt: skip
        yield f"header {header[:20]!r}", header
    for bytes_left in (1, 10, len(good) - 1):
        yield f"cut at {bytes_left}", frame(good)[:-bytes_left]
        yield f"length {bytes_left} too short", frame(good, len(good) - bytes_left)
        yield f"length {bytes_left} too long", frame(good, len(good) + bytes_left)
    for text in (
        b"", b"{", b"[]", b"3", b"null", b'"a"', b"{}", b'{"id": 1}', b"\xff" * 50, b"\x00",
        b'{"jsonrpc": "2.0"}', b'{"jsonrpc": 3, "id": 1}', b'{"jsonrpc": "2.0", "id": {}}',
        b'{"jsonrpc": "2.0", "id": 1, "method": 3}', b'{"jsonrpc": "2.0", "id": 1, "result": 3}',
        b'{"jsonrpc": "2.0", "method": "textDocument/didOpen"}', b"NaN", b"1e999", b"[" * 99_999,
        b'{"a":' * 99_999, b'{"jsonrpc":"2.0","id":1,"method":"x","params":' + b"[" * 9_000,
        b'{"jsonrpc":"2.0","id":9,"method":"shutdown","params":'
        + b'{"a":' * 900 + b"1" + b"}" * 900 + b"}",
        b'{"jsonrpc": "2.0", "id": "\\ud800", "method": "x"}', b"1" * 10_000,
    ):  # fmt: skip
        yield f"body {text[:40]!r}", frame(text)
        yield f"body {text[:40]!r} in UTF-16", frame(text.decode("latin-1").encode("utf-16"))
    for size in (20, 64):
        yield f"{size} MB of text", frame(b'{"a": "' + b"x" * size * MEGABYTE + b'"}')
        yield f"{size} MB of zeros", frame(b"\0" * size * MEGABYTE)
    yield "a promise of a terabyte", frame(good, 10**12 - 1)
    yield "64 MB without a line", b"x" * 64 * MEGABYTE
    randomness = random.Random(SEED)
    number = 0
    while True:
        number += 1
        data = bytearray(frame(good) + frame(request([{}], 8)))
        for _ in range(randomness.randint(1, 12)):
            place = randomness.randrange(len(data))
            match randomness.randrange(3):
                case 0:
                    data[place] = randomness.randrange(256)
                case 1:
                    del data[place : place + randomness.randint(1, 9)]
                case _:
                    data[place:place] = randomness.randbytes(randomness.randint(1, 9))
        yield f"mutation {SEED} {number}", bytes(data)


CASES = [case for case, _ in zip(make_cases(), range(200), strict=False)]


@pytest.mark.asyncio
async def test_bad_framing_ends_in_an_error_or_a_clean_exit() -> None:
    most, exits, places = 0.0, 0, asyncio.Semaphore(3)

    async def meet(name: str, data: bytes) -> None:
        nonlocal most, exits
        async with places:
            code, out, error, memory = await feed(data)
        assert b"Traceback" not in error, (name, error)
        assert code in {0, 1}, (name, code, error)
        assert b'"error"' in out or b'"result"' in out, name
        assert memory < 300 * MEGABYTE, (name, memory)
        most, exits = max(most, memory), exits + (code == 1)

    assert len(CASES) == 200
    await asyncio.gather(*(meet(name, data) for name, data in CASES[::STEP]))
    print(
        f"R2: {len(CASES[::STEP])} cases, seed {SEED}, {exits} exits, at most {most / 1e6:.0f} MB"
    )


async def feed(data: bytes) -> tuple[int | None, bytes, bytes, float]:
    """Exit code, output and errors of a server that is sent these bytes, and its memory."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "lsp_server", "serve", "--stdio",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=clean_environment(),
    )  # fmt: skip
    watched = asyncio.create_task(_watch_memory(process.pid))
    beginning = frame(json.dumps(INITIALIZE).encode())
    # Then the stream ends, so that a server that waits for the rest of a message ends as well.
    out, error = await asyncio.wait_for(process.communicate(beginning + data), 120)
    watched.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await watched
    return process.returncode, out, error, _peaks.pop(process.pid, 0.0)


_peaks: dict[int, float] = {}


async def _watch_memory(pid: int) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        while True:
            _peaks[pid] = max(_peaks.get(pid, 0.0), process.memory_info().rss)
            await asyncio.sleep(0.02)
