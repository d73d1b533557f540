"""Statements below the cursor's line: where the first of them ends."""

from __future__ import annotations

import pytest

from lsp_server.completion.stream import is_complete
from lsp_server.postprocess import refine
from lsp_server.postprocess.statement import begins_below, find_statement_end
from tests.marks import read_parsed_place, read_place


@pytest.mark.parametrize(
    ("text", "below"),
    [
        ("\nx", True),
        ("  \nx", True),
        ("\n\n  x", True),
        ("x\ny", False),
        ("\n", False),
        ("", False),
    ],
)
def test_begins_below(text: str, below: bool) -> None:
    assert begins_below(text) is below


@pytest.mark.parametrize(
    ("language", "text", "statement"),
    [
        ("python", "\nx = 1\ny = 2\n", "\nx = 1"),
        ("python", "\n\n    x = 1\n", "\n\n    x = 1"),
        ("python", "\nx = f(\n    a,\n)\ny = 2\n", "\nx = f(\n    a,\n)"),
        ("python", "\nif x:\n    y\n\n    z\nw\n", "\nif x:\n    y\n\n    z"),
        ("python", "\n# it's so\nx = 1\n", "\n# it's so"),
        ("python", '\n"""A\ntext"""\nx\n', '\n"""A\ntext"""'),
        ("python", "\nx = a \\\n  + b\ny\n", "\nx = a \\\n  + b"),
        ("typescript", "\n  x();\n  y();\n", "\n  x();"),
        ("typescript", "\n  x()\n    .y();\n  z();\n", "\n  x()\n    .y();"),
        ("typescript", "\nif (x) {\n  y();\n}\nz();\n", "\nif (x) {\n  y();\n}"),
        ("ruby", "\nif x\n  y\nend\nz\n", "\nif x\n  y\nend"),
        ("python", "\nx = 1", None),
        ("python", "\nif x:\n", None),
        ("python", "\nif x:\n    y\n", None),
        ("typescript", "\nif (x) {\n  y();\n", None),
    ],
)
def test_the_first_statement(language: str, text: str, statement: str | None) -> None:
    end = find_statement_end(text, read_place("█", language))
    assert (None if end is None else text[:end]) == statement


@pytest.mark.parametrize(
    ("text", "complete", "shown"),
    [
        ("\n", False, None),
        ("\n    b", False, "\n    b"),
        ("\n    b = 2\n", True, "\n    b = 2"),
        ("\n    if a:\n        b()\n    c()\n", True, "\n    if a:\n        b()"),
    ],
)
def test_an_answer_below_a_whole_line(text: str, complete: bool, shown: str | None) -> None:
    place = read_parsed_place("def f():\n    a = 1█\n", multiline=False, below=True)
    assert is_complete(text, place) is complete
    if shown is not None:
        assert refine(text, place) == shown
