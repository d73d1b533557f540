"""Texts put in at the cursor of a tree, whatever the characters and line ends around it."""

from __future__ import annotations

import pytest

from lsp_server.syntax.splice import Spot, find_spot, find_spot_in
from lsp_server.syntax.tree import innermost_bracket, parse_text
from tests.marks import read_marked, read_snapshot


def spots(source: str, language: str = "python") -> list[Spot]:
    """The spot in the document's own tree, and in that of the texts around the cursor."""
    snapshot, position = read_snapshot(source, language)
    before, after = read_marked(source)
    tree = parse_text(language, snapshot.text, 10)
    assert tree is not None
    return [find_spot(tree, snapshot, position), find_spot_in(tree, before, after)]


@pytest.mark.parametrize(
    ("source", "text", "replaced", "errors"),
    [
        ("x = █\n", "1", 0, 0),
        ("x = █\n", "1 +", 0, 1),
        ("s = '🙂'\r\nx = █\r\n", "1", 0, 0),
        ("x = f('🙂', █)\n", "1)", 1, 0),
        ("x = f('🙂', █)\n", "1)", 0, 1),
        ("x = █'é', 2\n", "1", 3, 0),
        ("x = █'é', 2\n", "1", 0, 1),
        ("x = 1  █   \ny = 2\n", "+ 1", 0, 0),
    ],
)
def test_errors_with_a_text(source: str, text: str, replaced: int, errors: int) -> None:
    for spot in spots(source):
        found = spot.errors_with(text, replaced)
        assert found is not None
        assert bool(found) is bool(errors)


@pytest.mark.parametrize(
    ("source", "errors"),
    [
        ("x = █\n", 0),
        ("    x = é(█\ny = 1\n", 0),
        ("a = = 1\n\nx = █\n", 1),
        ("█", 0),
        ("foo(\n    a,\n    b█\n\ndef f():\n    pass\n", None),
    ],
)
def test_errors_apart_from_the_line(source: str, errors: int | None) -> None:
    assert [spot.errors_without_line for spot in spots(source)] == [errors] * 2


@pytest.mark.parametrize(
    ("language", "source", "bracket"),
    [
        ("python", "foo(\n    a,\n    █\n)\n", "("),
        ("python", "foo(\n    a,\n    █\n\ndef g():\n    pass\n", "("),
        ("python", "x = [\n    1,\n    █\n]\n", "["),
        ("python", "x = {'a':█\n\ndef f():\n    pass\n", "{"),
        ("python", "def f():\n    █\n", None),
        ("python", "if foo(a):\n    x = 1\n    █", None),
        ("typescript", "foo(() => {\n  █\n});", None),
        ("typescript", "const a = {\n  b:█\n};", "{"),
        ("typescript", "class A {\n  █\n}", None),
        ("go", "x := []int{\n  █\n}", "{"),
        ("c", "int a[] = {\n  █\n};", "{"),
        ("rust", "let a = vec![\n  █\n];", "["),
    ],
)
def test_the_innermost_bracket(language: str, source: str, bracket: str | None) -> None:
    snapshot, position = read_snapshot(source, language)
    tree = parse_text(language, snapshot.text, 10)
    assert tree is not None
    assert innermost_bracket(tree, snapshot, position) == bracket
