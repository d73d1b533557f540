"""Fitting the embedded engine's figures on the projects set aside for it, by counts.

`python -m benchmarks.embedded --calibrate` prints `lsp_server/embedded/calibration.py` anew. It
takes some minutes and needs nothing but Python.
"""

from __future__ import annotations

import math
import random
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain
from operator import mul

from benchmarks.embedded_holes import (
    CUTS,
    dig_blocks,
    dig_holes,
    dig_young,
    fitted_projects,
    read_project,
)
from lsp_server.embedded.engine import Engine
from lsp_server.embedded.evidence import NAMES

_EPOCHS = 24
_BATCH = 512
_RATE = 0.06
_NEGLIGIBLE = 1e-4
_GROUPS = 40


@dataclass(frozen=True, slots=True)
class Question:
    """A hole, with all votes for what may stand in it: a row of evidence each, text by text."""

    rows: list[array[float]]
    ends: list[int]  # for each text, where its rows end
    right: int  # the number of the text that stood there; -1 if nothing votes for it


def ask_questions(holes: int) -> list[Question]:
    """Put the engine before holes of every kind in each fitted project."""
    questions = []
    for project in fitted_projects():
        files = read_project(project)
        engine = fill_engine(files)
        kinds = (
            dig_holes(files, holes, seed=11),
            dig_blocks(files, holes, seed=12),
            dig_young(files, holes // 2, seed=13),
        )
        for hole in chain(*kinds):
            for cut in CUTS:
                typed, rest = hole.at(cut)
                ballots = engine.ballots(hole.path, "", hole.above + typed, hole.below)
                rows = [array("d", evidence) for each in ballots for _, evidence in each.votes]
                ends = list(accumulate(len(each.votes) for each in ballots))
                texts = [each.text for each in ballots]
                right = texts.index(rest) if rest in texts else -1
                questions.append(Question(rows, ends, right))
    return questions


def fill_engine(files: Mapping[str, str]) -> Engine:
    """An engine that knows these files."""
    engine = Engine()
    for path, text in files.items():
        engine.put(path, text)
    return engine


def fit_weights(questions: Sequence[Question]) -> list[float]:
    """The weights under which what stood in the holes is most probable (Adam, small batches)."""
    size = len(NAMES)
    scales = _spread(row for question in questions for row in question.rows)
    weights, slopes, squares = [0.0] * size, [0.0] * size, [0.0] * size
    weights[0] = -4.0
    order = list(questions)
    shuffle = random.Random(0).shuffle
    step = 0
    for epoch in range(_EPOCHS):
        shuffle(order)
        rate = _RATE * (1 - epoch / _EPOCHS)
        for start in range(0, len(order), _BATCH):
            step += 1
            gradient = _slope(order[start : start + _BATCH], weights)
            for index, slope in enumerate(gradient):
                slope *= 1 / scales[index]
                slopes[index] += 0.1 * (slope - slopes[index])
                squares[index] += 0.01 * (slope * slope - squares[index])
                move = slopes[index] / (1 - 0.9**step)
                size_of_move = math.sqrt(squares[index] / (1 - 0.99**step)) + 1e-9
                weights[index] += rate * move / size_of_move / scales[index]
    return weights


def fit_confidence(
    questions: Sequence[Question], weights: Sequence[float]
) -> list[tuple[float, float]]:
    """Shares of the votes with how often the text that has one is right; both rise."""
    outcomes = sorted(outcome for question in questions for outcome in _best(question, weights))
    size = max(1, len(outcomes) // _GROUPS)
    steps: list[tuple[float, float, int]] = []
    for start in range(0, len(outcomes), size):
        group = outcomes[start : start + size]
        share = sum(share for share, _ in group) / len(group)
        steps.append((share, sum(right for _, right in group) / len(group), len(group)))
        # A step that falls is joined with the one before it until all rise.
        while len(steps) > 1 and steps[-1][1] - steps[-2][1] < 0.03:
            (one, low, count), (other, high, more) = steps[-2:]
            total = count + more
            joined = (one * count + other * more) / total, (low * count + high * more) / total
            steps[-2:] = [(*joined, total)]
    return [(share, right) for share, right, _ in steps]


def _best(question: Question, weights: Sequence[float]) -> Iterator[tuple[float, bool]]:
    """The greatest share of the votes, and whether it went to the right text."""
    votes = [math.exp(sum(map(mul, weights, row))) for row in question.rows]
    texts = [sum(votes[start:end]) for start, end in _ranges(question.ends)]
    if texts:
        number = max(range(len(texts)), key=texts.__getitem__)
        yield texts[number] / (1 + sum(texts)), number == question.right


def _slope(questions: Sequence[Question], weights: Sequence[float]) -> list[float]:
    """The gradient of the mean log probability of what stood in the holes."""
    gradient = [0.0] * len(weights)
    for question in questions:
        votes = [math.exp(sum(map(mul, weights, row))) for row in question.rows]
        total = 1 + sum(votes)
        pulls = [-vote / total for vote in votes]
        if question.right >= 0:
            start, end = list(_ranges(question.ends))[question.right]
            of_right = sum(votes[start:end])
            for index in range(start, end):
                pulls[index] += votes[index] / of_right
        for pull, row in zip(pulls, question.rows, strict=True):
            if abs(pull) > _NEGLIGIBLE:
                for index, value in enumerate(row):
                    gradient[index] += pull * value
    return [slope / len(questions) for slope in gradient]


def _spread(rows: Iterable[Sequence[float]]) -> list[float]:
    """The standard deviation of each column; 1 where it does not vary."""
    count = 0
    sums, squares = [0.0] * len(NAMES), [0.0] * len(NAMES)
    for row in rows:
        count += 1
        for index, value in enumerate(row):
            sums[index] += value
            squares[index] += value * value
    variances = [
        square / count - (total / count) ** 2 for total, square in zip(sums, squares, strict=True)
    ]
    return [math.sqrt(variance) if variance > 1e-9 else 1.0 for variance in variances]


def _ranges(ends: Sequence[int]) -> Iterator[tuple[int, int]]:
    return zip([0, *ends], ends, strict=False)
