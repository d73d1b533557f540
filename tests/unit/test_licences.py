"""Which licences go with Apache-2.0, and how a bill of materials names them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from scripts.licences import Component, find_foreign, is_compatible, make_table, read_components


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("MIT", True),
        ("MPL-2.0", True),
        ("GPL-3.0-only", False),
        ("MIT OR GPL-3.0-only", True),
        ("MIT AND GPL-3.0-only", False),
        ("(MIT OR GPL-2.0-only) AND ISC", True),
        ("GPL-2.0-only WITH Classpath-exception-2.0", False),
        ("Proprietary", False),
        ("unknown", False),
        ("", False),
    ],
)
def test_is_compatible(expression: str, expected: bool) -> None:
    assert is_compatible(expression) is expected


@pytest.mark.parametrize(
    ("licences", "expected"),
    [
        ([{"license": {"id": "MIT"}}], "MIT"),
        ([{"expression": "MIT OR Apache-2.0"}], "MIT OR Apache-2.0"),
        ([{"expression": "MIT OR ISC"}, {"license": {"id": "MIT"}}], "(MIT OR ISC) AND MIT"),
        (
            [{"license": {"name": "License :: OSI Approved :: Apache Software License"}}],
            "Apache-2.0",
        ),
        ([], "unknown"),
    ],
)
def test_read_components(licences: Sequence[dict[str, Any]], expected: str) -> None:
    bill = {"components": [{"name": "one", "version": "1.0", "licenses": licences}]}
    assert read_components(bill) == [Component("one", "1.0", expected)]


def test_foreign_ones_are_named() -> None:
    fine, foreign = Component("fine", "1", "MIT"), Component("foreign", "2", "GPL-3.0-only")
    assert find_foreign([fine, foreign]) == [foreign]
    assert make_table([foreign, fine]).splitlines()[-2:] == [
        "| fine | 1 | MIT |",
        "| foreign | 2 | GPL-3.0-only |",
    ]
