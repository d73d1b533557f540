"""An event loop whose clock runs ahead whenever nothing happens: an hour's wait takes no time.

Sockets of this machine work as ever: what is on its way is waited for, in real milliseconds, before
the clock is set forward to the next timer.
"""

from __future__ import annotations

import asyncio
import selectors
import time
from collections.abc import Coroutine
from typing import Any, TypeVar

import pytest

_Result = TypeVar("_Result")

_SETTLING_S = 0.002
PATIENT_S = 0.02


class _Selector(selectors.DefaultSelector):
    """Adds to `now`, in seconds, what it should have waited."""

    def __init__(self, settling: float) -> None:
        super().__init__()
        self.now = 0.0
        self._settling = settling

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            return super().select(None)
        ready = super().select(min(timeout, self._settling))
        if not ready:
            self.now += timeout
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """Its `time()` begins at a thousand seconds."""

    def __init__(self, settling: float) -> None:
        self._virtual = _Selector(settling)
        super().__init__(self._virtual)

    def time(self) -> float:
        return 1000.0 + self._virtual.now


def run_virtually(
    main: Coroutine[Any, Any, _Result],
    monkeypatch: pytest.MonkeyPatch,
    settling: float = _SETTLING_S,
) -> _Result:
    """The result of a coroutine run on a virtual clock, which `time.monotonic` shows as well.

    `settling` is for how long nothing must come from any socket before the clock is set forward,
    in real seconds: `PATIENT_S` where an early timer would change the result.
    """
    loop = VirtualLoop(settling)
    monkeypatch.setattr(time, "monotonic", loop.time)
    try:
        return loop.run_until_complete(main)
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
