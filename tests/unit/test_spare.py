"""A connection made ahead: it serves the next request, and never one that it cannot serve."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import pytest
import trustme

from lsp_server.provider.spare import SparingTransport

HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nmore\r\n"


class Server:
    """Answers without an end. `served` has the connection's number, from 0, of each request."""

    def __init__(self) -> None:
        self.opened = 0
        self.served: list[int] = []
        self.writers: list[asyncio.StreamWriter] = []
        self.came = asyncio.Event()
        self.url = ""

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number, self.opened = self.opened, self.opened + 1
        self.writers.append(writer)
        self.came.set()
        while not writer.is_closing() and await reader.readline():
            while (await reader.readline()).strip():
                pass
            self.served.append(number)
            writer.write(HEAD)

    async def wait_for(self, opened: int) -> None:
        while self.opened < opened:
            self.came.clear()
            await self.came.wait()


@asynccontextmanager
async def serving() -> AsyncIterator[tuple[Server, httpx2.AsyncClient]]:
    authority = trustme.CA()
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(theirs)
    ours = ssl.create_default_context()
    authority.configure_trust(ours)
    server = Server()
    listener = await asyncio.start_server(server.answer, "127.0.0.1", 0, ssl=theirs)
    server.url = f"https://127.0.0.1:{listener.sockets[0].getsockname()[1]}/"
    try:
        transport = SparingTransport(ours, httpx2.Limits())
        async with httpx2.AsyncClient(transport=transport) as client:
            yield server, client
    finally:
        listener.close()
        for writer in server.writers:
            writer.close()


async def leave_early(server: Server, client: httpx2.AsyncClient) -> None:
    async with client.stream("GET", server.url) as response:
        assert await anext(response.aiter_raw()) == b"more"


@pytest.mark.asyncio
async def test_the_next_request_takes_the_connection_made_ahead() -> None:
    async with serving() as (server, client):
        for number in range(3):
            await server.wait_for(number + 1) if number else None
            await leave_early(server, client)
        await server.wait_for(4)
        assert server.served == [0, 1, 2]
    assert server.opened == 4


@pytest.mark.asyncio
async def test_a_connection_that_the_other_side_closed_is_not_taken() -> None:
    async with serving() as (server, client):
        await leave_early(server, client)
        await server.wait_for(2)
        server.writers[1].close()
        await server.writers[1].wait_closed()
        await asyncio.sleep(0.1)
        await leave_early(server, client)
        assert server.served == [0, 2]


@pytest.mark.asyncio
async def test_one_that_is_still_being_made_is_waited_for() -> None:
    async with serving() as (server, client):
        await leave_early(server, client)
        await leave_early(server, client)
        assert server.served == [0, 1]


@pytest.mark.asyncio
async def test_another_host_s_request_does_not_take_it() -> None:
    async with serving() as (server, client):
        await leave_early(server, client)
        await server.wait_for(2)
        with pytest.raises(httpx2.ConnectError):
            await client.get(server.url.replace("127.0.0.1", "127.0.0.2"))
    assert server.served == [0]


@pytest.mark.asyncio
async def test_closing_leaves_nothing_behind() -> None:
    async with serving() as (server, client):
        await leave_early(server, client)
        await server.wait_for(2)
    names = {task.get_name() for task in asyncio.all_tasks()}
    assert not {name for name in names if name.startswith("spare")}
