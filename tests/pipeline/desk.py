"""One document of a session against a fake endpoint, for tests that ask more than once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from lsp_server.buffer import Change, Encoding, Position
from lsp_server.completion.base import Outcome
from lsp_server.provider.discover import Environment
from lsp_server.session import Session
from lsp_server.settings import Layer, resolve_settings
from tests.fakes import FakeEndpoint, RecordedRequest, Reply
from tests.fakes.sessions import FakeEmbedded
from tests.marks import read_snapshot

_URI = "untitled:Untitled-1"


@dataclass
class Desk:
    """A document with a cursor."""

    session: Session
    endpoint: FakeEndpoint
    cursor: Position
    version: int = 1

    async def ask(self, *, explicit: bool = True) -> Outcome:
        """Ask at the cursor."""
        return await self.session.complete(_URI, self.cursor, explicit=explicit)

    async def texts(self, *, explicit: bool = True) -> list[str]:
        """The texts at the cursor."""
        return [item.text for item in (await self.ask(explicit=explicit)).items]

    def type(self, text: str) -> None:
        """Type a text."""
        self.version += 1
        place = (self.cursor.line, self.cursor.column)
        self.session.change(_URI, self.version, [Change(place, place, text)])
        _, newline, last = text.rpartition("\n")
        column = 0 if newline else self.cursor.column
        self.cursor = Position(self.cursor.line + text.count("\n"), column + len(last))


@asynccontextmanager
async def open_desk(
    source: str,
    script: Callable[[RecordedRequest], Reply],
    *,
    language: str = "python",
    embedded: str | None = None,
    **completion: Any,
) -> AsyncIterator[Desk]:
    """A document, its cursor marked by █; the `completion` settings; a model that says `script`."""
    async with FakeEndpoint(kind="openai") as endpoint:
        endpoint.script(script)
        tree = {
            "provider": "openai",
            "baseUrl": endpoint.base_url,
            "completion": {
                "model": "qwen2.5-coder-7b-instruct",
                "mode": "fim",
                "deadlineMs": 10_000,
                **completion,
            },
        }
        session = Session(
            Environment(),
            lambda _origin: "sk-test",
            notify=lambda _sentence: None,
            show_status=lambda _status: None,
        )
        session.embedded = FakeEmbedded(embedded)
        try:
            await session.configure(resolve_settings([Layer("the test", tree)]).settings, ())
            await session.wait_until_connected()
            snapshot, cursor = read_snapshot(source, language)
            session.open(_URI, language, 1, snapshot.text, Encoding.UTF16)
            yield Desk(session, endpoint, cursor)
        finally:
            await session.shut_down()
