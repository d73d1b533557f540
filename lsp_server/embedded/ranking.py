"""From candidates to texts with a probability each."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from lsp_server.embedded.calibration import CONFIDENCE, WEIGHTS
from lsp_server.embedded.candidates import Candidate


@dataclass(frozen=True, slots=True)
class Ballot:
    """A text, and the candidates that vote for it with their evidence."""

    text: str
    votes: list[tuple[Candidate, tuple[float, ...]]]


@dataclass(frozen=True, slots=True)
class Ranked:
    """A text and its share of all votes."""

    text: str
    share: float  # of the weight of all candidates and of "none of them"
    votes: list[Candidate]  # those for it, the weightiest first


def rank(ballots: Iterable[Ballot]) -> list[Ranked]:
    """The texts by their share of the votes, the greatest first.

    A vote weighs exp(weights . evidence), "none of them" weighs 1: the shares are then the
    probabilities of a multinomial logit model, whose weights are fitted by the benchmark.
    """
    weighed = []
    total = 1.0
    for ballot in ballots:
        votes = [(weigh(evidence), candidate) for candidate, evidence in ballot.votes]
        votes.sort(key=lambda vote: -vote[0])
        weight = sum([weight for weight, _ in votes])
        weighed.append((weight, ballot.text, [candidate for _, candidate in votes]))
        total += weight
    weighed.sort(key=lambda each: -each[0])
    return [Ranked(text, weight / total, votes) for weight, text, votes in weighed]


def confidence_of(share: float) -> float:
    """How often a text with this share of the votes is exactly right, as measured."""
    below, least = 0.0, 0.0
    for edge, measured in CONFIDENCE:
        if share < edge:
            return least + (measured - least) * (share - below) / (edge - below)
        below, least = edge, measured
    return least


def weigh(evidence: tuple[float, ...]) -> float:
    """The weight of one vote."""
    score = sum([weight * value for weight, value in zip(WEIGHTS, evidence, strict=True)])
    return math.exp(max(-50.0, min(50.0, score)))
