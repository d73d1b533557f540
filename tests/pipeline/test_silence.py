"""Where an editor that asks by itself gets nothing, `qwen.why` says why, and no model is asked."""

from __future__ import annotations

import pytest

from tests.fakes import Reply
from tests.pipeline.desk import open_desk


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("val█ue = 1\n", "The cursor stands inside a word."),
        ("call(a)█\n", "The statement has just been closed."),
        ("x = 'some █ text'\n", "The cursor stands in the middle of a string."),
        ("# some █ text\n", "The cursor stands in the middle of a comment."),
    ],
)
async def test_no_automatic_request(source: str, reason: str) -> None:
    async with open_desk(source, lambda _: Reply("more\n")) as desk:
        outcome = await desk.ask(explicit=False)
        assert (outcome.fate, outcome.reason) == ("empty", reason)
        assert not desk.endpoint.generations
        # By hand a model is asked wherever it may be.
        await desk.ask()
        assert desk.endpoint.generations


@pytest.mark.asyncio
async def test_requests_that_come_too_fast_are_held_back() -> None:
    async with open_desk("x = █\n", lambda _: Reply("", chunk_size=0)) as desk:
        reasons = []
        for _ in range(12):
            desk.type("a ")
            reasons.append((await desk.ask(explicit=False)).reason)
    assert "Requests come too fast; this one was held back." in reasons[10:]


@pytest.mark.asyncio
async def test_what_came_beyond_is_kept_for_the_next_place() -> None:
    reply = Reply("one()\ny = two()\nz = three()\n", chunk_size=0)
    async with open_desk("x = █\n", lambda _: reply) as desk:
        assert await desk.texts(explicit=False) == ["one()"]
        desk.type("one()")
        desk.type("\n")
        outcome = await desk.ask(explicit=False)
        assert outcome.items[0].text.startswith("y = two()")
        assert outcome.reason == "It was answered before."
        assert len(desk.endpoint.generations) == 1
