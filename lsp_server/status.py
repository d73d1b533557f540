"""What a status bar shows, and when it is told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

State = Literal["ready", "busy", "degraded", "off"]

# A status bar that flickers with each key tells nothing.
_PAUSE_S = 0.1


@dataclass(frozen=True, slots=True)
class Status:
    """What a status bar shows."""

    state: State
    engine: str
    model: str | None
    origin: str | None
    tokens_today: int
    cost_today: float
    currency: str | None
    message: str | None = None


class StatusBoard:
    """Shows each new status shortly after it came about; what changes back at once is not shown."""

    def __init__(self, read: Callable[[], Status], show: Callable[[Status], None]) -> None:
        self._read = read
        self._show = show
        self._shown: Status | None = None
        self._timer: asyncio.TimerHandle | None = None

    def refresh(self) -> None:
        """Something may have changed."""
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_PAUSE_S, self._publish)

    def close(self) -> None:
        """Show nothing more."""
        if self._timer is not None:
            self._timer.cancel()

    def _publish(self) -> None:
        self._timer = None
        status = self._read()
        if status != self._shown:
            self._shown = status
            self._show(status)


def describe_status(status: Status) -> Mapping[str, object]:
    """The status in the names of the contract."""
    described: dict[str, object] = {
        "state": status.state,
        "engine": status.engine,
        "model": status.model,
        "origin": status.origin,
        "tokensToday": status.tokens_today,
        "costToday": status.cost_today,
        "currency": status.currency,
    }
    if status.message:
        described["message"] = status.message
    return described
