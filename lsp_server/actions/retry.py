"""When a request that failed is sent again: twice at most, after a while with jitter."""

from __future__ import annotations

from dataclasses import replace

from lsp_server.provider.errors import Action, Fault

MAX_RETRIES = 2
# An endpoint that asks for a longer wait is not waited for, in seconds.
LONGEST_WAIT_S = 10.0
_FIRST_WAIT_S = 0.5


def choose_wait(fault: Fault, attempt: int, jitter: float) -> float | None:
    """Seconds to wait before the retry after `attempt` (from 1), None where there is none.

    `jitter` is from 0 to 1. What the endpoint asks for in Retry-After counts before our own
    doubling waits, and gets the jitter on top, so that clients do not come back all at once.
    """
    if attempt > MAX_RETRIES or fault.action not in {Action.RETRY, Action.BACK_OFF}:
        return None
    if fault.retry_after is not None:
        if fault.retry_after > LONGEST_WAIT_S:
            return None
        return min(fault.retry_after + jitter * _FIRST_WAIT_S, LONGEST_WAIT_S)
    return _FIRST_WAIT_S * 2.0 ** (attempt - 1) * (0.5 + jitter)


def give_up(fault: Fault) -> Fault:
    """The fault as it is told when there is no further retry: it promises none."""
    for promise in ("it will be asked again shortly.", "it will be asked again."):
        if fault.sentence.endswith(promise):
            return replace(
                fault, sentence=fault.sentence.removesuffix(promise) + "try again later."
            )
    return fault
