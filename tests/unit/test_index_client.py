"""The index's process: told of changes, started again, on a database that others use as well."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lsp_server.index.client import IndexClient, IndexState
from lsp_server.index.reader import Reader
from lsp_server.index.schema import database_path

IGNORE = (".gitignore", ".qwenignore")
# A build of a few files takes half a second on a quiet machine.
PATIENCE_S = 60.0


class Indexed:
    """A client with all that it has told."""

    def __init__(self, root: Path, place: Path) -> None:
        self.root = root
        self.states: list[IndexState] = []
        self.place = place
        self.changed: list[str] = []
        self.client = IndexClient(self.states.append, place, self.changed.extend)

    async def start(self, *, watch: bool = False) -> None:
        await self.client.start([self.root], IGNORE, watch=watch)
        await self.until(lambda: bool(self.states) and not self.states[-1].is_reading)

    async def until(self, is_so: Callable[[], bool]) -> None:
        for _ in range(int(PATIENCE_S / 0.02)):
            if is_so():
                return
            await asyncio.sleep(0.02)
        raise AssertionError(self.states)

    def defines(self, name: str) -> list[str]:
        reader = Reader(database_path(self.root, IGNORE, self.place))
        try:
            return [symbol.path for symbol in reader.define([name])]
        finally:
            reader.close()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "workspace"
    root.mkdir()
    (root / "a.py").write_text("class A: pass\n")
    (root / "b.py").write_text("class B: pass\n")
    return root


@pytest.mark.asyncio
async def test_a_workspace_is_read_and_followed(root: Path, tmp_path: Path) -> None:
    indexed = Indexed(root, tmp_path / "place")
    await indexed.start()
    assert indexed.client.state == IndexState(False, 2, 2)
    assert indexed.defines("A") == ["a.py"]
    (root / "c.py").write_text("class C: pass\n")
    indexed.client.change([str(root / "c.py")])
    await indexed.until(lambda: indexed.defines("C") == ["c.py"])
    indexed.client.put(str(root / "c.py"), "class Unsaved: pass\n")
    await indexed.until(lambda: indexed.defines("Unsaved") == ["c.py"])
    indexed.client.drop(str(root / "c.py"))
    await indexed.until(lambda: indexed.defines("C") == ["c.py"])
    await indexed.client.close()
    assert indexed.client.state.fault == ""


@pytest.mark.asyncio
async def test_changes_are_seen_without_being_told(root: Path, tmp_path: Path) -> None:
    indexed = Indexed(root, tmp_path / "place")
    await indexed.start(watch=True)

    def is_seen() -> bool:
        # Watching begins a moment after the first reading; what changes later is seen.
        (root / "seen.py").write_text("class Seen: pass\n")
        return indexed.defines("Seen") == ["seen.py"]

    await indexed.until(is_seen)
    assert str(root / "seen.py") in indexed.changed
    (root / "a.py").unlink()
    await indexed.until(lambda: indexed.defines("A") == [])
    await indexed.client.close()


@pytest.mark.asyncio
async def test_it_goes_on_after_its_process_was_ended(root: Path, tmp_path: Path) -> None:
    indexed = Indexed(root, tmp_path / "place")
    await indexed.start()
    told = len(indexed.states)
    os.kill(indexed.client.process_id or 0, signal.SIGKILL)
    (root / "b.py").write_text("class Changed: pass\n")
    await indexed.until(lambda: indexed.defines("Changed") == ["b.py"])
    assert indexed.defines("A") == ["a.py"]
    assert len(indexed.states) >= told
    await indexed.client.close()


@pytest.mark.asyncio
async def test_folders_come_and_go(root: Path, tmp_path: Path) -> None:
    indexed = Indexed(root, tmp_path / "place")
    await indexed.start()
    other = tmp_path / "other"
    other.mkdir()
    (other / "a.py").write_text("class Other: pass\n")
    await indexed.client.start([other], IGNORE, watch=False)
    indexed.root = other
    await indexed.until(lambda: indexed.defines("Other") == ["a.py"])
    await indexed.client.close()


@pytest.mark.asyncio
async def test_why_nothing_can_be_written_is_told(root: Path, tmp_path: Path) -> None:
    place = tmp_path / "place"
    place.write_text("no folder")
    indexed = Indexed(root, place)
    await indexed.client.start([root], IGNORE, watch=False)
    await indexed.until(lambda: indexed.client.state.fault != "")
    assert indexed.defines("A") == []
    await indexed.client.close()


@pytest.mark.asyncio
async def test_two_servers_share_a_database(root: Path, tmp_path: Path) -> None:
    for number in range(200):
        (root / f"m{number}.py").write_text(f"class M{number}: pass\n")
    first, second = Indexed(root, tmp_path / "place"), Indexed(root, tmp_path / "place")
    await asyncio.gather(first.start(), second.start())
    (root / "last.py").write_text("class Last: pass\n")
    for each in (first, second):
        each.client.change([str(root / "last.py")])
    for each in (first, second):
        await each.until(lambda each=each: each.defines("Last") == ["last.py"])  # type: ignore[misc]
        assert each.client.state.fault == ""
        assert each.defines("M199") == ["m199.py"]
    assert len(list((tmp_path / "place").glob("*.sqlite"))) == 1
    await first.client.close()
    assert second.defines("A") == ["a.py"]
    await second.client.close()


class FakeWorker:
    """In the place of the process: what it is told first, and what it is said to have said."""

    def __init__(self, _module: str, **given: Any) -> None:
        self.greet: Callable[[], list[dict[str, Any]]] = given["greet"]
        self.say: Callable[[dict[str, Any]], None] = given["on_event"]

    async def start(self) -> None: ...


@pytest.mark.asyncio
async def test_files_at_which_the_process_ended_are_named(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workers: list[FakeWorker] = []

    def make(*arguments: Any, **given: Any) -> FakeWorker:
        workers.append(FakeWorker(*arguments, **given))
        return workers[-1]

    monkeypatch.setattr("lsp_server.index.client.WorkerProcess", make)
    client = IndexClient(lambda _state: None)
    (worker,) = workers
    assert worker.greet() == []
    await client.start([root], IGNORE, watch=False)
    assert [message["careful"] for message in worker.greet()] == [[]]
    worker.say({"event": "reading", "names": ["good.py"]})
    state = {"reading": True, "done": 1, "total": 2, "cut": False, "fault": ""}
    worker.say({"event": "state", "root": str(root), **state})
    assert [message["careful"] for message in worker.greet()] == [[]]
    worker.say({"event": "reading", "names": ["bad.py"]})
    assert [message["careful"] for message in worker.greet()] == [["bad.py"]]
    assert [message["careful"] for message in worker.greet()] == [["bad.py"]]
