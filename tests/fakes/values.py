"""The values that pass through the fake endpoint: what was asked, what to say, how it ended.

A request is answered in three steps, each a plain function: a *shape* (one file for each family of
protocols) checks the request and says what would be generated, `generation` makes the text of it,
and `wire` puts it on the line, faults included.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

JsonObject = dict[str, Any]
"""A JSON object as it stands on the wire."""

Kind = Literal["dashscope", "openai", "vllm", "llamacpp", "ollama", "lmstudio"]
Thinking = Literal["never", "hybrid", "always"]
Manner = Literal["verbatim", "fresh", "continued"]
Ending = Literal["answered", "cancelled", "broken", "stopped"]

Fault = Literal[
    "hang_before_headers",
    "hang_mid_stream",
    "byte_a_second",
    "endless",
    "hundred_megabytes",
    "html_200",
    "bad_json",
    "cut_sse",
    "no_done",
    "two_done",
    "utf8_split",
    "no_choices",
    "says_nothing",
    "null_content",
    "reset_mid_stream",
    "redirect",
    "gzip_bomb",
    "special_tokens",
    "error_in_stream",
    "empty_body",
    "code_in_200",
]

CHARACTERS_A_TOKEN = 4
"""What the fake takes for a token: crude, and the same everywhere."""


def count_tokens(text: str) -> int:
    return -(-len(text) // CHARACTERS_A_TOKEN)


def dump_json(value: Any) -> bytes:
    """Compact UTF-8 JSON, with characters beyond ASCII left as they are, as the servers do."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


@dataclass(frozen=True)
class Reply:
    """What the model says to one request.

    `text` is the whole answer, before stop strings and the limit of tokens cut it. `chunk_size` is
    in characters, 0 for all in one chunk. `delay_first` and `delay_between` are in seconds; in a
    stream the headers leave at once and the first event after `delay_first`. `reasoning` is sent
    only where the request thinks. `location` is where the fault `redirect` points.
    """

    text: str = "return total"
    chunk_size: int = 4
    delay_first: float = 0.0
    delay_between: float = 0.0
    finish: Literal["stop", "length"] = "stop"
    fault: Fault | None = None
    reasoning: str | None = None
    location: str = "http://127.0.0.1:9/"

    def __post_init__(self) -> None:
        if self.fault == "utf8_split" and self.text.isascii():
            raise ValueError("the fault utf8_split needs a text with a character beyond ASCII")


class Outcome:
    """How one request ended, filled in once: the first ending is the true one."""

    def __init__(self) -> None:
        self.ending: Ending | None = None
        self.ended: float | None = None

    def end(self, ending: Ending, now: float) -> None:
        if self.ending is None:
            self.ending, self.ended = ending, now


@dataclass(frozen=True, eq=False)
class RecordedRequest:
    """One request as it came in: `body` byte for byte, `headers` with names in lower case.

    `started` is in seconds on the clock of the running loop. `json` is None where the body is not
    JSON. `number` counts from 1 in the order of arrival.
    """

    number: int
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    json: Any
    started: float
    outcome: Outcome = field(default_factory=Outcome, repr=False)

    @property
    def closed(self) -> Ending | None:
        """None while it runs. `cancelled`: the client hung up before the answer was out.
        `broken`: a fault cut it. `stopped`: the endpoint was shut down."""
        return self.outcome.ending

    @property
    def closed_at(self) -> float | None:
        """When it ended, in seconds on the clock of the running loop."""
        return self.outcome.ended

    @property
    def key(self) -> str | None:
        """The bearer key that came with it, if any."""
        scheme, _, key = self.headers.get("authorization", "").partition(" ")
        return key.strip() if scheme.lower() == "bearer" else None


class RefusedError(Exception):
    """The request is answered by an error; each shape words it in its own way.

    `code` is the code of the OpenAI-compatible table; the native shapes translate it.
    """

    def __init__(
        self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})


@dataclass(frozen=True)
class Model:
    """`fim` says that it fills in the middle at the raw completion end of its server."""

    name: str
    fim: bool = True
    thinking: Thinking = "never"


@dataclass(frozen=True)
class World:
    """What the endpoint is, as far as a request can see it."""

    kind: Kind
    models: tuple[Model, ...]
    retired: Mapping[str, str]
    keys: Mapping[str, str] | None
    region: str
    max_input: int | None
    refused_parameters: frozenset[str]
    loading: bool = False


@dataclass(frozen=True)
class Document:
    """A whole answer that no model had to be asked for."""

    value: Any
    status: int = 200

    @property
    def content_type(self) -> str:
        return "text/plain" if isinstance(self.value, str) else "application/json"

    @property
    def body(self) -> bytes:
        return self.value.encode() if isinstance(self.value, str) else dump_json(self.value)


@dataclass(frozen=True)
class Told:
    """What the model has said, cut into pieces; a piece of None is a content of null."""

    pieces: tuple[str | None, ...]
    thoughts: tuple[str, ...]
    finish: str
    stopped_by: str
    prompt_tokens: int

    @property
    def text(self) -> str | None:
        return None if None in self.pieces else "".join(filter(None, self.pieces))

    @property
    def thought_tokens(self) -> int:
        return count_tokens("".join(self.thoughts))

    @property
    def output_tokens(self) -> int:
        return count_tokens(self.text or "") + self.thought_tokens


@dataclass(frozen=True)
class Frames:
    """A streamed answer, an event each. The last of `closing` is what tells the client that the
    answer is complete: `[DONE]`, or the last record where the protocol has no such mark."""

    body: tuple[bytes, ...]
    closing: tuple[bytes, ...]


class Shape(Protocol):
    """How one protocol writes an answer down."""

    @property
    def stream_type(self) -> str:
        """The content type of a streamed answer."""

    def frame(self, value: JsonObject) -> bytes:
        """One event of a stream."""

    def stream(self, told: Told) -> Frames: ...

    def whole(self, told: Told) -> JsonObject: ...

    def bare(self) -> JsonObject:
        """An answer, or an event of one, that has no choices in it."""

    def error_event(self, refusal: RefusedError) -> bytes:
        """An error told in the middle of a stream."""


@dataclass(frozen=True)
class Generation:
    """A request that has been accepted: what the model is to do, and how to write it down.

    `manner`: `verbatim` says the reply as it is; `continued` goes on from `prefix`, which the
    answer leaves out; `fresh` begins a chat-style answer, as models do that were not asked in the
    right way.
    """

    shape: Shape
    streamed: bool
    prompt_tokens: int
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()
    manner: Manner = "verbatim"
    prefix: str = ""
    thinking: bool = False


Answer = Document | Generation
Answerer = Callable[[World, RecordedRequest], Answer]


@dataclass(frozen=True)
class Route:
    """`answer` raises RefusedError, which `word_error` puts into the shape of this path."""

    answer: Answerer
    word_error: Callable[[World, RefusedError], Any]
    generates: bool = False


Routes = dict[tuple[str, str], Route]
Script = Callable[[RecordedRequest], Reply]


async def sleep_for_ever() -> None:
    await asyncio.get_running_loop().create_future()
