"""Texts become symbols, imports, windows and words."""

from __future__ import annotations

import pytest

from lsp_server.index.base import WINDOW_LINES, Import, Symbol
from lsp_server.index.extract import WINDOW_CHARACTERS, choose_language, extract
from lsp_server.index.words import list_words, split_identifier
from lsp_server.syntax.outline import MAX_DEFINITIONS

FUNCTION = "def f{0}(a):\n    b = a\n\n    c = b\n    d = c\n    return d\n\n\n"


def test_a_file() -> None:
    found = extract("a/b.py", "python", 'import os\n\n\ndef f(a):\n    """Does."""\n    return a\n')
    assert found.symbols == (
        Symbol("a/b.py", "python", "f", "function", "", "def f(a):", "Does.", 3, 5),
    )
    assert found.imports == (Import("os", ("os",), 0, ("",)),)
    assert [(chunk.line, chunk.text.count("\n")) for chunk in found.chunks] == [(0, 6)]


def test_aliases_of_languages_are_understood() -> None:
    assert extract("a", "javascriptreact", "function f() {}\n").language == "javascript"


@pytest.mark.parametrize(
    ("path", "text", "language"),
    [
        ("a.py", "", "python"),
        ("a.h", "struct a { int b; };\n/* a class of things: { */\n", "c"),
        ("a.h", "int f(void);\n\nclass A : public B {\n};\n", "cpp"),
        ("a.h", "#pragma once\nnamespace a::b {\n}\n", "cpp"),
        ("a.h", "  template <typename T>\nT f(T a);\n", "cpp"),
        ("a.c", "template <typename T>\n", "c"),
        ("a/Makefile", "", "makefile"),
    ],
)
def test_the_language_of_a_file(path: str, text: str, language: str) -> None:
    assert choose_language(path, text) == language


@pytest.mark.parametrize("text", ["", "\n\n", "{}\n" * 100, "é" * 2, "\ufeffx = 1\n", "a\rb\rc"])
def test_windows_hold_the_text_once(text: str) -> None:
    chunks = extract("a", "plaintext", text).chunks
    joined = "".join(chunk.text for chunk in chunks)
    assert joined == (text if any(map(str.isalpha, text)) else "")


def test_windows_are_small_and_end_where_definitions_begin() -> None:
    text = "".join(FUNCTION.format(number) for number in range(40))
    chunks = extract("a.py", "python", text).chunks
    assert "".join(chunk.text for chunk in chunks) == text
    assert len(chunks) == 10
    for chunk in chunks:
        assert chunk.text.startswith("def f")
        assert chunk.text.count("\n") <= WINDOW_LINES
        assert len(chunk.text) <= WINDOW_CHARACTERS
        assert text.split("\n")[chunk.line] == chunk.text.split("\n")[0]


def test_what_documents_a_definition_stays_with_it() -> None:
    text = "".join(f"# About {number}.\n" + FUNCTION.format(number) for number in range(40))
    chunks = extract("a.py", "python", text).chunks
    assert all(chunk.text.startswith("# About") for chunk in chunks)


def test_windows_without_definitions_end_at_empty_lines() -> None:
    text = ("word\n" * 20 + "\n") * 5
    assert [chunk.line for chunk in extract("a", "plaintext", text).chunks] == [0, 21, 42, 63, 84]


def test_long_lines_are_left_out() -> None:
    text = "short = 1\n" + "x" * (WINDOW_CHARACTERS + 1) + "\nlast = 2\n"
    chunks = extract("a.js", "javascript", text).chunks
    assert [(chunk.line, chunk.text) for chunk in chunks] == [
        (0, "short = 1\n"),
        (2, "last = 2\n"),
    ]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("python", "a = 1\n" * 300_000),
        ("python", "[a\n" * 5_000),
        ("python", "\0\n" + "a = 1\n" * 20),
        ("javascript", "a" * 30_000 + "\nb = 1\n"),
        ("yaml", "".join(" " * depth + "a:\n" for depth in range(300))),
    ],
)
def test_what_is_not_parsed_has_windows(language: str, text: str) -> None:
    found = extract("a", language, text)
    assert found.symbols == ()
    assert found.chunks


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("python", "x = 1\n" * 40_000),
        ("python", "def f(): pass\n" * 40_000),
        ("javascript", "a.b = () => 1;\n" * 40_000),
        ("c", "int x;\n" * 40_000),
        ("rust", "use a::{" * 90 + "}" * 90 + ";\n"),
        ("java", "class A {" * 90 + "}" * 90),
    ],
)
def test_much_of_the_same_is_bounded(language: str, text: str) -> None:
    assert len(extract("a", language, text).symbols) <= MAX_DEFINITIONS


def test_without_time_there_are_windows_alone() -> None:
    found = extract("a.py", "python", "def f(): pass\n", seconds=0)
    assert (found.symbols, len(found.chunks)) == ((), 1)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("getUserName", "getusername get user name"),
        ("get_user_name", "get_user_name get user name"),
        ("HTTPServer", "httpserver http server"),
        ("parseHTTPHeader2", "parsehttpheader2 parse http header"),
        ("MAX_SIZE", "max_size max size"),
        ("__init__", "__init__ init"),
        ("user", "user"),
        ("größen_Maß", "größen_maß größen maß"),
        ("名前取得", "名前取得"),
        ("id", ""),
        ("x" * 65, ""),
    ],
)
def test_identifiers_are_found_whole_and_in_parts(name: str, words: str) -> None:
    assert " ".join(split_identifier(name)) == words


def test_words_of_a_text() -> None:
    assert list_words("if a < userName: return 12, user_name") == {
        "username", "user", "name", "return", "user_name",
    }  # fmt: skip
