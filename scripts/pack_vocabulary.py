"""Packs Qwen's vocabulary for `lsp_server.context.vocabulary`, which says how.

`python -m scripts.pack_vocabulary FILE`, where the file is `dashscope/resources/qwen.tiktoken` of
the package `dashscope`: a line for each token, its bytes in base64 and its rank.
"""

from __future__ import annotations

import argparse
import base64
import bz2
import hashlib
import sys
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path

from lsp_server.context.vocabulary import FILE, unpack_tokens

# Of `qwen.tiktoken` as it was published.
SHA256 = "b2b1b8dfb5cc5f024bafc373121c6aba3f66f9a5a0269e243470a1de16a33186"
# bzip2 does better on what is alike: text and code of GPT-4's vocabulary, then Chinese words,
# Chinese characters, words of other languages, and characters of other scripts.
_PARTS = (256, 100_000, 119_000, 124_000, 144_000, None)


def main() -> int:
    """Write the file that the server reads."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    text: bytes = parser.parse_args().file.read_bytes()
    if hashlib.sha256(text).hexdigest() != SHA256:
        print("This is not Qwen's vocabulary as it was published.", file=sys.stderr)
        return 1
    packed = pack_tokens([base64.b64decode(line.split()[0]) for line in text.splitlines()])
    if format_ranks(unpack_tokens(packed)) != text:
        print("What was packed does not come out again.", file=sys.stderr)
        return 1
    FILE.write_bytes(packed)
    print(f"{FILE.name}: {len(packed):,} bytes")
    return 0


def pack_tokens(tokens: Sequence[bytes]) -> bytes:
    """The form that `unpack_tokens` reads; tokens by rank, those of one byte first."""
    parts = [join_chains(tokens[start:end]) for start, end in pairwise(_PARTS)]
    return b"".join(map(bz2.compress, [b"".join(tokens[:256]), *parts]))


def join_chains(tokens: Iterable[bytes]) -> bytes:
    """A token that begins with all of the one before it goes on with its chain."""
    text = bytearray()
    last = None
    for token in tokens:
        if last is not None and token.startswith(last):
            text += b"\xfe" + token[len(last) :]
        else:
            text += b"\xff" + token
        last = token
    return bytes(text)


def format_ranks(tokens: Iterable[bytes]) -> bytes:
    """Tokens by rank as lines of `qwen.tiktoken`."""
    lines = (base64.b64encode(token) + b" %d\n" % rank for rank, token in enumerate(tokens))
    return b"".join(lines)


if __name__ == "__main__":
    sys.exit(main())
