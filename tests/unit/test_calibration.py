"""Tokens that other families' models count for one of Qwen's."""

from __future__ import annotations

import pytest

from lsp_server.models.calibration import Calibration, calibrate
from lsp_server.models.catalogue import is_qwen, load_catalogue
from lsp_server.models.route import Route


def follow(reports: list[tuple[int, int]]) -> Calibration:
    found = Calibration()
    for counted, reported in reports:
        found = calibrate(found, counted, reported)
    return found


@pytest.mark.parametrize(
    ("counted", "reported", "times", "least", "most"),
    [
        (1_000, 1_000, 50, 1.0, 1.0),
        (1_000, 1_200, 1, 1.0, 1.05),
        (1_000, 1_200, 50, 1.14, 1.2),
        (1_000, 800, 50, 0.8, 0.85),
        # A vocabulary that cannot be, and what no vocabulary would account for.
        (1_000, 3_000, 50, 1.9, 2.0),
        (1_000, 300, 50, 0.5, 0.55),
        (1_000, 100_000, 50, 1.0, 1.0),
        (1_000, 0, 50, 1.0, 1.0),
        # Too short to tell.
        (20, 40, 50, 1.0, 1.0),
        (0, 40, 50, 1.0, 1.0),
    ],
)
def test_the_ratio_follows_what_is_reported(
    counted: int, reported: int, times: int, least: float, most: float
) -> None:
    assert least <= follow([(counted, reported)] * times).ratio <= most


def test_one_report_out_of_line_moves_it_little() -> None:
    usual = [(1_000, 1_200)] * 50
    assert abs(follow([*usual, (1_000, 2_000)]).ratio - follow(usual).ratio) < 0.2


def test_it_keeps_still_where_the_reports_are_alike() -> None:
    usual = follow([(1_000, 1_200)] * 50)
    for reported in (1_190, 1_210, 1_180, 1_220) * 10:
        usual_next = calibrate(usual, 1_000, reported)
        assert usual_next.ratio == usual.ratio
        usual = usual_next


@pytest.mark.parametrize(
    ("model", "expected"), [("codestral-latest", 1_000), ("Qwen/Qwen2.5-Coder-7B", 1_500)]
)
def test_a_route_gives_other_families_what_they_count(model: str, expected: int) -> None:
    route = Route((model,))
    for _ in range(60):
        route.note_prompt(model, 1_000, 1_500)
    assert route.limit(model, 1_500) == pytest.approx(expected, rel=0.06)
    route.note_limit(model, 200)
    assert route.limit(model, 1_500) == 200


def test_all_of_the_catalogue_is_qwens() -> None:
    assert all(map(is_qwen, load_catalogue().models))
    assert not is_qwen("deepseek-coder-v2")
