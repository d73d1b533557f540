"""Messages out of a stream of bytes: `Content-Length` and other headers, an empty line, the body.

Written anew because pygls' reader skips what it does not know, allocates whatever length it is
told, and says nothing to a client whose message it could not read.
"""

from __future__ import annotations

import asyncio
import io
import os
import stat
import threading
from collections.abc import AsyncIterator, Awaitable
from typing import Protocol

# A document of 10 MB may be twice that as JSON, and four times more as text in memory; what is
# longer is skipped and never held.
MAX_BODY_BYTES = 24_000_000
# Longer headers are none.
MAX_HEADER_BYTES = 4_096
_MAX_HEADERS = 16
_CHUNK_BYTES = 1_000_000


class ByteReader(Protocol):
    """Where bytes come from; at the end there are none."""

    def readline(self, limit: int) -> Awaitable[bytes]:
        """Bytes up to the end of a line, at most `limit` of them."""

    def read(self, count: int) -> Awaitable[bytes]:
        """At most `count` bytes."""


class FramingError(Exception):
    """The stream is no stream of messages, or none any more: nobody knows where the next begins."""


class Stream:
    """A pipe or a connection, whose own limit for a line counts besides ours."""

    def __init__(self, stream: asyncio.StreamReader) -> None:
        self._stream = stream

    async def readline(self, limit: int) -> bytes:
        try:
            line = await self._stream.readuntil(b"\n")
        except asyncio.IncompleteReadError as error:
            return error.partial
        except asyncio.LimitOverrunError:
            return b"-"
        return line if len(line) <= limit else line[:limit]

    def read(self, count: int) -> Awaitable[bytes]:
        return self._stream.read(count)


async def open_input(descriptor: int, output: int) -> Stream:
    """What comes through standard input, where `output` is what replies go to.

    The event loop waits for it where it can, which is quicker than a thread that wants its turn in
    the middle of an answer.
    """
    if not _can_be_waited_for(descriptor, output):
        return _read_by_thread(descriptor)
    stream = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(stream), io.FileIO(descriptor, closefd=False)
    )
    return Stream(stream)


def _can_be_waited_for(descriptor: int, output: int) -> bool:
    """Whether the event loop can wait for input: not every system's can for a pipe, and none for a
    file. Whether reads wait is then said of the connection, so that what replies go to as well is
    left alone: they would be cut short where the client is slow to read."""
    mode = os.fstat(descriptor).st_mode
    is_pipe = stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)
    return os.name == "posix" and is_pipe and not os.path.sameopenfile(descriptor, output)


def _read_by_thread(descriptor: int) -> Stream:
    """A stream that a thread reads.

    The thread goes on only when the loop has taken what it brought, so that no more than a chunk
    waits. It never ends the process nor holds it up.
    """
    loop = asyncio.get_running_loop()
    stream = asyncio.StreamReader()
    taken = threading.Event()

    def take(chunk: bytes) -> None:
        if chunk:
            stream.feed_data(chunk)
        else:
            stream.feed_eof()
        taken.set()

    def read_on() -> None:
        chunk = b"-"
        while chunk:
            try:
                chunk = os.read(descriptor, _CHUNK_BYTES)
            except OSError:
                chunk = b""
            taken.clear()
            try:
                loop.call_soon_threadsafe(take, chunk)
            except RuntimeError:
                return  # The loop is closed: nobody wants it any more.
            taken.wait()

    threading.Thread(target=read_on, name="standard-input", daemon=True).start()
    return Stream(stream)


async def read_bodies(reader: ByteReader) -> AsyncIterator[bytes | None]:
    """The bodies of the messages as they come; None stands for one that was too long to be kept.

    Ends with the stream. Raises FramingError where a header is wrong or the stream ends within a
    message.
    """
    while True:
        length = await _read_headers(reader)
        if length is None:
            return
        if length > MAX_BODY_BYTES:
            await _skip(reader, length)
            yield None
        else:
            yield await _read_exactly(reader, length)


async def _read_headers(reader: ByteReader) -> int | None:
    """The length of the body to come, in bytes; None at the end of the stream."""
    length: int | None = None
    for number in range(_MAX_HEADERS):
        line = await reader.readline(MAX_HEADER_BYTES)
        if not line and number == 0:
            return None
        if not line.endswith(b"\n"):
            raise FramingError("A header is too long, or the stream ended within it.")
        if not line.strip():
            if length is None:
                raise FramingError("A message came without Content-Length.")
            return length
        name, colon, value = line.partition(b":")
        if not colon:
            raise FramingError("A header has no colon.")
        if name.strip().lower() == b"content-length":
            digits = value.strip()
            # Twelve digits are a terabyte; `int` would take any number of them, at length.
            if not digits.isdigit() or len(digits) > 12:
                raise FramingError("Content-Length is no number of bytes.")
            length = int(digits)
    raise FramingError("A message has too many headers.")


async def _read_exactly(reader: ByteReader, length: int) -> bytes:
    parts: list[bytes] = []
    while length > 0:
        part = await reader.read(min(length, _CHUNK_BYTES))
        if not part:
            raise FramingError("The stream ended within a message.")
        parts.append(part)
        length -= len(part)
    return b"".join(parts)


async def _skip(reader: ByteReader, length: int) -> None:
    while length > 0:
        part = await reader.read(min(length, _CHUNK_BYTES))
        if not part:
            raise FramingError("The stream ended within a message.")
        length -= len(part)
