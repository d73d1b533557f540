"""What the session makes of its index: one sentence a trouble, and none where nobody asked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from lsp_server.index.client import IndexState
from lsp_server.provider.discover import Environment
from lsp_server.session import TOO_LARGE, Session
from lsp_server.settings import Layer, resolve_settings
from tests.fakes.sessions import FakeEmbedded

SETTINGS = resolve_settings([Layer("the test", {"provider": "embedded"})]).settings


class FakeIndex:
    """An index that remembers what it was told."""

    def __init__(self, on_state: Callable[[IndexState], None]) -> None:
        self.show = on_state
        self.started: list[tuple[Sequence[Path], bool]] = []

    async def start(self, roots: Sequence[Path], ignore: Sequence[str], *, watch: bool) -> None:
        assert ".qwenignore" in ignore
        self.started.append((roots, watch))

    async def close(self) -> None:
        self.started.clear()


@asynccontextmanager
async def open_session(
    monkeypatch: pytest.MonkeyPatch, told: list[str], shown: list[IndexState] | None
) -> AsyncIterator[tuple[Session, FakeIndex]]:
    """A session with an index that is none."""
    made: list[FakeIndex] = []

    def make(on_state: Callable[[IndexState], None], **_: object) -> FakeIndex:
        made.append(FakeIndex(on_state))
        return made[-1]

    monkeypatch.setattr("lsp_server.session.IndexClient", make)
    session = Session(
        Environment(),
        lambda _origin: None,
        notify=told.append,
        show_status=lambda _status: None,
        show_index=None if shown is None else shown.append,
    )
    session.embedded = FakeEmbedded(None)
    try:
        yield session, made[0]
    finally:
        await session.shut_down()


@pytest.mark.asyncio
async def test_states_are_shown_and_troubles_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    shown: list[IndexState] = []
    async with open_session(monkeypatch, told, shown) as (_, index):
        states = [
            IndexState(is_reading=True, done=1, total=9),
            IndexState(is_cut=True),
            IndexState(is_cut=True, done=9),
            IndexState(fault="database or disk is full"),
            IndexState(),
            IndexState(fault="database or disk is full"),
        ]
        for state in states:
            index.show(state)
    assert shown == states
    assert told[0] == TOO_LARGE
    assert "20,000 files" in TOO_LARGE
    assert ["disk is full" in sentence for sentence in told] == [False, True]


@pytest.mark.asyncio
async def test_the_same_folder_is_read_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async with open_session(monkeypatch, [], []) as (session, index):
        await session.configure(SETTINGS, (tmp_path,), watch=True)
        assert index.started == [((tmp_path,), True)]
        await session.configure(SETTINGS, (tmp_path,), watch=True)
        assert len(index.started) == 1


@pytest.mark.asyncio
@pytest.mark.parametrize("has_folder", [True, False])
async def test_nothing_is_indexed_without_a_folder_or_somebody_to_show(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, has_folder: bool
) -> None:
    async with open_session(monkeypatch, [], None if has_folder else []) as (session, index):
        await session.configure(SETTINGS, (tmp_path,) if has_folder else ())
        assert index.started == []
