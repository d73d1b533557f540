"""Exact tokens: the vocabulary of Qwen2, Qwen2.5 and Qwen3, which has 151,643 entries.

The file holds Qwen's own `qwen.tiktoken`, packed by `scripts/pack_vocabulary.py`; see NOTICE. The
pattern is that of the models' `tokenizer.json`. Loading takes a quarter of a second and 40 MB: for
a process of its own.
"""

from __future__ import annotations

import bz2
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate
from pathlib import Path

import tiktoken

FILE = Path(__file__).with_name("qwen.tokens.bz2")
_PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_KEPT_LINES = 50_000


class Vocabulary:
    """Counts tokens. Raises `OSError` or `ValueError` where its file cannot be read."""

    def __init__(self) -> None:
        ranks = {token: rank for rank, token in enumerate(unpack_tokens(FILE.read_bytes()))}
        # Control tokens in a text have been made plain before they get here.
        self._encoding = tiktoken.Encoding(
            "qwen", pat_str=_PATTERN, mergeable_ranks=ranks, special_tokens={}
        )
        self._count_line = lru_cache(maxsize=_KEPT_LINES)(self.count)

    def count(self, text: str) -> int:
        """The tokens of a text."""
        return len(self._encoding.encode_ordinary(text))

    def count_lines(self, lines: Sequence[str]) -> int:
        """The tokens of lines, given without their ends, at most: blank lines may share one."""
        if len(lines) == 1:
            # By far the most questions are for one.
            return self._count_line(f"{lines[0]}\n")
        return sum([self._count_line(f"{line}\n") for line in lines])


def unpack_tokens(packed: bytes) -> list[bytes]:
    """The tokens by rank. Raises `OSError` or `ValueError` for what bzip2 cannot read.

    Compressed are the 256 tokens of one byte, then chains of longer ones. FF begins a chain; within
    it FE stands before what a token has more than the one before it: FF `pro` FE `gram` FE `s` is
    `pro`, `program`, `programs`. Neither byte occurs in UTF-8.
    """
    text = bz2.decompress(packed)
    tokens = [text[rank : rank + 1] for rank in range(256)]
    for chain in text[256:].split(b"\xff")[1:]:
        tokens += accumulate(chain.split(b"\xfe"))
    return tokens
