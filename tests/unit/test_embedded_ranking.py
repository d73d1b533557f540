"""From votes to texts with a calibrated confidence."""

from __future__ import annotations

from itertools import pairwise

import pytest

from lsp_server.embedded.calibration import CONFIDENCE, WEIGHTS
from lsp_server.embedded.evidence import NAMES
from lsp_server.embedded.ranking import confidence_of, weigh


def test_there_is_one_weight_for_each_piece_of_evidence() -> None:
    assert len(WEIGHTS) == len(NAMES)


def test_confidence_rises_with_the_share() -> None:
    for (share, right), (more, righter) in pairwise(CONFIDENCE):
        assert share < more
        assert right < righter


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        (0.0, 0.0),
        (CONFIDENCE[0][0], CONFIDENCE[0][1]),
        (CONFIDENCE[-1][0], CONFIDENCE[-1][1]),
        (1.0, CONFIDENCE[-1][1]),
    ],
)
def test_confidence_at_the_table_s_edges(share: float, expected: float) -> None:
    assert confidence_of(share) == pytest.approx(expected)


def test_confidence_between_two_rows_lies_between_theirs() -> None:
    (share, right), (more, righter) = CONFIDENCE[3:5]
    assert right < confidence_of((share + more) / 2) < righter


@pytest.mark.parametrize("value", [-1e9, 0.0, 1e9])
def test_a_weight_is_finite(value: float) -> None:
    assert 0 < weigh(tuple([value] * len(NAMES))) < float("inf")
