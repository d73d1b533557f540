"""Processes of our own: asked, started again, and ended."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from lsp_server.worker.owner import Message, WorkerProcess

# A start takes a quarter of a second on a quiet machine.
PATIENCE_S = 60.0


class Owner:
    """A worker with what it said."""

    def __init__(self, module: str = "tests.fakes.worker") -> None:
        self.events: asyncio.Queue[Message] = asyncio.Queue()
        self.ended = asyncio.Event()
        self.worker = WorkerProcess(
            module,
            greet=lambda: [{"do": "greet", "name": "first"}, {"do": "greet", "name": "second"}],
            on_event=self.events.put_nowait,
            on_end=self.ended.set,
            is_background=True,
        )

    async def next_event(self) -> Message:
        return await asyncio.wait_for(self.events.get(), PATIENCE_S)

    async def expect_greeting(self) -> None:
        assert (await self.next_event())["name"] == "first"
        assert (await self.next_event())["name"] == "second"

    async def ask(self, do: str, **more: Any) -> dict[str, Any]:
        return await self.worker.ask({"do": do, **more}, PATIENCE_S)


@pytest_asyncio.fixture
async def owner() -> AsyncIterator[Owner]:
    owner = Owner()
    yield owner
    await owner.worker.close()


@pytest.mark.asyncio
async def test_it_is_greeted_and_answers(owner: Owner) -> None:
    await owner.worker.start()
    await owner.expect_greeting()
    answers = await asyncio.gather(*(owner.ask("echo", text="é\n" * n) for n in range(20)))
    assert [answer["echo"] for answer in answers] == ["é\n" * n for n in range(20)]


@pytest.mark.asyncio
async def test_it_does_not_import_from_the_working_folder(owner: Owner) -> None:
    await owner.worker.start()
    answer = await owner.ask("echo")
    assert answer["flags"] == 1
    assert "" not in answer["path"]
    assert set(answer["path"]) >= set(filter(None, sys.path))


@pytest.mark.asyncio
async def test_it_is_greeted_again_when_started_again(owner: Owner) -> None:
    await owner.worker.start()
    await owner.expect_greeting()
    number = owner.worker.process_id
    await owner.worker.start()
    await owner.expect_greeting()
    assert owner.worker.process_id == number


@pytest.mark.asyncio
async def test_it_works_between_messages(owner: Owner) -> None:
    await owner.worker.start()
    await owner.expect_greeting()
    await owner.ask("work", steps=3)
    assert [(await owner.next_event())["left"] for _ in range(3)] == [2, 1, 0]
    await owner.ask("note")
    assert (await owner.next_event())["name"] == "noted"


@pytest.mark.asyncio
@pytest.mark.parametrize("how", ["end", "fail"])
async def test_it_is_started_again_three_times(owner: Owner, how: str) -> None:
    await owner.worker.start()
    for _ in range(4):
        await owner.expect_greeting()
        assert not owner.ended.is_set()
        owner.worker.post({"do": how})
    await asyncio.wait_for(owner.ended.wait(), PATIENCE_S)
    assert owner.worker.process_id is None
    assert not owner.worker.post({"do": "echo"})
    assert await owner.ask("echo") == {}


@pytest.mark.asyncio
async def test_questions_are_given_up_when_it_ends(owner: Owner) -> None:
    await owner.worker.start()
    await owner.expect_greeting()
    assert list(await asyncio.gather(owner.ask("end"), owner.ask("echo"))) == [{}, {}]


@pytest.mark.asyncio
async def test_without_a_module_it_is_given_up() -> None:
    owner = Owner("lsp_server.no_such_worker")
    await owner.worker.start()
    await asyncio.wait_for(owner.ended.wait(), PATIENCE_S)
    await owner.worker.close()


@pytest.mark.asyncio
async def test_without_python_it_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    owner = Owner()
    await owner.worker.start()
    assert owner.ended.is_set()
    assert await owner.ask("echo") == {}


@pytest.mark.asyncio
async def test_an_answer_is_not_waited_for_longer_than_told(owner: Owner) -> None:
    assert await owner.worker.ask({"do": "echo"}, 0.0) == {}
    await owner.worker.start()
    assert await owner.worker.ask({"do": "echo"}, 0.0) == {}
    await owner.worker.close()
    await owner.worker.close()
