"""Private keys in PEM and OpenSSH armour, whole or as far as a window shows them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lsp_server.privacy.paragraphs import by_line
from lsp_server.privacy.span import Span

_KIND = "private key"
_BEGIN = re.compile(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY[A-Z ]*-----")
_END = re.compile(r"-----END [A-Z0-9 ]*PRIVATE KEY[A-Z ]*-----")
# A key of 16,384 bits has 200 lines.
_MAX_CHARACTERS = 20_000
_MAX_LINE = 200
# What a key's line holds besides the key: quotes, escapes and what joins literals.
_AROUND = r"[ \t\"'`+,;.\\()>*#/|-]*"
_KEY_LINE = re.compile(
    rf"{_AROUND}(?:(?:\\[nr])*[A-Za-z0-9+/]*={{0,2}}(?:\\[nr])*|[A-Z][\w-]+: [\w,. -]+){_AROUND}"
)
# Armour breaks lines at 64, 70 or 76 characters.
_FULL_LINE = re.compile(
    r"(?m)^[ \t\"'`+*#>/-]{0,40}?(?=[a-z0-9+/]*[A-Z])(?=[A-Z0-9+/]*[a-z])(?=[A-Za-z+/]*\d)"
    r"[A-Za-z0-9+/]{60,80}={0,2}(?:\\[nr])*[\"'`]?[ \t+,;.\\)]*\r?$"
)
# As JSON holds it, on one line, whole or as a window has cut it.
_ESCAPED_LINES = re.compile(
    r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]*(?:\\n[A-Za-z0-9+/]{60,76}(?=\\n))+\\n[A-Za-z0-9+/]*={0,2}"
)
_PIECE = re.compile(r"\\[nrt]|[A-Za-z0-9+/=]{4,}")


def find_private_keys(text: str) -> Iterator[Span]:
    """The pieces of private keys, each on one line.

    Lines of a key are found between its marks, beside one of them where the other is not in the
    text, and by their own form where neither is.
    """
    if "PRIVATE KEY" in text:
        yield from _find_marked(text)
    if "\\n" in text:
        for lines in _ESCAPED_LINES.finditer(text):
            yield from _find_pieces(text, lines.start(), lines.end())
    done = 0
    for paragraph, line in _find_full_lines(text):
        if paragraph + line.start >= done:
            # The last line of a key is shorter than the others.
            done = _follow(text, paragraph + line.end)
            yield from _find_pieces(text, paragraph + line.start, done)


@by_line
def _find_full_lines(line: str) -> tuple[Span, ...]:
    return tuple(Span(*found.span(), _KIND) for found in _FULL_LINE.finditer(line))


def _find_marked(text: str) -> Iterator[Span]:
    for begin in _BEGIN.finditer(text):
        end = _END.search(text, begin.end(), begin.end() + _MAX_CHARACTERS)
        last = end.start() if end else _follow(text, begin.end())
        yield from _find_pieces(text, begin.end(), last)
    # Their beginnings stand above the text.
    first = _BEGIN.search(text)
    for end in _END.finditer(text, 0, first.start() if first else len(text)):
        yield from _find_pieces(text, _trace_back(text, end.start()), end.start())


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
        if not _is_key_line(text, end + 1, below):
            break
        end = below
    return end


def _trace_back(text: str, end: int) -> int:
    """Where the lines that may belong to a key begin, up from `end`."""
    start = text.rfind("\n", 0, end) + 1
    while start > max(0, end - _MAX_CHARACTERS):
        above = text.rfind("\n", 0, start - 1) + 1
        if not _is_key_line(text, above, start - 1):
            break
        start = above
    return start


def _is_key_line(text: str, start: int, end: int) -> bool:
    # No key's line is longer, and the pattern takes its time with what is.
    if end - start > _MAX_LINE:
        return False
    return _KEY_LINE.fullmatch(text[start:end].rstrip("\r")) is not None
