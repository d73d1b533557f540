"""From candidates to texts with a probability each."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from lsp_server.embedded.calibration import WEIGHTS
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
    best: Candidate  # the vote that weighs most


def rank(ballots: Iterable[Ballot]) -> list[Ranked]:
    """The texts by their share of the votes, the greatest first.

    A vote weighs exp(weights . evidence), "none of them" weighs 1: the shares are then the
    probabilities of a multinomial logit model, whose weights are fitted by the benchmark.
    """
    weighed = []
    total = 1.0
    for ballot in ballots:
        weights = [(weigh(evidence), candidate) for candidate, evidence in ballot.votes]
        weight = sum([weight for weight, _ in weights])
        best = max(weights, key=lambda each: each[0])[1]
        weighed.append((weight, ballot.text, best))
        total += weight
    weighed.sort(key=lambda each: -each[0])
    return [Ranked(text, weight / total, best) for weight, text, best in weighed]


def weigh(evidence: tuple[float, ...]) -> float:
    """The weight of one vote."""
    score = sum([weight * value for weight, value in zip(WEIGHTS, evidence, strict=True)])
    return math.exp(max(-50.0, min(50.0, score)))
