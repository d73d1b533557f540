"""The plain HTTP of providers that need no SDK: one client, made when first needed."""

from __future__ import annotations

import asyncio
import contextlib
import functools
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Any

from lsp_server.provider.base import Endpoint
from lsp_server.provider.errors import ProviderError, classify, not_an_answer
from lsp_server.provider.http import (
    decode_json,
    load_backend,
    make_client,
    read_body,
    read_fault,
    translate,
)

if TYPE_CHECKING:
    import httpx2

# A list of models longer than this is none.
_MAX_LIST_BYTES = 4_000_000


class Link:
    """The way to one endpoint."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._client: httpx2.AsyncClient | None = None

    async def prepare(self) -> None:
        """Load the HTTP client and the trust store, off the event loop."""
        await asyncio.to_thread(self.connect)
        await asyncio.to_thread(load_backend)

    @contextlib.asynccontextmanager
    async def post(
        self,
        address: str,
        body: Mapping[str, object],
        model: str,
        headers: Mapping[str, str] | None = None,
    ) -> AsyncIterator[httpx2.Response]:
        """The response to a question, to be read as a stream; leaving it closes the connection.

        Raises `ProviderError` where the endpoint answers with an error.
        """
        client = self.connect()
        response = await client.send(_make_request(client, address, body, headers), stream=True)
        try:
            if response.status_code != 200:
                raise ProviderError(await read_fault(response, self._endpoint, model))
            yield response
        finally:
            await response.aclose()

    async def get_items(self, address: str, field: str) -> list[Any]:
        """The list in one field of a JSON object; raises `ProviderError`."""
        try:
            async with self.connect().stream("GET", address) as response:
                if response.status_code != 200:
                    raise ProviderError(await read_fault(response, self._endpoint, ""))
                found = decode_json(await read_body(response, _MAX_LIST_BYTES))
        except Exception as error:
            raise translate(error, self._endpoint) from None
        items = found.get(field) if isinstance(found, dict) else None
        if not isinstance(items, list):
            raise ProviderError(not_an_answer(self._endpoint.origin, "something unreadable"))
        return items

    async def close(self) -> None:
        """Close the connections kept open."""
        if self._client is not None:
            await self._client.aclose()

    def connect(self) -> httpx2.AsyncClient:
        """The client; the first call is slow, and not for an event loop."""
        if self._client is None:
            self._client = make_client(self._endpoint)
        return self._client


def _make_request(
    client: httpx2.AsyncClient,
    address: str,
    body: Mapping[str, object],
    headers: Mapping[str, str] | None,
) -> httpx2.Request:
    """What the client would make of it by joining addresses, parameters, cookies and headers of
    which there are none: 0.15 ms at a key."""
    import httpx2

    timeout = client.timeout.as_dict()
    url = _read_url(address)
    return httpx2.Request("POST", url, json=body, headers=headers, extensions={"timeout": timeout})


@functools.lru_cache(maxsize=64)
def _read_url(address: str) -> httpx2.URL:
    import httpx2

    return httpx2.URL(address)


def require_object(value: object, endpoint: Endpoint, model: str) -> dict[str, Any]:
    """A part of a stream, which is an object. Raises `ProviderError` with the fault that it tells
    of, and `ValueError` for anything else."""
    if not isinstance(value, dict):
        raise ValueError("a part of a stream that is no object")
    if "error" in value:
        raise ProviderError(classify(None, value, model=model, origin=endpoint.origin))
    return value
