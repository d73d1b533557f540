"""Closers that a model has left out are added where the syntax tells that they are missing."""

from __future__ import annotations

import pytest

from lsp_server.postprocess import refine
from lsp_server.postprocess.missing_closers import add_missing_closers
from tests.marks import read_parsed_place, read_place


@pytest.mark.parametrize(
    ("language", "source", "text", "expected"),
    [
        ("python", "x = █\ny = 1", "f(a", "f(a)"),
        ("python", "x = █\ny = 1", "f([a, 'b'", "f([a, 'b'])"),
        ("python", "x = █\ny = 1", "f('b", "f('b')"),
        ("python", "    █\n", "a = f(1)\n    b = g(2", "a = f(1)\n    b = g(2)"),
        ("typescript", "const x = █\n", "f(a", "f(a)"),
        # What goes on, or opens a block, is not closed.
        ("python", "x = █\ny = 1", "f(a,", "f(a,"),
        ("python", "x = █\ny = 1", "f(", "f("),
        ("python", "x = █\ny = 1", "a or (b", "a or (b)"),
        ("typescript", "█\n", "items.map((item) => {", "items.map((item) => {"),
        ("typescript", "█\n", "if (x) {\n  y();", "if (x) {\n  y();"),
        # What parses lacks nothing, and what does not parse anyway is not mended.
        ("python", "x = █\ny = 1", "f(a)", "f(a)"),
        ("python", "x = █)\ny = 1", "f(a", "f(a"),
        ("python", "x = █\ny = 1", "f(a b", "f(a b"),
        ("python", "# see █\n", "f(a", "f(a"),
        ("python", "x = █\ny = 1", "f(" + "a" * 100, "f(" + "a" * 100),
    ],
)
def test_missing_closers(language: str, source: str, text: str, expected: str) -> None:
    assert add_missing_closers(text, read_parsed_place(source, language)) == expected


def test_without_a_tree_nothing_is_added() -> None:
    assert add_missing_closers("f(a", read_place("x = █")) == "f(a"


def test_an_answer_that_was_cut_is_not_closed() -> None:
    place = read_parsed_place("x = █\n", multiline=False)
    assert refine("f(a\n  + b)", place) == "f(a"
    assert refine("f(a\n", place) == "f(a"
    assert refine("f(a", place) == "f(a)"
