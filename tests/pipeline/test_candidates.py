"""Asked for by hand again at the same place, there are further candidates to cycle through."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from tests.fakes import RecordedRequest, Reply
from tests.pipeline.desk import Desk, open_desk


def in_turn(texts: Sequence[str]) -> Callable[[RecordedRequest], Reply]:
    """Says one text after the other, the last of them from then on."""
    left = list(texts)
    return lambda _request: Reply(left.pop(0) if len(left) > 1 else left[0])


def temperatures(desk: Desk) -> list[float]:
    return [request.json["temperature"] for request in desk.endpoint.generations]


@pytest.mark.asyncio
async def test_up_to_three_candidates_the_one_shown_first() -> None:
    async with open_desk("x = █\n", in_turn(["one()\n", "two()\n", "three()\n"])) as desk:
        assert await desk.texts() == ["one()"]
        assert await desk.texts() == ["one()", "two()"]
        assert await desk.texts() == ["one()", "two()", "three()"]
        assert await desk.texts() == ["one()", "two()", "three()"]
        drawn = temperatures(desk)
    assert len(drawn) == 3
    assert drawn == sorted(set(drawn))


@pytest.mark.asyncio
async def test_the_same_again_is_no_candidate() -> None:
    async with open_desk("x = █\n", in_turn(["one()\n"])) as desk:
        assert await desk.texts() == ["one()"]
        outcome = await desk.ask()
    assert [item.text for item in outcome.items] == ["one()"]
    assert outcome.reason == "The model had nothing else to offer."


@pytest.mark.asyncio
async def test_after_an_automatic_request_too() -> None:
    async with open_desk("x = █\n", in_turn(["one()\n", "two()\n"])) as desk:
        assert await desk.texts(explicit=False) == ["one()"]
        assert await desk.texts() == ["one()", "two()"]


@pytest.mark.asyncio
async def test_an_automatic_request_asks_nobody_again() -> None:
    async with open_desk("x = █\n", in_turn(["one()\n", "two()\n"])) as desk:
        assert await desk.texts() == ["one()"]
        assert await desk.texts(explicit=False) == ["one()"]
        assert len(desk.endpoint.generations) == 1


@pytest.mark.asyncio
async def test_a_fault_keeps_what_is_known() -> None:
    async with open_desk("x = █\n", in_turn(["one()\n"])) as desk:
        assert await desk.texts() == ["one()"]
        desk.endpoint.fail(500, "InternalError")
        outcome = await desk.ask()
    assert [item.text for item in outcome.items] == ["one()"]
    assert "is busy or restarting" in outcome.reason
