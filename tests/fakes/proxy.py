"""A proxy for HTTPS: it joins the client to an address of the test, whatever host was asked for."""

from __future__ import annotations

import asyncio
import contextlib
from types import TracebackType


class FakeProxy:
    """On a free port of loopback. `heads` are the heads of the requests that came in.

    CONNECT is answered by `status`; with 200 the line is joined to `port` of loopback.
    """

    def __init__(self, port: int, status: str = "200 Connection established") -> None:
        self.heads: list[bytes] = []
        self.carried = b""
        self._target = port
        self._status = status
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server

    async def __aenter__(self) -> FakeProxy:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    @property
    def address(self) -> str:
        """What HTTPS_PROXY is set to."""
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            # The client may hang up at any moment.
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                self.heads.append(await reader.readuntil(b"\r\n\r\n"))
                headers = 'Proxy-Authenticate: Basic realm="office"\r\n'
                writer.write(f"HTTP/1.1 {self._status}\r\n{headers}\r\n".encode())
                if self._status.startswith("200"):
                    far_reader, far_writer = await asyncio.open_connection(
                        "127.0.0.1", self._target
                    )
                    try:
                        await asyncio.gather(
                            self._carry(reader, far_writer), self._carry(far_reader, writer)
                        )
                    finally:
                        await _close(far_writer)
        finally:
            await _close(writer)
            self._tasks.discard(task)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            self.carried += data
            writer.write(data)
            await writer.drain()
        writer.close()


async def _close(writer: asyncio.StreamWriter) -> None:
    """Close it to the end: a transport that outlives its loop is reported in another test."""
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
