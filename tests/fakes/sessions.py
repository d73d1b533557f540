"""A session in this process: the whole server but its protocol and its worker."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from lsp_server.embedded.client import EmbeddedClient
from lsp_server.embedded.engine import Suggestion
from lsp_server.provider.discover import Environment
from lsp_server.session import Session
from lsp_server.settings import Layer, resolve_settings
from tests.fakes.server import FakeEndpoint


class FakeEmbedded(EmbeddedClient):
    """Says the same to every question; has no process."""

    def __init__(self, text: str | None) -> None:
        super().__init__()
        self._text = text

    async def start(self, *_: object) -> None:
        self.indexed.set()

    async def suggest(self, *_: object, **__: object) -> list[Suggestion]:
        return [] if self._text is None else [Suggestion(self._text, 0.95, "other.py")]


@asynccontextmanager
async def open_session(
    endpoint: FakeEndpoint,
    *,
    notify: Callable[[str], None] = lambda _: None,
    embedded: str | None = "fallback()",
    completion: Mapping[str, Any] | None = None,
    base_url: str | None = None,
) -> AsyncIterator[Session]:
    """A session connected to an endpoint, or to `base_url`; ended in good order."""
    session = Session(Environment(), lambda _: "sk-test", notify=notify, show_status=lambda _: None)
    session.embedded = FakeEmbedded(embedded)
    tree = {
        "provider": endpoint.kind,
        "baseUrl": base_url or endpoint.base_url,
        "completion": {"model": "qwen2.5-coder-7b-instruct", **(completion or {})},
    }
    resolved = resolve_settings([Layer("the test", tree)])
    assert not resolved.problems
    try:
        await session.configure(resolved.settings, ())
        await session.wait_until_connected()
        yield session
    finally:
        await session.shut_down()
