"""The breaker: after which faults, and for how long, the endpoint is left alone."""

from __future__ import annotations

import pytest

from lsp_server.completion.breaker import Breaker
from lsp_server.provider.errors import Action, Fault


def fault(action: Action, retry_after: float | None = None) -> Fault:
    return Fault(action, "A sentence.", retry_after=retry_after)


def closed_for(breaker: Breaker, now: float) -> float:
    """Seconds from `now` until a request may go out, told to a half second."""
    return next(step / 2 for step in range(2000) if breaker.allows(now + step / 2))


@pytest.mark.parametrize(
    ("action", "retry_after", "seconds"),
    [
        (Action.TELL, None, 15.0),
        (Action.BACK_OFF, None, 1.0),
        (Action.BACK_OFF, 0.0, 0.0),
        (Action.BACK_OFF, 7.0, 7.0),
        (Action.BACK_OFF, 3600.0, 60.0),
        (Action.RETRY, None, 0.0),
        (Action.QUIET, None, 0.0),
        (Action.SHRINK, None, 0.0),
        (Action.NEXT_MODEL, None, 0.0),
        (Action.NEXT_FORM, None, 0.0),
    ],
)
def test_one_fault(action: Action, retry_after: float | None, seconds: float) -> None:
    breaker = Breaker()
    breaker.note_fault(fault(action, retry_after), 100.0)
    assert closed_for(breaker, 100.0) == seconds


@pytest.mark.parametrize(
    ("times", "seconds"),
    [
        ([0, 1, 2, 3], 0.0),
        ([0, 1, 2, 3, 4], 15.0),
        ([0, 10, 20, 25, 30], 15.0),
        ([0, 10, 20, 30, 31], 0.0),
        ([0, 20, 40, 41, 42, 43], 15.0),
    ],
)
def test_five_faults_in_thirty_seconds(times: list[float], seconds: float) -> None:
    breaker = Breaker()
    for time in times:
        breaker.note_fault(fault(Action.RETRY), time)
    assert closed_for(breaker, times[-1]) == seconds


@pytest.mark.parametrize("action", [Action.RETRY, Action.TELL])
def test_each_probe_that_fails_doubles_the_pause_up_to_five_minutes(action: Action) -> None:
    breaker = Breaker()
    for _ in range(5):
        breaker.note_fault(fault(Action.RETRY), 0.0)
    now, pauses = 0.0, []
    for _ in range(7):
        pauses.append(closed_for(breaker, now))
        now += pauses[-1]
        breaker.note_fault(fault(action), now)
    assert pauses == [15.0, 30.0, 60.0, 120.0, 240.0, 300.0, 300.0]


def test_explicit_requests_that_fail_meanwhile_lengthen_nothing() -> None:
    breaker = Breaker()
    for second in range(10):
        breaker.note_fault(fault(Action.TELL), float(second))
        breaker.note_fault(fault(Action.BACK_OFF), float(second))
    assert closed_for(breaker, 0.0) == 15.0


def test_a_success_forgets_all() -> None:
    breaker = Breaker()
    for now in (0.0, 15.0, 45.0):
        breaker.note_fault(fault(Action.TELL), now)
    assert closed_for(breaker, 45.0) == 60.0
    breaker.note_success()
    assert closed_for(breaker, 45.0) == 0.0
    breaker.note_fault(fault(Action.RETRY), 45.0)
    assert closed_for(breaker, 45.0) == 0.0
    breaker.note_fault(fault(Action.TELL), 45.0)
    assert closed_for(breaker, 45.0) == 15.0
