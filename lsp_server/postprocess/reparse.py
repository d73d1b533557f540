"""A text that would break the file's syntax."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TypeAlias

from lsp_server.overlap import count_repeated, find_open_quote, measure_balance
from lsp_server.postprocess.base import Dropped, Place
from lsp_server.syntax.chunk import find_chunk_spot
from lsp_server.syntax.grammars import block_comment, block_style
from lsp_server.syntax.limits import MARKUP, measure_brackets
from lsp_server.syntax.parsing import encode
from lsp_server.syntax.splice import Spot

_CLOSERS = {"(": ")", "[": "]", "{": "}"}
# Each try is a parse of up to a millisecond in 2,000 lines.
_MOST_TRIES = 12
_MOST_SECONDS = 0.015
# How a statement that the text breaks off might go on: with a name, or with a string.
_NAME, _STRING = " x", ' "x"'
_BROKEN = Dropped("The model's text would break the file's syntax.")
_END_WORDS = ("\nend", "\nfi", "\ndone", "\nesac")
# Hand-written code stays below 50 in a whole file.
_DEEPEST = 50
_TOO_DEEP = Dropped("The model's text is nested deeper than code is.")

# Endings for what is open, by its closers and the language.
Ways: TypeAlias = Callable[[str, str], Iterator[str]]


def keep_parsing(text: str, place: Place) -> str | Dropped:
    """The text, or as much of it as leaves the file with no more errors than it has.

    Code may be unfinished at the text's end, where nothing follows on the cursor's line: the user
    is still within it. Where something follows, brackets that the text leaves open are closed, and
    those are left out that it closes in vain.
    Where the file does not parse around the cursor's line, the text is judged by the function or
    class around it alone; nothing is judged where that does not parse either.
    """
    if measure_brackets(encode(text))[0] > _DEEPEST:
        return _TOO_DEEP
    spot = place.spot
    if spot is None or not text.strip() or place.language in MARKUP:
        return text
    allowed = count_allowed(spot)
    if allowed is None:
        chunk = find_chunk_spot(place.language, place.before, place.after)
        if chunk is None:
            return text
        spot, allowed = chunk, 0
    if not _opens_comment(text, place.language):
        spot = spot.near
    trial = _Trial(place, spot, allowed)
    kept = text
    while kept.strip() and trial.may_try:
        # Of a text that was cut the last line is whole; only a block may still be open.
        settled = trial.settle(kept, _finish if kept is text else _close)
        if settled is not None:
            return settled
        kept = kept.rpartition("\n")[0].rstrip()
    if trial.is_line_broken():
        return text if (spot.errors_with(text) or 0) <= spot.errors else _BROKEN
    return _BROKEN


def _opens_comment(text: str, language: str) -> bool:
    """Whether the text may begin a comment that ends somewhere below, in what is left out of a part
    of the file; where it ends nowhere, it may well be a division by what a pointer points to."""
    opening, closing = block_comment(language) or ("/*", "*/")
    return text.rfind(opening) > text.rfind(closing)


def count_allowed(spot: Spot) -> int | None:
    """The errors that a file has apart from the line that is being typed; None if unknown."""
    errors = spot.errors
    if not errors:
        return 0
    elsewhere = spot.errors_without_line
    return None if elsewhere is None else min(errors, elsewhere)


def close_brackets(opens: str) -> str:
    """What closes the brackets and quotes in `opens`, the last of them first."""
    return "".join(_CLOSERS.get(each, each) for each in reversed(opens))


class _Trial:
    """Puts texts in at a place and counts errors."""

    def __init__(self, place: Place, spot: Spot, allowed: int) -> None:
        self._tries = 0
        self._end = time.thread_time() + _MOST_SECONDS
        self._place = place
        self._spot = spot
        self._allowed = allowed

    @property
    def may_try(self) -> bool:
        """Whether another text may be tried: it is done soon, or not at all."""
        return self._tries < _MOST_TRIES and time.thread_time() < self._end

    def settle(self, text: str, ways: Ways) -> str | None:
        """The text as it may stand there, None where it may not, in none of the `ways` to go on."""
        place = self._place
        replaced = self._count_replaced(text)
        if self._fits(text, replaced):
            return text
        if not place.right[replaced:].strip():
            return text if self._may_go_on(text, replaced, ways) else None
        mended = (each for each in self._mend(text) if self._fits(each, self._count_replaced(each)))
        return next(mended, None)

    def is_line_broken(self) -> bool:
        """Whether the line left of the cursor is wrong already, whatever may follow."""
        place = self._place
        if not place.left.strip() or place.right.strip() or not self._spot.errors:
            return False
        self._tries = 0
        return not (self._fits("", 0) or self._may_go_on("", 0, _finish))

    def _mend(self, text: str) -> Iterator[str]:
        """The text with its brackets closed, or without what closes too many."""
        place = self._place
        quote = find_open_quote(place.left, place.language)
        balance = measure_balance(text, place.language, quote)
        if balance.opens:
            yield text + close_brackets(balance.opens)
        end = balance.closed_at
        for closer in reversed(balance.closes):
            end = text.rindex(closer, 0, end)
            if text[:end].strip():
                yield text[:end]

    def _may_go_on(self, text: str, replaced: int, ways: Ways) -> bool:
        place = self._place
        opens = measure_balance(place.left + text, place.language).opens
        endings = ways(close_brackets(opens), place.language)
        return any(self._fits(text + ending, replaced) for ending in endings)

    def _count_replaced(self, text: str) -> int:
        place = self._place
        return count_repeated(place.left, text, place.right, place.language)

    def _fits(self, text: str, replaced: int) -> bool:
        self._tries += 1
        errors = self._spot.errors_with(text, replaced)
        # What takes too long to parse is not judged.
        return errors is None or errors <= self._allowed


def _close(closers: str, language: str) -> Iterator[str]:
    """Ways to end the blocks and brackets that are open."""
    style = block_style(language)
    if closers:
        yield closers
    if style == "end":
        yield from (closers + word for word in _END_WORDS)
    if style == "braces":
        yield closers + ";"


def _finish(closers: str, language: str) -> Iterator[str]:
    """Ways in which a statement that breaks off might be finished."""
    yield from _close(closers, language)
    end = ";" if block_style(language) == "braces" else ""
    yield from (more + closers + end for more in (_NAME, _STRING))
