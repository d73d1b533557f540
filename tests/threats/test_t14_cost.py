"""T14: somebody's money. Figure: 60 s of 30 keys a second on a virtual clock, at most 130 requests,
one in flight for a document; an explicit trigger is never held back.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable

import pytest

from lsp_server.buffer import Change, Encoding, Position
from lsp_server.session import Session
from tests.fakes import FakeEndpoint, Reply
from tests.fakes.clock import run_virtually
from tests.fakes.sessions import open_session

SECONDS, KEYS = 60, 30
# Ten in a burst, and two a second.
MOST = 10 + 2 * SECONDS
TEXT = "def price(item, count): return item.cost * count if count else None; "
URI = "untitled:code.py"


def answers_well(endpoint: FakeEndpoint) -> None:
    endpoint.reply("item.cost * count if count else None; def other(): pass")


def answers_otherwise(endpoint: FakeEndpoint) -> None:
    numbers = itertools.count()
    endpoint.script(lambda _: Reply(f"zzz_{next(numbers)}()", delay_first=0.05))


def is_slow(endpoint: FakeEndpoint) -> None:
    endpoint.script(lambda _: Reply("zzz()", delay_first=20.0))


def says_nothing(endpoint: FakeEndpoint) -> None:
    endpoint.reply("")


def refuses(endpoint: FakeEndpoint) -> None:
    endpoint.fail(400, "invalid_parameter_error", "No.")


def is_busy(endpoint: FakeEndpoint) -> None:
    endpoint.fail(429, "limit_requests", "Too many.", headers={"Retry-After": "0"})


BEHAVIOURS = [answers_well, answers_otherwise, is_slow, says_nothing, refuses, is_busy]


@pytest.mark.parametrize("behave", BEHAVIOURS, ids=lambda behave: behave.__name__)
def test_a_held_key_costs_little(
    behave: Callable[[FakeEndpoint], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    most = run_virtually(type_for_a_minute(behave), monkeypatch)
    assert most <= 1


async def type_for_a_minute(behave: Callable[[FakeEndpoint], None]) -> int:
    """How many requests were in flight at once, at most."""
    loop = asyncio.get_running_loop()
    most = 0
    async with FakeEndpoint("openai") as endpoint, open_session(endpoint) as session:
        behave(endpoint)
        session.open(URI, "python", 0, "", Encoding.UTF16)
        began, asking = loop.time(), []
        for number in range(SECONDS * KEYS):
            key = TEXT[number % len(TEXT)]
            _type(session, number, key)
            asking.append(asyncio.ensure_future(_ask(session, explicit=False)))
            most = max(most, len(endpoint.running))
            await asyncio.sleep(began + (number + 1) / KEYS - loop.time())
        await asyncio.gather(*asking)
        asked = len(endpoint.generations)
        assert 0 < asked <= MOST
        # By hand, at a place where nothing is known, it is asked at once.
        _type(session, SECONDS * KEYS, "\nnew = ")
        await _ask(session, explicit=True)
        assert len(endpoint.generations) > asked
    print(f"T14: {SECONDS * KEYS} keys, {asked} requests where the endpoint {behave.__name__}")
    return most


def _type(session: Session, number: int, text: str) -> None:
    end = _end(session)
    session.change(URI, number + 1, [Change(end, end, text)])


def _end(session: Session) -> tuple[int, int]:
    lines = session.documents[URI].buffer.snapshot().lines
    return len(lines) - 1, len(lines[-1])


async def _ask(session: Session, *, explicit: bool) -> None:
    await session.complete(URI, Position(*_end(session)), explicit=explicit)
