"""One HTTP client for all providers: the system's trust store, the user's proxy, no redirects."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import ssl
from collections.abc import AsyncIterable, AsyncIterator, Mapping, MutableMapping
from typing import TYPE_CHECKING, TypeVar
from urllib.request import getproxies

from lsp_server import __version__
from lsp_server.provider.base import Endpoint, origin_of
from lsp_server.provider.errors import (
    Fault,
    ProviderError,
    classify,
    cut_short,
    not_an_answer,
    unreachable,
    untrusted_certificate,
)

if TYPE_CHECKING:
    import httpx2

_Parts = TypeVar("_Parts", bound=AsyncIterable[object])

# So many seconds are waited for what ends a response, and for what may follow where it is left.
_END_S, _REST_S = 0.05, 0.002
# An error body longer than this is a page, not a message.
_MAX_ERROR_BYTES = 65_536


def make_client(endpoint: Endpoint) -> httpx2.AsyncClient:
    """A client for one endpoint; slow to make (the trust store), so made once, off the hot path.

    HTTPS_PROXY and NO_PROXY count, but never for loopback: a company's proxy must not see what is
    meant for a local server. Redirects are not followed, so that no key leaves for another host.
    """
    # Imported late: some 150 ms that the start of the server does not have.
    import httpx2

    async def guard(request: httpx2.Request) -> None:
        guard_headers(request.headers, endpoint, origin_of(str(request.url)))

    # Without TLS to speak, a context that trusts nobody, which takes no time to make.
    context = make_tls_context() if _speaks_tls(endpoint) else _trust_nobody()
    limits = httpx2.Limits(max_connections=16, max_keepalive_connections=4, keepalive_expiry=120)
    trusts_environment = not endpoint.is_loopback
    transport: httpx2.AsyncBaseTransport | None = None
    if _speaks_tls(endpoint) and not (trusts_environment and getproxies()):
        from lsp_server.provider.spare import SparingTransport

        transport = SparingTransport(context, limits)
    return httpx2.AsyncClient(
        verify=context,
        trust_env=trusts_environment,
        transport=transport,
        event_hooks={"request": [guard]},
        follow_redirects=False,
        timeout=httpx2.Timeout(30.0, connect=5.0),
        limits=limits,
    )


def load_backend() -> None:
    """Load what the client does its waiting with; its first request would load it else.

    Not to be called on an event loop.
    """
    import anyio

    anyio.run(anyio.lowlevel.checkpoint)


def guard_headers(headers: MutableMapping[str, str], endpoint: Endpoint, origin: str) -> None:
    """The one place where a key gets onto the wire: only towards the origin it was given for.

    What a library would add of its own about this machine (its system, an organisation from the
    environment) is taken off.
    """
    for name in list(headers):
        if name.lower().startswith(("x-stainless", "openai-", "authorization")):
            del headers[name]
    headers["User-Agent"] = f"qwen-lsp/{__version__}"
    # A few kilobytes of stream gain nothing by being packed, and what is packed can be a bomb.
    headers["Accept-Encoding"] = "identity"
    if endpoint.key and origin == endpoint.origin:
        headers["Authorization"] = f"Bearer {endpoint.key}"


def make_tls_context() -> ssl.SSLContext:
    """The system's trust store, plus the file in SSL_CERT_FILE where the user names one."""
    import truststore

    context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    extra = os.environ.get("SSL_CERT_FILE")
    if extra and os.path.isfile(extra):
        context.load_verify_locations(extra)
    return context


def _speaks_tls(endpoint: Endpoint) -> bool:
    return endpoint.base_url.startswith("https:")


def _trust_nobody() -> ssl.SSLContext:
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


async def read_fault(response: httpx2.Response, endpoint: Endpoint, model: str) -> Fault:
    """The fault that an error response means; reads at most 64 KiB of it."""
    return classify(
        response.status_code,
        decode_json(await read_body(response)),
        model=model,
        origin=endpoint.origin,
        headers=response.headers,
    )


async def read_body(response: httpx2.Response, limit: int = _MAX_ERROR_BYTES) -> bytes:
    """The body of a message that is no stream, as it came, cut off a little after `limit` bytes."""
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > limit:
            break
    return bytes(body)


def decode_json(body: bytes) -> object:
    """The JSON value of a body, None where it is none."""
    try:
        value: object = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return value


async def read_end(parts: AsyncIterable[object]) -> None:
    """Read what follows the end of an answer: only a response that was read to its own end leaves
    the connection for the next request. A server may leave it open, so not for long."""
    await _read_on(parts, _END_S)


@contextlib.asynccontextmanager
async def reading(parts: _Parts) -> AsyncIterator[_Parts]:
    """The parts of an answer. Where their reader leaves because enough has come, what follows is
    read if it is on its way already; else the connection is better closed, so that the model stops.
    """
    try:
        yield parts
    except GeneratorExit:
        await _read_on(parts, _REST_S)
        raise


async def _read_on(parts: AsyncIterable[object], seconds: float) -> None:
    async def read() -> None:
        async for _ in parts:
            pass

    # The answer is there, so that nothing that happens now can spoil it.
    with contextlib.suppress(Exception):
        await asyncio.wait_for(read(), seconds)


def require_stream(headers: Mapping[str, str], endpoint: Endpoint, *types: str) -> None:
    """Raise `ProviderError` unless the response has one of these media types, unpacked."""
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise ProviderError(not_an_answer(endpoint.origin, "something packed"))
    content_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type not in types:
        what = "a web page" if content_type == "text/html" else "something else"
        raise ProviderError(not_an_answer(endpoint.origin, what))


def translate(error: Exception, endpoint: Endpoint) -> ProviderError:
    """A transport's exception as a fault; nothing of the request is kept in it."""
    import httpx2

    origin = endpoint.origin
    if isinstance(error, ProviderError):
        return error
    chain: BaseException | None = error
    while chain is not None:
        if isinstance(chain, ssl.SSLCertVerificationError):
            return ProviderError(untrusted_certificate(origin))
        chain = chain.__cause__ or chain.__context__
    if isinstance(error, httpx2.ProxyError):
        return ProviderError(unreachable(origin, "the proxy refuses"))
    if isinstance(error, httpx2.ConnectTimeout | httpx2.PoolTimeout):
        return ProviderError(unreachable(origin, "no connection in time"))
    if isinstance(error, httpx2.ConnectError | httpx2.UnsupportedProtocol):
        return ProviderError(unreachable(origin, "connection refused or no such host"))
    if isinstance(error, httpx2.TimeoutException | asyncio.TimeoutError):
        return ProviderError(unreachable(origin, "it fell silent"))
    if isinstance(error, httpx2.RemoteProtocolError | httpx2.ReadError | httpx2.WriteError):
        return ProviderError(cut_short(origin))
    unreadable = httpx2.DecodingError | httpx2.SSEError | ValueError | LookupError | TypeError
    if isinstance(error, unreadable | AttributeError):
        return ProviderError(not_an_answer(origin, "something unreadable"))
    return ProviderError(unreachable(origin, type(error).__name__))
