"""Going on for several lines where the code copied from keeps being sure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from lsp_server.embedded.candidates import Candidate
from lsp_server.embedded.cursor import Cursor
from lsp_server.embedded.ranking import Ranked, confidence_of
from lsp_server.embedded.search import Place, measure_place
from lsp_server.embedded.tokens import (
    Vocabulary,
    indent_width,
    leading_space,
    line_mark,
    lines_in,
    names_in,
    shape_of,
)

_MOST_LINES = 6
_MOST_VOTES = 16
_LOOK_BELOW = 200

# How sure the first line must be for more to be offered, and each of those. A line too many costs
# the user more than one too few.
_FIRST_SURE = 0.7
_NEXT_SURE = 0.85

_OPENERS, _CLOSERS = ("(", "[", "{"), (")", "]", "}")

RankPlaces = Callable[[Cursor, Sequence[Place]], list[Ranked]]


@dataclass(frozen=True, slots=True)
class Block:
    """A line, and perhaps others that follow it."""

    text: str
    confidence: float


@dataclass(frozen=True, slots=True)
class _Step:
    """One line of a block, and the block up to its end."""

    cursor: Cursor
    chosen: Ranked
    block: Block
    brackets: int  # opened less closed in the block

    @property
    def line(self) -> str:
        """The line's tokens."""
        return self.cursor.line + self.chosen.votes[0].rest


@dataclass(frozen=True, slots=True)
class _Below:
    """The line that follows a vote's own."""

    vote: Candidate
    indent: str  # as it would be here


def extend_block(
    vocabulary: Vocabulary, cursor: Cursor, first: Ranked, rank_places: RankPlaces, least: float
) -> Block:
    """The line, with the following ones that are sure and belong to its block.

    There is no further search: lines are looked for only below the places that voted for the
    line before, and `rank_places` ranks those at the cursor's next place. The whole block's
    confidence does not sink below `least`.
    """
    block = Block(first.text, confidence_of(first.share))
    if block.confidence < _FIRST_SURE:
        return block
    steps = [_Step(cursor, first, block, _brackets(vocabulary, first.votes[0].rest))]
    while len(steps) < _MOST_LINES:
        step = _next_step(vocabulary, steps, rank_places)
        if step is None or step.block.confidence < least:
            break
        steps.append(step)
    while len(steps) > 1 and _is_open(vocabulary, steps):
        steps.pop()
    return steps[-1].block


def _next_step(vocabulary: Vocabulary, steps: list[_Step], rank_places: RankPlaces) -> _Step | None:
    last = steps[-1]
    below = [line for vote in last.chosen.votes[:_MOST_VOTES] if (line := _line_below(last, vote))]
    if not below:
        return None
    indent = below[0].indent
    cursor = _cursor_below(steps, indent)
    places = [_place_of(cursor, line.vote) for line in below if line.indent == indent]
    ranked = rank_places(cursor, places)
    if not ranked or (sure := confidence_of(ranked[0].share)) < _NEXT_SURE:
        return None
    block = Block(f"{last.block.text}\n{indent}{ranked[0].text}", last.block.confidence * sure)
    rest = ranked[0].votes[0].rest
    step = _Step(cursor, ranked[0], block, last.brackets + _brackets(vocabulary, rest))
    return step if _belongs(vocabulary, steps, step) else None


def _line_below(step: _Step, vote: Candidate) -> _Below | None:
    """The line right below the vote's; None at a blank one, where a paragraph of code ends."""
    document, line = vote.place.source.document, vote.line
    if line + 1 >= len(document.line_offsets):
        return None
    text = document.line_text(line)
    if document.line_offsets[line + 1] != document.line_offsets[line] + len(text) + 1:
        return None
    here, there = leading_space(step.cursor.head), leading_space(text)
    below = leading_space(document.line_text(line + 1))
    if below.startswith(there):
        return _Below(vote, here + below[len(there) :])
    less = there[len(below) :]
    if there.startswith(below) and here.endswith(less):
        return _Below(vote, here[: -len(less)])
    return None


def _cursor_below(steps: list[_Step], indent: str) -> Cursor:
    """The cursor at the beginning of the next line, as if the block so far stood in the file."""
    last = steps[-1]
    cursor, rest = last.cursor, last.chosen.votes[0].rest
    width = indent_width(indent)
    mark = line_mark(width, cursor.indent)
    header = last.line if width > cursor.indent else ""
    if not header:
        header = next((s.cursor.header for s in steps if s.cursor.indent == width), "")
    return replace(
        cursor,
        head=indent,
        tail="",
        partial="",
        indent=width,
        line="",
        context=cursor.context + rest + mark,
        shape=cursor.shape + shape_of(rest) + mark,
        header=header,
        names=cursor.names | names_in(rest),
    )


def _place_of(cursor: Cursor, vote: Candidate) -> Place:
    source = vote.place.source
    return measure_place(cursor, source, source.document.line_tokens[vote.line + 1] + 1)


def _belongs(vocabulary: Vocabulary, steps: list[_Step], step: _Step) -> bool:
    """Whether the line is in the block, which ends where the code gets shallower again."""
    if lines_in(step.cursor.below.tokens[:_LOOK_BELOW])[1:2] == [step.line]:
        return False
    base = steps[0].cursor.indent
    if step.cursor.indent != base:
        return step.cursor.indent > base
    was_deeper = any(each.cursor.indent > base for each in steps)
    return not was_deeper or vocabulary.word(step.line[0]) in _CLOSERS


def _is_open(vocabulary: Vocabulary, steps: list[_Step]) -> bool:
    """Whether the last line opens something that the block then lacks."""
    last = steps[-1]
    return last.brackets > steps[0].brackets or vocabulary.word(last.line[-1]) == ":"


def _brackets(vocabulary: Vocabulary, tokens: str) -> int:
    words = [vocabulary.word(token) for token in tokens]
    return sum([word in _OPENERS for word in words]) - sum([word in _CLOSERS for word in words])
