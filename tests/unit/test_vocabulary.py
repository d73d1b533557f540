"""Qwen's vocabulary, compared with what the models' own tokenizer gives."""

from __future__ import annotations

import pytest

from lsp_server.context.vocabulary import Vocabulary

VOCABULARY = Vocabulary()


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", 0),
        ("hello world", 2),
        ("def add(a, b):\n    return a + b\n", 12),
        ("    x\n\n\n", 3),
        ("2025", 4),
        ("你好", 1),
        ("<|fim_prefix|>", 7),
    ],
)
def test_tokens_of_a_text(text: str, tokens: int) -> None:
    assert VOCABULARY.count(text) == tokens


@pytest.mark.parametrize("text", ["a = 1\n\n\n\nb = 2", "if x:\n\ty()\n  \n\n", "}\n}\n", "ü\n\nñ"])
def test_lines_have_no_fewer_tokens_than_their_text(text: str) -> None:
    assert VOCABULARY.count_lines(text.split("\n")) >= VOCABULARY.count(text)
