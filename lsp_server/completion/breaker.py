"""After faults: how long the endpoint is left alone."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from lsp_server.provider.errors import Action, Fault

# Opens at five faults within 30 s; probes after 15 s, then at doubled gaps up to five minutes.
_FAULTS = 5
_WITHIN_S = 30.0
_FIRST_GAP_S = 15.0
_LONGEST_GAP_S = 300.0
_BACK_OFF_S = 1.0
_LONGEST_BACK_OFF_S = 60.0


@dataclass(slots=True)
class Breaker:
    """Counts faults on a clock given from outside, in seconds."""

    _faults: deque[float] = field(default_factory=lambda: deque(maxlen=_FAULTS))
    _closed_until: float = 0.0
    _gap: float = _FIRST_GAP_S
    # Whether the next request is a probe: one more fault closes again, and for longer.
    _is_probing: bool = False

    def allows(self, now: float) -> bool:
        """Whether an automatic request may go out; an explicit one always may."""
        return now >= self._closed_until

    def note_fault(self, fault: Fault, now: float) -> None:
        """A request failed."""
        match fault.action:
            case Action.TELL:
                # A wrong key stays wrong: only a probe now and then, should it be mended.
                self._close(now)
            case Action.BACK_OFF:
                wait = _BACK_OFF_S if fault.retry_after is None else fault.retry_after
                until = now + min(wait, _LONGEST_BACK_OFF_S)
                self._closed_until = max(self._closed_until, until)
            case Action.RETRY:
                self._faults.append(now)
                is_often = len(self._faults) == _FAULTS and now - self._faults[0] <= _WITHIN_S
                if is_often or self._is_probing:
                    self._close(now)
            case _:
                pass

    def note_success(self) -> None:
        """A request was answered."""
        self._faults.clear()
        self._gap = _FIRST_GAP_S
        self._closed_until = 0.0
        self._is_probing = False

    def _close(self, now: float) -> None:
        if not self.allows(now):
            # An explicit request that fails meanwhile is no probe.
            return
        self._closed_until = now + self._gap
        self._gap = min(self._gap * 2, _LONGEST_GAP_S)
        self._is_probing = True
