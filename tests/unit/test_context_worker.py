"""The context process: what it answers, what it leaves out, and what stands in for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from lsp_server.buffer import Buffer, Encoding, Position, Snapshot
from lsp_server.context.base import Context
from lsp_server.context.client import _DELAYS_S, ContextClient
from lsp_server.context.edits import Edit
from lsp_server.context.process import ContextProcess, Details
from lsp_server.index.extract import extract
from lsp_server.index.schema import database_path
from lsp_server.index.store import Entry, Store
from lsp_server.privacy.gate import Gate

FILES = {
    "app.py": "from money import convert\n\n\ndef total(prices):\n    \n",
    "money.py": "def convert(price, currency):\n    return price\n",
    "wishes.py": "def total(prices):\n    return [convert(price, EURO) for price in prices]\n",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    entries = []
    for path, text in FILES.items():
        (root / path).write_text(text)
        entries.append(Entry(extract(path, "python", text, seconds=5.0), (1, 1)))
    store = Store(database_path(root, Gate(()).ignore_files, tmp_path / "index"))
    store.write(entries)
    store.close()
    return root


def snapshot_of(root: Path, path: str = "app.py") -> Snapshot:
    uri = (root / path).as_uri()
    return Buffer(uri, 1, "python", FILES["app.py"], Encoding.UTF16).snapshot()


def ask(root: Path, edits: tuple[Edit, ...] = (), ignored: str = "") -> Details:
    async def run() -> Details:
        process = ContextProcess(lambda: edits)
        await process.start(Gate((root,)), root.parent / "index")
        try:
            place = Position(4, 4)
            found = await process.explain(snapshot_of(root), place, "project", 800, seconds=60)
            if ignored:
                (root / ".qwenignore").write_text(ignored)
                found = await process.explain(snapshot_of(root), place, "project", 800, seconds=60)
        finally:
            await process.close()
        assert found is not None
        return found

    return asyncio.run(run())


def paths(details: Details) -> set[str]:
    return {snippet.path for snippet in details.context.snippets}


def test_the_project_is_told_of(project: Path) -> None:
    details = ask(project)
    assert details.context.prefix == FILES["app.py"][:-1]
    assert paths(details) == {"money.py", "wishes.py"}
    assert {piece.path for piece in details.pieces} == {"money.py", "wishes.py"}
    assert 0 < details.tokens <= 800


def test_a_file_ignored_meanwhile_is_left_out_at_once(project: Path) -> None:
    assert paths(ask(project, ignored="wishes.py\n")) == {"money.py"}


@pytest.mark.parametrize(
    ("name", "is_told"), [("other.py", True), (".env", False), ("../outside.py", False)]
)
def test_only_edits_that_may_be_sent(project: Path, name: str, is_told: bool) -> None:
    edit = Edit((project / name).as_uri(), 0, (), ("SECRET",))
    details = ask(project, (edit,))
    assert ("recent-edits.diff" in paths(details)) == is_told


def test_without_the_process_the_window_is_sent(project: Path) -> None:
    async def run() -> Context:
        client = ContextClient()
        return await client.gather(
            snapshot_of(project), Position(4, 4), "app.py", "project", 800, seconds=60
        )

    context = asyncio.run(run())
    assert (context.path, context.repository, context.snippets) == ("app.py", "project", ())
    assert context.prefix == FILES["app.py"][:-1]


@pytest.mark.parametrize("uri", ["untitled:a.py", "file:///elsewhere/a.py"])
def test_a_document_outside_the_project_has_its_window(project: Path, uri: str) -> None:
    async def run() -> Context:
        client = ContextClient()
        await client.start(Gate((project,)), project.parent / "index")
        try:
            snapshot = Buffer(uri, 1, "python", "x = 1\n", Encoding.UTF16).snapshot()
            return await client.gather(snapshot, Position(0, 5), "a.py", "", 800, seconds=60)
        finally:
            await client.close()

    assert asyncio.run(run()).snippets == ()


def test_near_a_place_no_question_is_asked(project: Path) -> None:
    async def run() -> list[Context]:
        client = ContextClient()
        await client.start(Gate((project,)), project.parent / "index")
        found = [await gather(client, project, Position(4, 4))]
        # There is nobody left to ask.
        await client.close()
        return [*found, await gather(client, project, Position(3, 4))]

    first, second = asyncio.run(run())
    assert {snippet.path for snippet in first.snippets} == {"money.py", "wishes.py"}
    assert second.snippets == first.snippets
    assert second.prefix + second.suffix == first.prefix + first.suffix


def test_what_is_kept_of_a_file_ignored_meanwhile_is_left_out_at_once(project: Path) -> None:
    async def run() -> Context:
        client = ContextClient()
        await client.start(Gate((project,)), project.parent / "index")
        try:
            await gather(client, project, Position(4, 4))
            (project / ".qwenignore").write_text("wishes.py\n")
            return await gather(client, project, Position(3, 4))
        finally:
            await client.close()

    assert {snippet.path for snippet in asyncio.run(run()).snippets} == {"money.py"}


def test_it_is_gathered_anew_while_the_user_rests(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(_DELAYS_S, "rest", 0.01)
    edits: list[Edit] = []

    async def run() -> list[bool]:
        client = ContextClient(lambda: edits)
        await client.start(Gate((project,)), project.parent / "index")
        told: list[bool] = []
        try:
            await gather(client, project, Position(4, 4))
            edits.append(Edit((project / "money.py").as_uri(), 0, (), ("EURO = 1",)))
            while not any(told):
                context = await gather(client, project, Position(4, 4))
                told.append(any(one.path == "recent-edits.diff" for one in context.snippets))
                await asyncio.sleep(0.5)
        finally:
            await client.close()
        return told

    told = asyncio.run(run())
    assert not told[0]
    assert told[-1]


@asynccontextmanager
async def serving(root: Path) -> AsyncIterator[ContextClient]:
    client = ContextClient()
    await client.start(Gate((root,)), root.parent / "index")
    try:
        yield client
    finally:
        await client.close()


@pytest.mark.asyncio
async def test_what_comes_late_serves_the_next_request(project: Path) -> None:
    async with serving(project) as client:
        assert (await gather(client, project, Position(4, 4), seconds=0.0)).snippets == ()
        assert (await gather(client, project, Position(4, 4))).snippets


@pytest.mark.asyncio
async def test_a_request_that_is_cancelled_has_begun_all_the_same(project: Path) -> None:
    async with serving(project) as client:
        waiting = asyncio.create_task(gather(client, project, Position(4, 4)))
        await asyncio.sleep(0)
        waiting.cancel()
        # A place farther down is served with what has been begun for the first.
        assert (await gather(client, project, Position(5, 0))).snippets
        assert client._kept[snapshot_of(project).uri].line == 4


@pytest.mark.asyncio
async def test_a_document_that_is_opened_is_looked_at_ahead(project: Path) -> None:
    """What is gathered so serves where there is no time, and nowhere else."""
    async with serving(project) as client:
        client.look_ahead(snapshot_of(project), "project", 800)
        await asyncio.sleep(2 * _DELAYS_S["ahead"])
        await asyncio.gather(*(running.task for running in client._running.values()))
        assert client._kept[snapshot_of(project).uri].is_ahead
        hurried = await gather(client, project, Position(4, 4), seconds=0.0)
        assert hurried.snippets
        exact = await gather(client, project, Position(4, 4))
        assert exact.prefix == FILES["app.py"][:-1]
        assert {snippet.path for snippet in exact.snippets} == {"money.py", "wishes.py"}


@pytest.mark.asyncio
async def test_what_is_kept_goes_when_the_document_is_closed(project: Path) -> None:
    async with serving(project) as client:
        await gather(client, project, Position(4, 4))
        client.forget(snapshot_of(project).uri)
    assert (await gather(client, project, Position(4, 4))).snippets == ()


async def gather(
    client: ContextClient, root: Path, position: Position, seconds: float = 60.0
) -> Context:
    return await client.gather(
        snapshot_of(root), position, "app.py", "project", 800, seconds=seconds
    )
