"""The window around the cursor: whole lines under a budget of tokens."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lsp_server.context.tokens import estimate_tokens
from lsp_server.context.window import gather_window
from tests.marks import read_snapshot

LINES = [f"line_{number} = {number}\n" for number in range(100)]


def gather(source: str, tokens: int) -> tuple[str, str]:
    snapshot, position = read_snapshot(source)
    return gather_window(snapshot, position, tokens)


@pytest.mark.parametrize(
    ("source", "tokens", "expected"),
    [
        ("a\nb = █c\nd\n", 1000, ("a\nb = ", "c\nd\n")),
        ("█", 1000, ("", "")),
        ("█a", 1000, ("", "a")),
        ("a█", 1000, ("a", "")),
        ("a\n█", 1, ("", "")),
        ("aaaaaa\nbbbbbb\nc = █", 8, ("bbbbbb\nc = ", "")),
        ("aaaaaa\nbbbbbb\nc = █", 4, ("c = ", "")),
        ("x = █1\naaaaaa\nbbbbbb\n", 12, ("x = ", "1\n")),
        ("s = '🙂𐐷█𐐷🙂'\r\n", 1000, ("s = '🙂𐐷", "𐐷🙂'\r\n")),
    ],
)
def test_window(source: str, tokens: int, expected: tuple[str, str]) -> None:
    assert gather(source, tokens) == expected


def test_what_the_suffix_leaves_goes_to_the_prefix() -> None:
    above = "".join(LINES)
    alone, _ = gather(f"{above}█", 200)
    shared, suffix = gather(f"{above}█{above}", 200)
    assert len(alone) > len(shared) > len(suffix) > 0


def test_only_a_line_longer_than_the_budget_is_cut_inside() -> None:
    prefix, suffix = gather(f"above\n{'x' * 10_000}█{'y' * 10_000}\nbelow", 100)
    assert prefix == "x" * len(prefix)
    assert 200 <= len(prefix) <= 300
    assert suffix == ""


@given(
    st.lists(st.text(alphabet="ab (中🙂", max_size=30), max_size=30),
    st.lists(st.text(alphabet="ab (中🙂", max_size=30), max_size=30),
    st.integers(8, 400),
)
@settings(max_examples=200, deadline=None, derandomize=True)
def test_the_window_is_what_stands_around_the_cursor_and_in_the_budget(
    above: list[str], below: list[str], tokens: int
) -> None:
    before, after = "\n".join(above), "\n".join(below)
    prefix, suffix = gather(f"{before}█{after}", tokens)
    assert before.endswith(prefix)
    assert after.startswith(suffix)
    assert estimate_tokens(prefix + suffix) <= tokens + 2
    whole = len(before) - len(prefix)
    assert whole == 0 or before[whole - 1] == "\n" or "\n" not in prefix


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [("", 1, 1), ("x" * 300, 100, 101), ("中" * 100, 100, 140), ("🙂" * 100, 100, 190)],
)
def test_tokens_are_estimated_from_above(text: str, low: int, high: int) -> None:
    assert low <= estimate_tokens(text) <= high
