"""Reparse: no text is shown that would break the file's syntax."""

from __future__ import annotations

import pytest

from lsp_server.postprocess.base import Dropped
from lsp_server.postprocess.reparse import keep_parsing
from tests.marks import read_parsed_place, read_place

BROKEN = Dropped("The model's text would break the file's syntax.")


@pytest.mark.parametrize(
    ("language", "source", "text"),
    [
        ("python", "x = █", "1 + 2"),
        ("python", "x = (█)", "1 + 2"),
        ("python", "x = (█)", "1 + 2)"),
        ("python", "call(█", "a, b)"),
        ("python", "def f():\n    █", "if a:\n        b()\n    c()"),
        ("python", "def f():\n    return 1\n\n█\n", "def g():"),
        ("python", "# a comment, █", "that says (this"),
        ("python", '"""A text\n█\n"""', "of (several\n lines"),
        ("rust", "fn f() {\n    █\n}", "let x = 1;"),
        ("typescript", "const f = (█)", "a: string) => {"),
        ("go", "func f() {\n\t█\n}", "for i := range x {\n\t\tprint(i)\n\t}"),
    ],
)
def test_what_parses_stays(language: str, source: str, text: str) -> None:
    assert keep_parsing(text, read_parsed_place(source, language)) == text


@pytest.mark.parametrize(
    ("language", "source", "text"),
    [
        ("python", "█", "def f():"),
        ("python", "x = █", "call("),
        ("python", "x = █", "call(a,"),
        ("python", "x = █\ny = 1", "[1, {"),
        ("python", "x = █", "a +"),
        ("python", "x = call(█", "a, b"),
        ("python", "█", "import"),
        ("typescript", "function f() {\n  █\n}", "if (x) {"),
        ("typescript", "function f() {\n  █\n}", "items.map((item) => {"),
        ("typescript", "█\nconst x = 1;", "import { a, b } from"),
        ("java", "class A {\n  void f() {\n    █\n  }\n}", "int x = foo("),
        ("rust", "fn f() {\n    █\n}", "let x = match y {"),
        ("c", "int f(void) {\n    int x = █\n}", "y"),
        ("ruby", "def f\n  █\nend\n", "items.each do |item|"),
        ("shellscript", "█\n", "for a in b; do"),
        ("lua", "function f()\n  █\nend", "if x then"),
    ],
)
def test_code_may_be_unfinished_at_a_line_s_end(language: str, source: str, text: str) -> None:
    assert keep_parsing(text, read_parsed_place(source, language)) == text


@pytest.mark.parametrize(
    ("language", "source", "text"),
    [
        ("python", "x = █", "1 + )"),
        ("python", "x = █", "a b c"),
        ("python", "█", "else:\n    x()"),
        ("python", "x = foo(█", "))"),
        ("rust", "fn f() {\n    █\n}", "let x = = 1;"),
        ("typescript", "const x = █;", "(a) => }"),
    ],
)
def test_what_breaks_the_file_is_dropped(language: str, source: str, text: str) -> None:
    assert keep_parsing(text, read_parsed_place(source, language)) == BROKEN


@pytest.mark.parametrize(
    ("language", "source", "text", "kept"),
    [
        ("python", "def f():\n    █\n", "x = 1\n    y = )\n    z = 2", "x = 1"),
        ("python", "def f():█\n", "\n    x = 1\n    )\n    )", "\n    x = 1"),
        ("python", "    █\n", "f(\n        a\n    )" + "\n    )" * 9, "f(\n        a\n    )"),
        ("typescript", "f(() => {\n  █\n});", "a();\n  b();\n}\n}", "a();\n  b();"),
    ],
)
def test_lines_that_break_the_file_are_cut(
    language: str, source: str, text: str, kept: str
) -> None:
    assert keep_parsing(text, read_parsed_place(source, language)) == kept


@pytest.mark.parametrize(
    ("source", "text", "mended"),
    [
        ("x = f(█, b)", "g(a", "g(a)"),
        ("x = [█] + b", "g({1: 2", "g({1: 2})"),
        ("x = [█] + b", "'a", "'a'"),
        ("f(g(█, b), c)", "a)", "a"),
        ("f(g(█, b), c)", "h(a)), c)", "h(a)"),
        ("f(g(█, b), c)", "a]", "a"),
        ("f(█, b)", "a) + (", "a"),
        ("f(█ + b)", ")", None),
    ],
)
def test_closers_before_more_code(source: str, text: str, mended: str | None) -> None:
    assert keep_parsing(text, read_parsed_place(source)) == (mended or BROKEN)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("x = = y\nz = █", "f(a)"),
        ("z = █\nx = = y", "f(a)"),
        ("x = = f(█", "a)"),
        ("foo(\n    a,\n    █\n\ndef f():\n    pass\n", "b,"),
        ("foo(\n    a,\n    █\n\ndef f():\n    pass\n", "b)"),
    ],
)
def test_a_file_with_errors_is_served(source: str, text: str) -> None:
    assert keep_parsing(text, read_parsed_place(source)) == text


# Files in which a bracket above makes an error of what follows.
LEFT_OPEN = [
    ("python", "x = {\n    'a': [1,\n\n\ndef f(a):\n    b = █\n    return b\n", "a + 1"),
    ("typescript", "const x = {\n  a: [\n\nfunction f(a: string) {\n  const b = █\n}\n", "a;"),
    ("go", "package a\n\nvar x = []int{\n\nfunc f(a int) {\n\tb := █\n}\n", "a + 1"),
    ("c", "int x[] = {\n\nint f(int a)\n{\n    int b = █\n}\n", "a;"),
    ("java", "class A {\n  int x = f(\n\n  int g(int a) {\n    int b = █\n  }\n}\n", "a;"),
    ("ruby", "x = [\n\ndef f(a)\n  b = █\nend\n", "a + 1"),
]


@pytest.mark.parametrize(("language", "source", "text"), LEFT_OPEN)
def test_where_the_file_is_broken_the_function_tells(language: str, source: str, text: str) -> None:
    place = read_parsed_place(source, language)
    assert keep_parsing(text, place) == text
    assert keep_parsing("= ) 1", place) == BROKEN


@pytest.mark.parametrize(
    "source",
    [
        # No piece of these parses, or it may be prose that is written.
        "x = {\n    'a': [1,\n    █\n",
        'x = (\n\n"""\nNotes\n█\n',
    ],
)
def test_where_nothing_parses_nothing_is_judged(source: str) -> None:
    assert keep_parsing("of these )", read_parsed_place(source)) == "of these )"


def test_without_a_tree_nothing_is_judged() -> None:
    assert keep_parsing("1 + )", read_place("x = █")) == "1 + )"


def test_a_text_that_is_wrong_throughout_is_given_up_after_a_few_tries() -> None:
    text = "\n".join(["    x = )"] * 60)
    assert keep_parsing(text, read_parsed_place("def f():\n█")) == BROKEN


def test_a_text_is_nested_no_deeper_than_code() -> None:
    dropped = Dropped("The model's text is nested deeper than code is.")
    assert keep_parsing("(" * 51 + ")" * 51, read_parsed_place("x = █")) == dropped
    assert keep_parsing("[" * 8000, read_place("x = █")) == dropped
