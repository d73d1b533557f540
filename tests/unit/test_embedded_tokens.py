"""Source text as strings of one character a token."""

from __future__ import annotations

import pytest

from lsp_server.embedded.tokens import (
    FIRST_NAME,
    LONGEST_LINE,
    Vocabulary,
    indent_width,
    last_word,
    lines_in,
    names_in,
    shape_of,
    with_newlines,
)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("    self.a = b", ["self", ".", "a", "=", "b"]),
        ("x += 'two words'", ["x", "+", "=", "'", "two", "words", "'"]),
        ("naïve_名前 = 1.5e3", ["naïve_名前", "=", "1", ".", "5e3"]),
        ("a\x00b\ud800", ["a", "\x00", "b", "\ud800"]),
        (" \t ", []),
        ("x" * (LONGEST_LINE + 1), []),
    ],
)
def test_a_line_is_its_tokens(line: str, words: list[str]) -> None:
    vocabulary = Vocabulary()
    _, tokens, shape = vocabulary.encode_line(line)
    assert [vocabulary.word(token) for token in tokens] == words
    assert len(shape) == len(tokens)


def test_the_same_word_is_the_same_character() -> None:
    vocabulary = Vocabulary()
    _, first, _ = vocabulary.encode_line("alpha beta alpha")
    _, second, _ = vocabulary.encode_line("    beta")
    assert first[0] == first[2] != first[1] == second


def test_lines_that_differ_in_names_have_one_shape() -> None:
    vocabulary = Vocabulary()
    shapes = {
        vocabulary.encode_line(line)[2] for line in ("self.a = a", "self.b = b", "self.b = 12")
    }
    assert len(shapes) == 1
    assert vocabulary.encode_line("self.a = None")[2] not in shapes


def test_only_names_and_literals_are_names() -> None:
    vocabulary = Vocabulary()
    _, tokens, _ = vocabulary.encode_line("return self.total + 1")
    assert {vocabulary.word(name) for name in names_in(tokens)} == {"total", "1"}
    assert all(token >= FIRST_NAME for token in names_in(tokens))


def test_when_characters_run_out_words_share_some() -> None:
    vocabulary = Vocabulary()
    vocabulary._next_name = 0x10FFFF  # as after a million words
    tokens = {vocabulary.character(f"word{number}") for number in range(10_000)}
    assert 1 < len(tokens) <= 4096
    assert all(token >= FIRST_NAME for token in tokens)


def test_no_token_is_a_surrogate() -> None:
    vocabulary = Vocabulary()
    vocabulary._next_name = 0xD7FF
    tokens = [vocabulary.character(f"word{number}") for number in range(3)]
    assert [ord(token) for token in tokens] == [0xD7FF, 0xE000, 0xE001]


@pytest.mark.parametrize(
    ("line", "width"), [("x", 0), ("  x", 2), ("\tx", 4), (" \tx", 5), ("    ", 4), ("", 0)]
)
def test_indent_width(line: str, width: int) -> None:
    assert indent_width(line) == width


@pytest.mark.parametrize(
    ("text", "word"),
    [("self.tra", "tra"), ("self.", ""), ("x ", ""), ("", ""), ("a\nbc", "bc"), ("a\n", "")],
)
def test_last_word(text: str, word: str) -> None:
    assert last_word(text) == word


def test_line_ends_become_one_kind() -> None:
    assert with_newlines("a\r\nb\rc\nd") == "a\nb\nc\nd"


def test_tokens_split_at_line_marks() -> None:
    assert lines_in("ab\x02cd\x01e\x03f") == ["ab", "cd", "e", "f"]


def test_shape_keeps_signs_and_marks() -> None:
    assert shape_of(f"\x02(\u0900{FIRST_NAME}") == f"\x02({FIRST_NAME}{FIRST_NAME}"
