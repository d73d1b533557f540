"""Edits: what is replaced right of the cursor, and where the range starts."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lsp_server.buffer import Position
from lsp_server.edit import InlineEdit, make_inline_edit
from lsp_server.overlap import count_repeated, find_open_quote, measure_balance
from tests.marks import read_marked, read_snapshot

# The cursor's line, what is inserted there, and what it repeats of the text right of the cursor.
REPEATED = [
    ("f(█)", "x)", ")"),
    ("f(█)", "x", ""),
    ("f(█)", "g(x)", ""),
    ("f(█)", "g(x))", ")"),
    ("f(█))", "x))", "))"),
    ("f(█))", "x)", ")"),
    ("f(█);", "x);", ");"),
    ("f(█);", "x) + g(y)", ")"),
    ("f(█) + 1", "x) + 1", ") + 1"),
    ("f(█, y)", "x, y)", ", y)"),
    ("f(█, y)", "x", ""),
    ("{ █ }", "a }", " }"),
    ("{ █ }", "a}", " }"),
    ("[█]", "1, 2, 3]", "]"),
    ("[█]", "x[0]", ""),
    ("{█}", "\n  x\n}", "}"),
    ("def f(█):", "x):\n    return x", "):"),
    ("def f(█):", "x) -> int:", "):"),
    ("if (█) {", "x) {", ") {"),
    ('"█"', 'text"', '"'),
    ('"█"', "text", ""),
    ('"█")', "it's\")", '")'),
    ('"█"', 'a" + b', '"'),
    ('"█"', 'a" + "b', ""),
    ('"█"', 'a" + "b"', '"'),
    ('f("█")', 'a", b)', '")'),
    ('f("█");', 'a", b);', '");'),
    ("'█'", "\\''", "'"),
    ("`${█}`", "name}`", "}`"),
    ("█", "anything", ""),
    ("x█", "", ""),
    ("retur█n x", "n", "n"),
    ("f(█)", "')'", ""),
    ("f(█)", "'(', x)", ")"),
    ("it's f(█)", "x)", ")"),
]
RUST = [
    ("fn f<'a>(█)", "x: &'a str)", ")"),
    ("fn f<'a>(█)", "x: &'a str", ""),
    ("f(█)", "'(')", ")"),
    ("f(█)", "'\\'')", ")"),
]


@pytest.mark.parametrize(("line", "text", "repeated"), REPEATED)
def test_repeated_in_python(line: str, text: str, repeated: str) -> None:
    check_repeated(line, text, repeated, "python")


@pytest.mark.parametrize(("line", "text", "repeated"), RUST)
def test_repeated_in_rust(line: str, text: str, repeated: str) -> None:
    check_repeated(line, text, repeated, "rust")


def check_repeated(line: str, text: str, repeated: str, language: str) -> None:
    left, right = read_marked(line)
    assert right[: count_repeated(left, text, right, language)] == repeated


@pytest.mark.parametrize(
    ("left", "language", "quote"),
    [
        ('print("', "python", '"'),
        ('print("a")', "python", ""),
        ("x = 'it", "python", "'"),
        ("x = \"it's", "python", '"'),
        ('x = "a\\"', "python", '"'),
        ("&'a str", "rust", ""),
        ("c = '\"'", "c", ""),
        ("Don't", "html", ""),
        ("const s = `a ${", "typescript", "`"),
    ],
)
def test_open_quote(left: str, language: str, quote: str) -> None:
    assert find_open_quote(left, language) == quote


@pytest.mark.parametrize(
    ("text", "closes", "opens"),
    [
        ("f(x)", "", ""),
        ("x)]", ")]", ""),
        ("f(x, [", "", "(["),
        ("x) + f(", ")", "("),
        ("(]", "]", "("),
        ('"(', "", '"'),
        ('"a\\"b"', "", ""),
    ],
)
def test_balance(text: str, closes: str, opens: str) -> None:
    balance = measure_balance(text, "python")
    assert (balance.closes, balance.opens) == (closes, opens)
    assert (len(text) in balance.whole_at) == (closes == opens)


# Source, what is inserted, and the edit: from column, to column, text.
EDITS = [
    ("total = █", "1", (0, 8, "total = 1")),
    ("    total = █", "1", (4, 12, "total = 1")),
    ("    █", "return 1", (4, 4, "return 1")),
    ("  █  x", "y", (0, 2, "  y")),
    ("\t█", "return 1", (1, 1, "return 1")),
    ("f(█)", "x)", (0, 3, "f(x)")),
    ("a\r\n  b = █\r\n", "1\n  c = 2", (2, 6, "b = 1\r\n  c = 2")),
    ("a\n  b = █\r\n", "1\n2", (2, 6, "b = 1\n2")),
    ("a\rb█", "\nc", (0, 1, "b\rc")),
    ("s = '🙂𐐷█'", "é'", (0, 8, "s = '🙂𐐷é'")),
    ("█", "x", (0, 0, "x")),
]


@pytest.mark.parametrize(("source", "text", "expected"), EDITS)
def test_inline_edit(source: str, text: str, expected: tuple[int, int, str]) -> None:
    snapshot, position = read_snapshot(source)
    start, end, inserted = expected
    assert make_inline_edit(snapshot, position, text) == InlineEdit(
        Position(position.line, start), Position(position.line, end), inserted
    )


_CODE = st.text(alphabet="ab ()[]{}\"'`\\,;\t🙂", max_size=12)
_TEXT = st.text(alphabet="ab ()[]{}\"'`\\,;\n🙂", max_size=16)


@given(_CODE, _CODE, _TEXT, st.sampled_from(["python", "rust", "markdown"]))
@settings(max_examples=300, deadline=None, derandomize=True)
def test_whatever_stands_there_only_what_is_repeated_goes(
    left: str, right: str, text: str, language: str
) -> None:
    snapshot, position = read_snapshot(f"x\n{left}█{right}\ny", language)
    edit = make_inline_edit(snapshot, position, text)
    line = snapshot.line_text(position.line)
    kept = line[edit.start.column : position.column]
    replaced = line[position.column : edit.end.column]
    assert edit.start.column <= position.column <= edit.end.column
    assert edit.start.column in {0, len(line) - len(line.lstrip())}
    assert edit.text == kept + text
    # Each character replaced is one that the text writes again, in the same order.
    rest = iter(text)
    assert all(character in rest for character in replaced.replace(" ", "").replace("\t", ""))


def test_a_line_of_megabytes_is_looked_at_near_the_cursor_only() -> None:
    left, right = "(" * 3_000_000, ")" * 3_000_000
    assert count_repeated(left, "x)", right, "python") == 1
    # Every end of the text is a beginning of what stands right: still one pass.
    assert count_repeated("", "(" + "a" * 8000, "a" * 8000, "python") == 0
