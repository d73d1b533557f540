"""The faults of an endpoint that ghost text has to outlive, from the line to the status codes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Literal

from tests.fakes.certificates import HOST, Authority
from tests.fakes.server import FakeEndpoint
from tests.fakes.values import Fault, Reply

# Who is to answer: the embedded engine in the model's place, or the model in spite of the fault.
Answer = Literal["embedded", "model", "nobody"]

TEXT = "sum(größen) + minimum(größen) - maximum(größen)\n"


@dataclass(frozen=True)
class EndpointFault:
    """One fault.

    `ends_late` says that only the deadline ends it, `has_thread` that a thread has a part in it,
    which no virtual clock knows of.
    """

    name: str
    set_up: Callable[[FakeEndpoint], None]
    answer: Answer = "embedded"
    ends_late: bool = False
    has_thread: bool = False

    def __str__(self) -> str:
        return self.name


@asynccontextmanager
async def open_endpoint(fault: EndpointFault) -> AsyncIterator[tuple[FakeEndpoint, str]]:
    """An endpoint with the fault, and the address at which it is asked."""
    context = Authority().serve_as(HOST) if fault.name == "certificate" else None
    async with FakeEndpoint("openai", ssl_context=context) as endpoint:
        fault.set_up(endpoint)
        address = endpoint.base_url
        if fault.name == "refused":
            await endpoint.stop()
        elif fault.name == "no such host":
            address = "https://no-such-host.invalid/v1"
        yield endpoint, address


def _nothing(_: FakeEndpoint) -> None:
    pass


def _reply(fault: Fault) -> Callable[[FakeEndpoint], None]:
    return lambda endpoint: endpoint.reply(Reply(TEXT, fault=fault))


def _status(
    status: int, headers: Mapping[str, str] | None = None
) -> Callable[[FakeEndpoint], None]:
    return lambda endpoint: endpoint.fail(status, "some_code", "A message.", headers=headers)


FAULTS = (
    EndpointFault("refused", _nothing),
    EndpointFault("no such host", _nothing, has_thread=True),
    EndpointFault("certificate", _nothing, has_thread=True),
    EndpointFault("reset in the middle", _reply("reset_mid_stream")),
    EndpointFault("redirect", _reply("redirect")),
    EndpointFault("hangs before headers", _reply("hang_before_headers"), ends_late=True),
    EndpointFault("hangs in the middle", _reply("hang_mid_stream"), ends_late=True),
    EndpointFault("a byte a second", _reply("byte_a_second"), ends_late=True),
    EndpointFault("endless", _reply("endless"), "nobody"),
    EndpointFault("a web page", _reply("html_200")),
    EndpointFault("bad JSON", _reply("bad_json")),
    EndpointFault("a cut event", _reply("cut_sse")),
    EndpointFault("no end mark", _reply("no_done"), "model"),
    EndpointFault("two end marks", _reply("two_done"), "model"),
    EndpointFault("split characters", _reply("utf8_split"), "model"),
    EndpointFault("no choices", _reply("no_choices")),
    EndpointFault("nothing, without end", _reply("says_nothing")),
    EndpointFault("null content", _reply("null_content"), "nobody"),
    EndpointFault("100 MB", _reply("hundred_megabytes"), "nobody"),
    EndpointFault("gzip bomb", _reply("gzip_bomb")),
    EndpointFault("special tokens", _reply("special_tokens"), "model"),
    EndpointFault("an error in the stream", _reply("error_in_stream")),
    EndpointFault("an empty body", _reply("empty_body")),
    EndpointFault("an error's code in a 200", _reply("code_in_200")),
    *(EndpointFault(str(status), _status(status)) for status in (400, 401, 403, 404, 408, 413)),
    EndpointFault("429, at once", _status(429, {"Retry-After": "0"})),
    EndpointFault("429, in an hour", _status(429, {"Retry-After": "3600"})),
    EndpointFault("429, nonsense", _status(429, {"Retry-After": "soon-ish"})),
    EndpointFault("500", _status(500)),
    EndpointFault("503", _status(503)),
)
