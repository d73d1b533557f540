"""Triggers: one line or several, and how long to wait."""

from __future__ import annotations

import pytest

from lsp_server.completion.trigger import (
    choose_deadline,
    choose_debounce,
    choose_max_tokens,
    wants_lines,
    why_not_ask,
)
from lsp_server.settings import Completion
from lsp_server.syntax.tree import parse_text
from tests.marks import read_snapshot


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("█", True),
        ("    █", True),
        ("    █\nx = 1", True),
        ("x = █", False),
        ("x█", False),
        ("█x", False),
        ("x = █y", False),
        ("def f():█", True),
        ("def f():  █", True),
        ("def f():█\n    return 1", False),
        ("def f():█\n\n\n    return 1", False),
        ("def f():█\nx = 1", True),
        ("if (x) {█}", True),
        ("if (x) {█\n}", True),
        ("if (x) {█\n  y();\n}", False),
        ("f(█)", True),
        ("f(█);", True),
        ('print("█")', False),
        ("f(█, x)", False),
        ("x => █", True),
        ("fn f() ->█", True),
        ("if x; then█", True),
        ("items.each do█", True),
        ("x = undo█", False),
        ("strengthen█", False),
        ("\tif x {█\n\t\ty()", False),
        ("    if x:█\n\ty", True),
        ("a\n    █)\nb", True),
    ],
)
def test_several_lines(source: str, expected: bool) -> None:
    snapshot, position = read_snapshot(source)
    assert wants_lines(snapshot, position, "auto", no_tree) is expected
    assert wants_lines(snapshot, position, "never", no_tree) is False


@pytest.mark.parametrize(
    ("language", "source", "expected"),
    [
        ("python", "call(\n    a,\n    █\n)\n", False),
        ("python", "call(\n    a,\n    █\n\ndef f():\n    pass\n", False),
        ("python", "x = [\n    a,\n    █\n]\n", True),
        ("python", "x = {'a':█\n", False),
        ("python", "x = y[1:█]\n", False),
        ("python", "def f(a:█\n", False),
        ("python", "def f(a):█\n", True),
        ("python", "if x in {1: 2}:█\n", True),
        ("typescript", "const a = {\n  b:█\n};\n", False),
        ("typescript", "call(() => {\n  █\n});\n", True),
        ("typescript", "call(\n  a,\n  █\n);\n", False),
        ("typescript", "switch (a) {\n  case 1:█\n}\n", True),
    ],
)
def test_several_lines_by_the_tree(language: str, source: str, expected: bool) -> None:
    snapshot, position = read_snapshot(source, language)
    wanted = wants_lines(
        snapshot, position, "auto", lambda: parse_text(language, snapshot.text, 10)
    )
    assert wanted is expected


def no_tree() -> None:
    return None


@pytest.mark.parametrize(
    ("source", "expected"), [("x = █", True), ("f(█)", True), ("x = █y", False)]
)
def test_always_but_in_the_middle_of_a_line(source: str, expected: bool) -> None:
    snapshot, position = read_snapshot(source)
    assert wants_lines(snapshot, position, "always", no_tree) is expected


def test_a_question_about_a_large_file_looks_near_the_cursor() -> None:
    snapshot, position = read_snapshot("def f():█" + "\n" * 200_000 + "    x")
    assert wants_lines(snapshot, position, "auto", no_tree) is True


@pytest.mark.parametrize("milliseconds", [0, 500])
def test_debounce_as_set(milliseconds: int) -> None:
    snapshot, position = read_snapshot("value = █")
    settings = Completion(debounce_ms=milliseconds)
    assert choose_debounce(settings, snapshot, position, rejected=9) == milliseconds / 1000


def test_debounce_of_itself_is_longer_inside_a_word_and_for_the_reluctant() -> None:
    pauses = [
        choose_debounce(Completion(), *read_snapshot(source), rejected=rejected)
        for source, rejected in (("value = █", 0), ("val█", 0), ("val█", 9))
    ]
    assert 0 < pauses[0] < pauses[1] < pauses[2] <= 0.3


WORD = "The cursor stands inside a word."
OVER = "The statement has just been closed."
COMMENT = "The cursor stands in the middle of a comment."
STRING = "The cursor stands in the middle of a string."


@pytest.mark.parametrize(
    ("language", "source", "reason"),
    [
        ("python", "val█ue", WORD),
        ("python", "val█", None),
        ("python", "call(█)", None),
        ("python", "█value", None),
        ("python", "a.█", None),
        ("python", "call(a)█", OVER),
        ("python", "x = [a]█\ny", OVER),
        ("python", "call(f(a)█", None),
        ("python", "call(a)█ + b", None),
        ("python", "def f(a)█", None),
        ("python", "    elif f(a)█", None),
        ("typescript", "} else if (x)█", None),
        ("typescript", "x();█", OVER),
        ("typescript", "}█", OVER),
        ("typescript", "export default function f()█", None),
        ("python", "# a comment█", None),
        ("python", "x = 1  # a█ comment", COMMENT),
        ("python", "# a, █ comment", COMMENT),
        ("python", "x = 'te█ xt'", STRING),
        ("python", "x = 'text█'", None),
        ("python", "x['█']", None),
        ("python", "x = f'{a.█} text'", None),
        ("python", '"""A text,█\nthat goes on."""', None),
        ("python", '"""A text, █ that\ngoes on."""', STRING),
        ("python", "x = █ + b", None),
        ("no such language", "x = 'te█ xt'", None),
    ],
)
def test_where_nobody_is_asked(language: str, source: str, reason: str | None) -> None:
    assert why_not(source, language) == reason


@pytest.mark.parametrize(
    ("source", "rejected", "asks"),
    [
        ("x = █", 7, True),
        ("x = █", 8, False),
        ("█", 8, True),
        ("    █", 99, True),
        ("if x:█", 8, True),
    ],
)
def test_after_rejections_in_a_row_only_at_a_line_s_start(
    source: str, rejected: int, asks: bool
) -> None:
    assert (why_not(source, rejected=rejected) is None) is asks


def why_not(source: str, language: str = "python", rejected: int = 0) -> str | None:
    snapshot, position = read_snapshot(source, language)
    return why_not_ask(
        snapshot, position, rejected, lambda: parse_text(language, snapshot.text, 10)
    )


@pytest.mark.parametrize(
    ("completion", "local", "seconds"),
    [
        (Completion(), False, 1.5),
        (Completion(), True, 3.0),
        (Completion(deadline_ms=50), False, 0.05),
        (Completion(deadline_ms=50), True, 0.05),
    ],
)
def test_deadline(completion: Completion, local: bool, seconds: float) -> None:
    assert choose_deadline(completion, local=local) == seconds


@pytest.mark.parametrize(
    ("most", "multiline", "tokens"),
    [(256, True, 256), (256, False, 64), (16, True, 16), (16, False, 16)],
)
def test_tokens_of_output(most: int, multiline: bool, tokens: int) -> None:
    assert choose_max_tokens(Completion(max_output_tokens=most), multiline=multiline) == tokens
