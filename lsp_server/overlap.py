"""What a suggestion writes again of the text right of the cursor, told by brackets and quotes."""

from __future__ import annotations

import re
from dataclasses import dataclass

_CLOSERS = {")": "(", "]": "[", "}": "{"}
# Where an apostrophe stands around one character or, as in Rust's lifetimes, for itself.
_CHARACTER_LITERALS = frozenset(
    "c cpp csharp go haskell java kotlin objective-c ocaml rust scala swift zig".split()
)
# Where it is mostly prose that is written.
_PROSE = frozenset("html latex markdown plaintext restructuredtext svelte tex vue xml".split())
_CHARACTER_LITERAL = re.compile(r"'(?:\\[^'\n]{1,8}|[^'\\\n])'")
# A line can be megabytes long; what is further away than this tells nothing.
_NEAR = 2000


@dataclass(frozen=True, slots=True)
class Balance:
    """What a text does to the brackets and quotes around it.

    `closes` are the closers of what was open before the text, the last of which ends at
    `closed_at`; `opens` is what it leaves open. `whole_at` are the lengths of the text's
    beginnings after which all is as it was before.
    """

    closes: str
    closed_at: int
    opens: str
    whole_at: frozenset[int]


def measure_balance(text: str, language: str, quote: str = "") -> Balance:
    """The balance of `text`; `quote` is the quote that is open before it, if any."""
    quotes = '"`' if language in _CHARACTER_LITERALS | _PROSE else "\"'`"
    before = quote
    closes = opens = ""
    whole_at = set()
    closed_at = position = 0
    while True:
        # A string ended and begun again, as in `" + name + "`, leaves the place in a string.
        left_open = opens + quote if quote and not before else opens
        if closes == left_open:
            whole_at.add(position)
        if position >= len(text):
            return Balance(closes, closed_at, left_open, frozenset(whole_at))
        character = text[position]
        if quote:
            if character == "\\":
                position += 1
            elif character == quote:
                # Only the first end of a string that began before the text closes that string.
                closes += before
                closed_at = position + 1 if before else closed_at
                quote = before = ""
        elif language in _CHARACTER_LITERALS and (
            literal := _CHARACTER_LITERAL.match(text, position)
        ):
            position = literal.end() - 1
        elif character in quotes:
            quote = character
        elif character in "([{":
            opens += character
        elif character in _CLOSERS:
            if opens.endswith(_CLOSERS[character]):
                opens = opens[:-1]
            else:
                closes += character
                closed_at = position + 1
        position += 1


def find_open_quote(left: str, language: str) -> str:
    """The quote that is open at the end of `left`, a line up to the cursor; "" where none is."""
    opens = measure_balance(left[-_NEAR:], language).opens
    return opens[-1] if opens and opens[-1] in "\"'`" else ""


def count_repeated(left: str, text: str, right: str, language: str) -> int:
    """How many characters of `right`, the rest of the cursor's line, `text` writes again.

    Either the text, or the first of its lines, ends as `right` begins and is whole without that
    end; or its first line closes what is closed right of the cursor already.
    """
    if not right:
        return 0
    quote = find_open_quote(left, language)
    right = right[:_NEAR]
    whole_at = measure_balance(text, language, quote).whole_at
    for length in range(min(len(right), len(text)), 0, -1):
        if len(text) - length in whole_at and text.endswith(right[:length]):
            return length
    head, newline, _ = text.partition("\n")
    rest = right.rstrip()
    if newline and rest and head.endswith(rest) and len(head) - len(rest) in whole_at:
        return len(right)
    return _count_closed(head, right, language, quote)


def _count_closed(head: str, right: str, language: str, quote: str) -> int:
    """The length of the front of `right` that closes only what `head` has closed already."""
    balance = measure_balance(head, language, quote)
    if balance.opens and balance.opens[-1] in "\"'`":
        return 0
    count = position = 0
    for closer in balance.closes:
        while right[position : position + 1].isspace():
            position += 1
        if right[position : position + 1] != closer:
            return count
        position += 1
        count = position
    if not count:
        return 0
    # What ends the statement may stand there as well, as in `");`.
    tail = head[balance.closed_at :]
    ends = (length for length in range(len(tail), 0, -1) if tail.endswith(right[count:][:length]))
    return count + min(next(ends, 0), len(right) - count)
