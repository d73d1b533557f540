"""What speaks for a candidate, and against it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

from lsp_server.embedded.candidates import Candidate
from lsp_server.embedded.cursor import Cursor
from lsp_server.embedded.tokens import (
    DEEPER,
    FIRST_NAME,
    LEVEL,
    SHALLOWER,
    Vocabulary,
    lines_in,
    names_in,
)

# What `Evidence.of` returns, in its order.
NAMES: Final = (
    "bias",
    "left",  # tokens the same to the left, at most 4
    "left_log",  # and beyond
    "whole_head",  # all that is typed of the line is the same
    "names_near",  # share of the names in the last 20 tokens that stand near there too
    "names_far",  # and in the last 60
    "right",  # tokens the same from the next line on, but for names
    "lines_below",  # of the four lines below, those that stand below there too
    "names_below",  # share of the names below that stand below there too
    "renamed",  # names were put in the place of others
    "conflicts",  # names kept although the code to the left suggests to rename them
    "rest",  # length of the text in tokens
    "unknown",  # names in it that this file does not have
    "familiar",  # how well known those are in other files
    "distant",  # names in it that do not stand near
    "young_unknown",  # the same where there is little code yet to know them from
    "young_distant",
    "share_names",  # share of names in it
    "repeats",  # the line would be the same as the one above or below
    "redefines",  # the line defines or imports, and stands in this file already
    "closes",  # it closes a bracket that is not open
    "opens",  # it opens a block or a bracket, and the next line is level
    "opens_last",  # and the next line is shallower
    "ends",  # it opens none, and the next line is deeper
    "partial",  # letters typed of the word
    "partial_whole",  # the word is complete
    "head",  # tokens typed of the line
    "start",  # nothing is typed of the line
    "start_names_near",
    "start_right",
)

_NEAR, _FAR, _BELOW = 20, 60, 40
_CLOSE_ABOVE, _CLOSE_BELOW = 400, 100
_RIGHT = 16
_LINES_BELOW, _LINES_BELOW_TOKENS = 4, 80
_BRACKETS_TOKENS = 400

# First words of lines that seldom stand twice in a file.
_ONCE = frozenset(
    """async case class const def elif enum export fn from func function import interface pub
    struct type""".split()
)
_CLOSERS = {")": "(", "]": "[", "}": "{"}


class Evidence:
    """Weighs candidates against what stands around one cursor."""

    def __init__(
        self, vocabulary: Vocabulary, cursor: Cursor, file_count: Callable[[str], int]
    ) -> None:
        self._file_count = file_count
        self._young = 1 / (1 + len(cursor.names) / 40)
        context, below = cursor.context, cursor.below.tokens
        self._vocabulary = vocabulary
        self._cursor = cursor
        self._near = names_in(context[-_NEAR:])
        self._far = names_in(context[-_FAR:])
        self._close = names_in(context[-_CLOSE_ABOVE:] + below[:_CLOSE_BELOW])
        self._below = names_in(below[:_BELOW])
        lines_below = _lines_from(below, 0)
        self._lines_below = frozenset(lines_below)
        self._neighbours = (_line_above(context), lines_below[0] if lines_below else "")
        self._mark_below = below[:1] or SHALLOWER
        self._brackets = self._open_brackets(context[-_BRACKETS_TOKENS:])
        self._whole = vocabulary.known(cursor.partial)
        self._partial = math.log2(1 + len(cursor.partial))
        self._head = math.log2(1 + len(cursor.line))
        self._start = float(not cursor.line and not cursor.partial)
        self._of_text: dict[str, tuple[float, ...]] = {}

    def of(self, candidate: Candidate) -> tuple[float, ...]:
        """One number for each of `NAMES`."""
        place = candidate.place
        document = place.source.document
        tokens = document.tokens
        position, end = place.position, candidate.end
        names_near = _share(self._near, tokens[max(0, position - _NEAR) : position])
        right = math.log2(1 + _common(document.shape, end, self._cursor.below.shape))
        text_evidence = self._of_text.get(candidate.rest)
        if text_evidence is None:
            text_evidence = self._of_text[candidate.rest] = self._weigh_text(candidate.rest)
        return (
            1.0,
            min(candidate.length, 4),
            math.log2(1 + candidate.length),
            float(candidate.length > len(self._cursor.line)),
            names_near,
            _share(self._far, tokens[max(0, position - _FAR) : position]),
            right,
            len(self._lines_below.intersection(_lines_from(tokens, end))),
            _share(self._below, tokens[end : end + _BELOW]),
            float(bool(candidate.renames)),
            candidate.conflicts,
            *text_evidence,
            self._partial,
            float(candidate.rest[0] == self._whole),
            self._head,
            self._start,
            self._start * names_near,
            self._start * right,
        )

    def _weigh_text(self, rest: str) -> tuple[float, ...]:
        cursor = self._cursor
        names = [token for token in rest if token >= FIRST_NAME]
        unknown = [name for name in names if name not in cursor.names]
        distant = len([name for name in names if name not in self._close])
        line = cursor.line + rest
        opens, closes = self._balance(rest)
        return (
            math.log2(1 + len(rest)),
            len(unknown),
            sum([math.log2(1 + self._file_count(name)) for name in unknown]),
            distant,
            self._young * len(unknown),
            self._young * distant,
            len(names) / (1 + len(rest)),
            float(line in self._neighbours),
            float(self._is_defined(line)),
            float(closes),
            float(opens and self._mark_below == LEVEL),
            float(opens and self._mark_below == SHALLOWER),
            float(not opens and self._mark_below == DEEPER),
        )

    def _is_defined(self, line: str) -> bool:
        if self._vocabulary.word(line[0]) not in _ONCE:
            return False
        return line in self._cursor.above.tokens or line in self._cursor.below.tokens

    def _open_brackets(self, tokens: str) -> list[str]:
        """The brackets left open, the innermost last."""
        brackets: list[str] = []
        for word in map(self._vocabulary.word, tokens):
            if word in "([{" and word:
                brackets.append(word)
            elif word in _CLOSERS and brackets and brackets[-1] == _CLOSERS[word]:
                brackets.pop()
        return brackets

    def _balance(self, rest: str) -> tuple[bool, bool]:
        """Whether the text opens what it does not close, and closes what is not open."""
        brackets = list(self._brackets)
        depth = len(brackets)
        word = ""
        for word in map(self._vocabulary.word, rest):
            if word in ("(", "[", "{"):
                brackets.append(word)
            elif word in _CLOSERS:
                if not brackets or brackets[-1] != _CLOSERS[word]:
                    return False, True
                brackets.pop()
                depth = min(depth, len(brackets))
        return len(brackets) > depth or word == ":", False


def _share(names: frozenset[str], tokens: str) -> float:
    return len(names.intersection(tokens)) / (1 + len(names))


def _common(tokens: str, start: int, others: str) -> int:
    """How many tokens from the start on are the same as the others, at most 16."""
    count = 0
    for one, other in zip(tokens[start : start + _RIGHT], others, strict=False):
        if one != other:
            break
        count += 1
    return count


def _lines_from(tokens: str, start: int) -> list[str]:
    """Up to four lines from the mark at the start on; those of one token say too little."""
    lines = lines_in(tokens[start : start + _LINES_BELOW_TOKENS])[1 : 1 + _LINES_BELOW]
    return [line for line in lines if len(line) > 1]


def _line_above(context: str) -> str:
    lines = lines_in(context[-_BRACKETS_TOKENS:])
    return lines[-2] if len(lines) > 1 else ""
