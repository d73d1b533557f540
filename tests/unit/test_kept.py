"""How much of an accepted suggestion still stands."""

from __future__ import annotations

import pytest

from lsp_server.models.kept import count_kept

ABOVE = "import os\n\n\ndef total(values):\n    "
ACCEPTED = "result = 0\n    for value in values:\n        result += value\n    return result"
BELOW = "\n\n\nprint(total([1]))\n"


def check(now: str, expected: int, accepted: str = ACCEPTED) -> None:
    """Of the text that was accepted between `ABOVE` and `BELOW`, so much stands in `now`."""
    before = (ABOVE + accepted + BELOW).splitlines(keepends=True)
    assert count_kept(before, 4, 4, accepted, now.splitlines(keepends=True)) == expected


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (ABOVE + ACCEPTED + BELOW, len(ACCEPTED)),
        (ABOVE.rstrip(" ") + BELOW, 0),
        ("", 0),
        # Around it a lot has changed, and it has moved.
        ("'''Sums.'''\nimport sys\n" + ABOVE + ACCEPTED + "\n" + BELOW, len(ACCEPTED)),
        (ABOVE.replace("import os", "import re") + ACCEPTED + "\nx = 1\n", len(ACCEPTED)),
        ((ABOVE + ACCEPTED + BELOW).replace("\n", "\r\n"), len(ACCEPTED)),
        # One of its lines is gone, with its end.
        (
            ABOVE + ACCEPTED.replace("        result += value\n", "") + BELOW,
            len(ACCEPTED) - len("        result += value\n"),
        ),
        # Within a line only what was changed is lost: the name, and the end of the line.
        (
            ABOVE + ACCEPTED.replace("for value in", "for each in") + BELOW,
            len(ACCEPTED) - len("value") - 1,
        ),
        (ABOVE + "pass" + BELOW, 0),
    ],
)
def test_several_lines(now: str, expected: int) -> None:
    check(now, expected)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("    return sum(values)", len("sum(values)")),
        ("    return sum(values) or None", len("sum(values)")),
        # A lone bracket could be anybody's.
        ("    return sum(values, start)", len("sum(values")),
        ("    return math.fsum(numbers)", len("sum(")),
        ("    return", 0),
        ("    ret", 0),
    ],
)
def test_a_part_of_a_line(now: str, expected: int) -> None:
    before = ["def total(values):\n", "    return sum(values)\n", "\n"]
    assert (
        count_kept(before, 1, 11, "sum(values)", ["def total(values):\n", now + "\n", "\n"])
        == expected
    )


def test_a_document_that_is_all_different() -> None:
    before = [f"line {number}\n" for number in range(3000)]
    now = [f"other {number}\n" for number in range(3000)]
    assert count_kept(before, 5, 0, "line 5\nline 6", now) == 0
    assert count_kept(["x" * 5000], 0, 0, "x" * 5000, ["x" * 4999 + "y"]) == 0
