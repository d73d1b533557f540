"""Likely names and the pieces that they stand in -> lists of names, one a file."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from lsp_server.context.listing import list_names
from lsp_server.context.pack import build_snippets, choose_pieces
from lsp_server.context.piece import Origin, Piece, cut_excerpts, make_heads, make_window
from lsp_server.index.base import Symbol

_EVEN = 0.01


def count(lines: Sequence[str]) -> int:
    return sum(len(line) // 4 + 1 for line in lines)


def define(path: str, name: str, container: str = "", origin: Origin = "member") -> Piece:
    symbol = Symbol(path, "python", name, "function", container, f"def {name}(self)", "", 3, 4)
    return make_heads([symbol], origin)[0]


def use(path: str, *lines: str) -> Piece:
    return next(iter(cut_excerpts(path, 0, lines, "similar")))


def texts(
    pieces: Sequence[Piece], names: Sequence[str], paths: Sequence[str] = (), tokens: int = 200
) -> list[tuple[str, str]]:
    listed = list_names(pieces, dict.fromkeys(names, _EVEN), set(), set(paths), count, tokens)
    return [(piece.path, "\n".join(piece.lines)) for piece, _ in listed]


@pytest.mark.parametrize(
    ("pieces", "names", "expected"),
    [
        ([define("a.py", "convert")], ["convert"], [("a.py", "# convert")]),
        ([define("a.ts", "convert")], ["convert"], [("a.ts", "// convert")]),
        ([define("a.css", "wide")], ["wide"], [("a.css", "/* wide */")]),
        ([define("a.txt", "wide")], ["wide"], [("a.txt", "# wide")]),
        # By what encloses them.
        (
            [define("a.py", "rounded", "Price"), define("a.py", "RATES"), use("a.py", "bank()")],
            ["rounded", "RATES", "bank"],
            [("a.py", "# RATES, bank; Price: rounded")],
        ),
        # A definition goes before a use.
        (
            [use("b.py", "convert(1)"), define("a.py", "convert")],
            ["convert"],
            [("a.py", "# convert")],
        ),
        # Nothing is listed that stands nowhere, or in prose alone.
        ([use("a.py", "convert(1)")], ["absent", "convert"], [("a.py", "# convert")]),
        ([use("a.py", "convert(1)", "# some words")], ["words"], []),
        ([use("a.py", "f()", "This is how one would convert prices.")], ["prices"], []),
        # A name that is too long is a key of something else.
        ([use("a.py", "x" * 41 + "(1, 2)")], ["x" * 41], []),
        (
            [use("a.py", "login(password='Xk29dPq7vLm3RtZw', bank=convert)")],
            ["Xk29dPq7vLm3RtZw", "convert"],
            [("a.py", "# convert")],
        ),
        ([make_window("a.py", 0, "bank = convert(1)\n")], ["bank"], [("a.py", "# bank")]),
    ],
)
def test_listings(
    pieces: Sequence[Piece], names: Sequence[str], expected: list[tuple[str, str]]
) -> None:
    assert texts(pieces, names) == expected


@pytest.mark.parametrize(
    ("paths", "expected"),
    [((), "a.py"), (("a.py",), "a.py"), (("b.py",), "b.py")],
)
def test_a_use_in_a_file_that_is_told_of_anyway_goes_first(
    paths: tuple[str, ...], expected: str
) -> None:
    pieces = [use("a.py", "convert(1)"), use("b.py", "convert(2)")]
    assert texts(pieces, ["convert"], paths) == [(expected, "# convert")]


@pytest.mark.parametrize("tokens", [0, 8, 12, 20, 40])
def test_the_tokens_hold(tokens: int) -> None:
    pieces = [define(f"{path}.py", f"name_{path}_{n}") for path in "abc" for n in range(9)]
    expected = {piece.name: _EVEN for piece in pieces}
    listed = list_names(pieces, expected, set(), set(), count, tokens)
    assert sum(taken for _, taken in listed) <= tokens
    assert sum(count([piece.path, *piece.lines]) for piece, _ in listed) <= tokens


def test_the_likeliest_are_listed_and_none_twice() -> None:
    pieces = [define("a.py", f"name_{n}") for n in range(9)]
    expected = {piece.name: 0.01 * (n + 1) for n, piece in enumerate(pieces)}
    [(piece, _)] = list_names(pieces, expected, {"name_8"}, {"a.py"}, count, 14)
    assert piece.lines == ("# name_7, name_6, name_5",)


@pytest.mark.parametrize("path", ["a.py", "a.css"])
def test_long_lists_are_wrapped(path: str) -> None:
    pieces = [define(path, f"name_{n}", "Price" if n % 2 else "") for n in range(60)]
    expected = {piece.name: _EVEN for piece in pieces}
    [(piece, taken)] = list_names(pieces, expected, set(), {path}, count, 2000)
    assert len(piece.lines) > 3
    assert max(map(len, piece.lines)) < 170
    assert count(piece.lines) <= taken
    assert piece.names == expected.keys() | {"Price"}


@pytest.mark.parametrize("tokens", [120, 240, 480])
def test_lists_take_half_at_most_and_stand_first_in_their_file(tokens: int) -> None:
    lines = [f"value_{n} = compute_{n}(argument_{n}, other_{n})" for n in range(90)]
    pieces = [*cut_excerpts("a.py", 0, lines, "similar")]
    expected = {name: _EVEN for piece in pieces for name in piece.names}
    chosen = choose_pieces(pieces, expected, count, tokens)
    listed = [one for one in chosen if one.piece.origin == "names"]
    assert 0 < sum(one.tokens for one in listed) <= tokens / 2
    assert [one.rank for one in chosen] == [*range(1, len(chosen) + 1)]
    [snippet] = build_snippets(chosen)
    assert snippet.text.startswith("# ")
    assert "value_" in snippet.text.partition("\n")[2]
    assert chosen == choose_pieces(pieces, expected, count, tokens)
