"""Sentences for the user: a fault that lasts is told, not repeated."""

from __future__ import annotations

import time
from collections.abc import Callable

TEN_MINUTES_S = 600.0
DAY_S = 86_400.0


class Notices:
    """Hands each sentence to `notify` once in a while."""

    def __init__(self, notify: Callable[[str], None]) -> None:
        self._notify = notify
        self._told: dict[str, float] = {}

    def tell(self, sentence: str, gap_s: float = TEN_MINUTES_S, *, topic: str = "") -> None:
        """Tell the user, unless the same was told within the last `gap_s` seconds.

        Of the sentences of one `topic` each counts as the same.
        """
        now = time.monotonic()
        key = topic or sentence
        if now - self._told.get(key, -gap_s) >= gap_s:
            self._told[key] = now
            self._notify(sentence)
