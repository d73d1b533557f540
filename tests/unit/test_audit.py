"""What pip-audit and npm report, in words; what was not looked up is never called safe."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from scripts.audit import describe, find_node_weaknesses, find_python_weaknesses

_SOUND = {"name": "one", "version": "1.0", "vulns": []}
_WEAK = {"name": "two", "version": "2.0", "vulns": [{"id": "GHSA-1", "fix_versions": ["2.1"]}]}
_SKIPPED = {"name": "three", "skip_reason": "not found"}


@pytest.mark.parametrize(
    ("dependencies", "expected"),
    [
        ([_SOUND], []),
        ([_SOUND, _WEAK], ["two 2.0: GHSA-1, mended in 2.1"]),
        ([_WEAK, _SKIPPED], ["two 2.0: GHSA-1, mended in 2.1"]),
        ([_SOUND, _SKIPPED], None),
        ([], None),
    ],
)
def test_python(dependencies: Sequence[dict[str, Any]], expected: Sequence[str] | None) -> None:
    assert find_python_weaknesses({"dependencies": dependencies}) == expected


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        ({"vulnerabilities": {}}, []),
        ({"vulnerabilities": {"x": {"severity": "high", "range": "<3"}}}, ["x <3: high"]),
        ({"message": "405 Method Not Allowed"}, None),
        ({}, None),
    ],
)
def test_node(report: dict[str, Any], expected: Sequence[str] | None) -> None:
    assert find_node_weaknesses(report) == expected


@pytest.mark.parametrize(
    ("weaknesses", "expected"),
    [
        (None, "npm: weaknesses cannot be looked up from here; try where the network is open."),
        ([], "npm: no known weakness."),
        (["x <3: high"], "npm: known weaknesses:\n  x <3: high"),
    ],
)
def test_describe(weaknesses: Sequence[str] | None, expected: str) -> None:
    assert describe("npm", weaknesses) == expected
