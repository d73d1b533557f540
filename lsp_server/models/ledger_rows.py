"""What the ledger writes down. Counts alone: no text of the user's is in any of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class RequestRow:
    """One request. `time` in seconds since 1970, `day` as YYYY-MM-DD of the user's own clock."""

    time: float
    day: str
    lane: str
    provider: str
    origin: str
    model: str
    input: int
    output: int
    cached: int
    cost: float | None
    currency: str | None
    outcome: str


@dataclass(frozen=True, slots=True)
class ShownRow:
    """One suggestion that was shown."""

    id: str
    time: float
    day: str
    lane: str
    provider: str
    model: str
    characters: int


@dataclass(frozen=True, slots=True)
class AcceptedRow:
    """How many of a suggestion's characters have been taken so far, None for all."""

    id: str
    characters: int | None


@dataclass(frozen=True, slots=True)
class KeptRow:
    """How many of them still stand after a while: 30 or 300 seconds."""

    id: str
    seconds: int
    characters: int


Row: TypeAlias = RequestRow | ShownRow | AcceptedRow | KeptRow
