"""Code with ghost text in its place."""

from __future__ import annotations

import pytest
from rich.console import Console

from lsp_server.cli.view import Ghost, Style, render_code

CODE = ["def add(a, b):", "    return a", "", "print(add(1, 2))"]


def check(lines: list[str], ghost: Ghost, expected: list[str], *, around: int = 1) -> None:
    """In a pipe it reads as `expected`; in colours it says the same without the marks."""
    plain = render_code("x.py", lines, ghost, Style(coloured=False), around=around)
    assert [line.plain for line in plain] == expected
    coloured = render_code("x.py", lines, ghost, Style(coloured=True), around=around)
    unmarked = [line.replace("{+", "").replace("+}", "") for line in expected]
    assert [line.plain for line in coloured] == unmarked


@pytest.mark.parametrize(
    ("ghost", "expected"),
    [
        (Ghost(1, 12, " + b"), [" 1 │ def add(a, b):", " 2 │     return a{+ + b+}", " 3 │ "]),
        (Ghost(0, 3, "X"), [" 1 │ def{+X+} add(a, b):", " 2 │     return a"]),
        (
            Ghost(0, 8, "x, y):", covered=6),
            [" 1 │ def add({+x, y):+}", " 2 │     return a"],
        ),
        (
            Ghost(1, 11, "a\n\n\ndef sub():\n    return b", covered=1),
            [
                " 1 │ def add(a, b):",
                " 2 │     return {+a",
                "   │ ",
                "   │ ",
                "   │ def sub():",
                "   │     return b+}",
                " 3 │ ",
            ],
        ),
        (Ghost(3, 0, ""), [" 3 │ ", " 4 │ print(add(1, 2))"]),
    ],
)
def test_ghost_text_stands_in_its_place(ghost: Ghost, expected: list[str]) -> None:
    check(CODE, ghost, expected)


def test_the_rest_of_the_line_follows_the_last_line_of_the_ghost() -> None:
    check(["f(x)"], Ghost(0, 2, "a,\r\n  b, "), [" 1 │ f({+a,", "   │   b, +}x)"])


def test_numbers_are_as_wide_as_the_last_one() -> None:
    check(["x"] * 120, Ghost(98, 1, "y"), ["  98 │ x", "  99 │ x{+y+}", " 100 │ x"])


def test_tabs_and_escapes_in_a_file_are_harmless() -> None:
    check(["\tx\x1b"], Ghost(0, 2, "\x1b[2J"), [" 1 │     x{+␛[2J+}␛"])


@pytest.mark.parametrize(
    "lines", [["", "", "x = 1", "", ""], [""], ["'''", "a", ""], ["x", "\x0c"]]
)
def test_colours_change_no_text(lines: list[str]) -> None:
    coloured = render_code("x.py", lines, Ghost(0, 0, ""), Style(coloured=True), around=9)
    plain = render_code("x.py", lines, Ghost(0, 0, ""), Style(coloured=False), around=9)
    assert [line.plain for line in coloured] == [line.plain for line in plain]


def test_ghost_text_has_a_style_of_its_own() -> None:
    (line,) = render_code("x.py", ["x = "], Ghost(0, 4, "1"), Style(coloured=True), around=0)
    assert line.get_style_at_offset(Console(), -1).italic


def test_a_cursor_is_drawn_where_it_is_wanted() -> None:
    style = Style(coloured=True, cursor=True)
    (line,) = render_code("x.py", ["x = "], Ghost(0, 2, "1"), style, around=0)
    assert line.plain == " 1 │ x ▏1= "
