"""The embedded engine in the place of a model that failed: at once, or not at all."""

from __future__ import annotations

import asyncio

import pytest

from lsp_server.completion.base import Ask, Outcome
from lsp_server.completion.engines import Engines, fall_back
from lsp_server.embedded.engine import Suggestion
from lsp_server.privacy.gate import ALLOWED
from tests.marks import read_snapshot


class SlowEngine:
    """Answers after `seconds`."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    async def suggest(
        self, path: str, language: str, before: str, after: str, *, limit: int, eager: bool
    ) -> list[Suggestion]:
        await asyncio.sleep(self.seconds)
        return [Suggestion("1", 0.9, "other.py")]


async def ask(seconds: float, *, explicit: bool) -> Outcome:
    snapshot, position = read_snapshot("x = █")
    place = Ask(snapshot, position, "a.py", "/a.py", explicit=explicit)
    engines = Engines(SlowEngine(seconds), lambda: ALLOWED)
    return await fall_back(place, engines, "The model failed.")


@pytest.mark.asyncio
async def test_an_engine_at_hand_answers() -> None:
    outcome = await ask(0, explicit=False)
    assert [item.text for item in outcome.items] == ["1"]
    assert outcome.reason == "The model failed."


@pytest.mark.asyncio
async def test_a_typist_does_not_wait_for_it() -> None:
    outcome = await ask(60, explicit=False)
    assert outcome.fate == "empty"
    assert outcome.reason == "The model failed. The embedded engine was too late."


@pytest.mark.asyncio
async def test_by_hand_it_is_waited_for() -> None:
    assert (await ask(0.2, explicit=True)).items
