"""Private keys in PEM and OpenSSH armour, whole or as far as a window shows them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lsp_server.privacy.span import Span

_KIND = "private key"
_BEGIN = re.compile(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY[A-Z ]*-----")
_END = re.compile(r"-----END [A-Z0-9 ]*PRIVATE KEY[A-Z ]*-----")
# A key of 16,384 bits has 200 lines.
_MAX_CHARACTERS = 20_000
# What a key's line holds besides the key: quotes, escapes and what joins literals.
_AROUND = r"[ \t\"'`+,;.\\()>*#/|-]*"
_KEY_LINE = re.compile(
    rf"{_AROUND}(?:(?:\\[nr])*[A-Za-z0-9+/]*={{0,2}}(?:\\[nr])*|[A-Z][\w-]+: [\w,. -]+){_AROUND}"
)
# Armour breaks lines at 64, 70 or 76 characters.
_FULL_LINE = re.compile(
    r"(?m)^[ \t\"'`+*#>/-]*?(?=[a-z0-9+/]*[A-Z])(?=[A-Z0-9+/]*[a-z])(?=[A-Za-z+/]*\d)"
    r"[A-Za-z0-9+/]{60,80}={0,2}(?:\\[nr])*[\"'`]?[ \t+,;.\\)]*\r?$"
)
_PIECE = re.compile(r"\\[nrt]|[A-Za-z0-9+/=]{4,}")


def find_private_keys(text: str) -> Iterator[Span]:
    """The pieces of private keys, each on one line.

    Lines of a key are found between its marks, beside one of them where the other is not in the
    text, and by their own form where neither is.
    """
    if "PRIVATE KEY" in text:
        for begin in _BEGIN.finditer(text):
            end = _END.search(text, begin.end(), begin.end() + _MAX_CHARACTERS)
            yield from _find_pieces(
                text, begin.end(), end.start() if end else _follow(text, begin.end())
            )
        for end in _END.finditer(text):
            yield from _find_pieces(text, _trace_back(text, end.start()), end.start())
    for line in _FULL_LINE.finditer(text):
        # The last line of a key is shorter than the others.
        yield from _find_pieces(text, line.start(), _follow(text, line.end()))


def _find_pieces(text: str, start: int, end: int) -> Iterator[Span]:
    for piece in _PIECE.finditer(text, start, end):
        if not piece.group().startswith("\\"):
            yield Span(piece.start(), piece.end(), _KIND)


def _follow(text: str, start: int) -> int:
    """Where the lines that may belong to a key end, from `start` on."""
    end = text.find("\n", start)
    end = len(text) if end < 0 else end
    while end < min(len(text), start + _MAX_CHARACTERS):
        below = text.find("\n", end + 1)
        below = len(text) if below < 0 else below
        if not _KEY_LINE.fullmatch(text[end + 1 : below].rstrip("\r")):
            break
        end = below
    return end


def _trace_back(text: str, end: int) -> int:
    """Where the lines that may belong to a key begin, up from `end`."""
    start = text.rfind("\n", 0, end) + 1
    while start > max(0, end - _MAX_CHARACTERS):
        above = text.rfind("\n", 0, start - 1) + 1
        if not _KEY_LINE.fullmatch(text[above : start - 1].rstrip("\r")):
            break
        start = above
    return start
