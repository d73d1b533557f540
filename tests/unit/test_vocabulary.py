"""Qwen's vocabulary, compared with what the models' own tokenizer gives."""

from __future__ import annotations

import hashlib

import pytest

from lsp_server.context.vocabulary import FILE, Vocabulary, unpack_tokens
from scripts.pack_vocabulary import SHA256, format_ranks, pack_tokens

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


def test_tokens_are_those_that_were_published() -> None:
    tokens = unpack_tokens(FILE.read_bytes())
    assert len(tokens) == 151_643
    assert hashlib.sha256(format_ranks(tokens)).hexdigest() == SHA256


def test_tokens_come_out_as_they_were_packed() -> None:
    single = [bytes([byte]) for byte in reversed(range(256))]
    longer = [b"pro", b"program", b"programs", b"pro", b"\xe4\xb8", b"\xe4\xb8\xad", b"  "]
    tokens = [*single, *longer]
    assert unpack_tokens(pack_tokens(tokens)) == tokens


@pytest.mark.parametrize("packed", [b"not compressed", FILE.read_bytes()[:-1]])
def test_a_broken_file_is_an_error(packed: bytes) -> None:
    with pytest.raises((OSError, ValueError)):
        unpack_tokens(packed)
