"""A connection made ahead of its request.

An answer that is left as soon as enough of it has come closes its connection, since that is what
stops the model. A new one costs two journeys to the endpoint and back, so it is made while the user
looks at the answer.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import Any

import httpcore2
import httpx2

# Load balancers close what is silent for fifteen seconds.
_HELD_S = 10.0
_CONNECT_S = 5.0


class SparingTransport(httpx2.AsyncHTTPTransport):
    """HTTP/1.1 over TLS to one origin, without a proxy, with a connection to spare."""

    def __init__(self, context: ssl.SSLContext, limits: httpx2.Limits) -> None:
        super().__init__(verify=context, trust_env=False, limits=limits)
        self._spare = SpareBackend(httpcore2.AnyIOBackend())
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=context,
            max_connections=limits.max_connections,
            max_keepalive_connections=limits.max_keepalive_connections,
            keepalive_expiry=limits.keepalive_expiry,
            network_backend=self._spare,
        )

    async def __aexit__(self, *reason: Any) -> None:
        await self._spare.aclose()
        await super().__aexit__(*reason)

    async def aclose(self) -> None:
        """Close all connections."""
        await self._spare.aclose()
        await super().aclose()


class SpareBackend(httpcore2.AsyncNetworkBackend):
    """Connects as `backend` does, and makes a connection anew when one is closed."""

    def __init__(self, backend: httpcore2.AsyncNetworkBackend) -> None:
        self._backend = backend
        self._held: _Held | None = None
        self._is_closed = False

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """The spare connection where there is one, else a new one."""
        spare = await self._take(host, port)
        stream = spare or await self._backend.connect_tcp(
            host, port, timeout, local_address, socket_options
        )
        return _Stream(
            stream, is_ready=spare is not None, prepare=self._prepare, place=(host, port)
        )

    async def aclose(self) -> None:
        """Close the spare connection, and make no other."""
        self._is_closed = True
        held, self._held = self._held, None
        if held is not None:
            await held.aclose()

    async def _take(self, host: str, port: int) -> httpcore2.AsyncNetworkStream | None:
        held = self._held
        if held is None or held.place != (host, port):
            return None
        self._held = None
        return await held.take()

    def _prepare(self, host: str, port: int, context: ssl.SSLContext, name: str | None) -> None:
        if not self._is_closed and (self._held is None or self._held.is_over):
            self._held = _Held((host, port), partial(self._open, host, port, context, name))

    async def _open(
        self, host: str, port: int, context: ssl.SSLContext, name: str | None
    ) -> httpcore2.AsyncNetworkStream:
        stream = await self._backend.connect_tcp(host, port, _CONNECT_S)
        return await stream.start_tls(context, name, _CONNECT_S)


class _Held:
    """A connection that is being made, and then watched until it is taken or of no use."""

    def __init__(
        self,
        place: tuple[str, int],
        connect: Callable[[], Awaitable[httpcore2.AsyncNetworkStream]],
    ) -> None:
        self.place = place
        self.is_over = False
        self._is_taken = False
        self._made = asyncio.Event()
        self._stream: httpcore2.AsyncNetworkStream | None = None
        self._task = asyncio.create_task(self._hold(connect), name="spare-connection")

    async def take(self) -> httpcore2.AsyncNetworkStream | None:
        """The connection, waited for where it is still being made; None where there is none."""
        await self._made.wait()
        if self.is_over:
            return None
        self._is_taken = True
        self._task.cancel()
        await asyncio.wait({self._task})
        return self._stream

    async def aclose(self) -> None:
        self._task.cancel()
        await asyncio.wait({self._task})

    async def _hold(self, connect: Callable[[], Awaitable[httpcore2.AsyncNetworkStream]]) -> None:
        # Whatever is wrong with the endpoint, the next request tells.
        with contextlib.suppress(Exception):
            try:
                self._stream = await connect()
                self._made.set()
                # Before a request there is nothing to read, unless the other side has closed it.
                await self._stream.read(1, _HELD_S)
            finally:
                if not self._is_taken:
                    self.is_over = True
                    self._made.set()
                    if self._stream is not None:
                        await self._stream.aclose()


class _Stream(httpcore2.AsyncNetworkStream):
    """A connection, encrypted already or not, that tells when it is closed."""

    def __init__(
        self,
        stream: httpcore2.AsyncNetworkStream,
        *,
        is_ready: bool,
        prepare: Callable[[str, int, ssl.SSLContext, str | None], None],
        place: tuple[str, int],
    ) -> None:
        self._stream = stream
        self._is_ready = is_ready
        self._prepare = prepare
        self._place = place
        self._tls: tuple[ssl.SSLContext, str | None] | None = None

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        if not self._is_ready:
            self._stream = await self._stream.start_tls(ssl_context, server_hostname, timeout)
        self._tls = (ssl_context, server_hostname)
        return self

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return await self._stream.read(max_bytes, timeout)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._stream.aclose()
        if self._tls is not None:
            self._prepare(*self._place, *self._tls)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
