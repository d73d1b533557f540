"""What every provider takes and gives."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Protocol, TypeAlias
from urllib.parse import urlsplit

from lsp_server.prompt.base import ChatPrompt, Form, Prompt

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address to ask, the key that was given for it, and why it was chosen."""

    provider: str
    base_url: str
    key: str | None = field(default=None, repr=False)
    reason: str = ""

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        return origin_of(self.base_url)

    @property
    def is_loopback(self) -> bool:
        """Whether the address never leaves this machine."""
        return urlsplit(self.base_url).hostname in _LOOPBACK


@dataclass(frozen=True, slots=True)
class Request:
    """One question to a model. `max_tokens` counts the answer's tokens; `language` is that of the
    code in question, as editors name it."""

    model: str
    prompt: Prompt | ChatPrompt
    max_tokens: int
    temperature: float = 0.0
    deadline_ms: int = 60_000
    language: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of the answer. `thoughts` counts the characters of reasoning that came with it,
    which are not kept."""

    text: str
    thoughts: int = 0


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the endpoint counted them."""

    input: int
    output: int
    cached: int = 0


Piece: TypeAlias = Text | Usage


class Provider(Protocol):
    """One kind of endpoint."""

    @property
    def endpoint(self) -> Endpoint:
        """Where it asks."""

    def forms(self, model: str) -> tuple[Form, ...]:
        """The prompt forms worth trying with this model, best first."""

    async def prepare(self) -> None:
        """Load what is slow to load, off the event loop, before the first request."""

    def stream(self, request: Request) -> AsyncGenerator[Piece, None]:
        """The answer as it comes; closing the generator closes the connection.

        Raises `ProviderError`, and nothing else, when the endpoint cannot answer.
        """

    async def list_models(self) -> tuple[str, ...]:
        """Ids of the models served; raises `ProviderError`."""

    async def close(self) -> None:
        """Close the connections kept open."""


@lru_cache(maxsize=64)
def origin_of(address: str) -> str:
    """Scheme, host and port of an address, with the scheme's own port left out."""
    parts = urlsplit(address)
    host = parts.hostname or ""
    if ":" in host:
        host = f"[{host}]"
    default = {"http": 80, "https": 443}.get(parts.scheme)
    port = "" if parts.port in {None, default} else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"
