"""The pieces that are worth their tokens most, and their order in the prompt."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from lsp_server.context.base import Snippet
from lsp_server.context.listing import list_names
from lsp_server.context.piece import Origin, Piece

# A file's path with the control tokens around it, and the line that a gap or a container takes.
_PATH_TOKENS = 4
_GAP_TOKENS = 2
# Qwen's vocabulary on code, with its indentation.
_CHARACTERS_PER_TOKEN = 4.2
GAP = "..."
# A definition that is in use here tells more than names, and is worth some where all are known.
_IN_USE: frozenset[Origin] = frozenset({"imported", "defined"})
_IN_USE_WORTH = 0.001
_ROUNDS = 2
# What lists of names may take: a model needs to see how they are used as well.
_NAMES_SHARE = 0.5
# No piece takes less, and none is smaller than its estimated size by more than this.
_LEAST_TOKENS = 10
_SURELY_TOO_LARGE = 1.5
# The steadiest first, so that an endpoint's cache of the prompt's beginning serves longest.
_ORDER: tuple[Origin, ...] = (
    "imported", "base", "defined", "member", "user", "counterpart", "similar", "file", "sibling",
    "names",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Choice:
    """A piece that was chosen, its rank from 1, and what it takes of the budget."""

    piece: Piece
    rank: int
    tokens: int


def choose_pieces(
    pieces: Sequence[Piece],
    expected: Mapping[str, float],
    count: Callable[[Sequence[str]], int],
    tokens: int,
    sources: Sequence[Piece] = (),
) -> list[Choice]:
    """The pieces that bring most of what is expected, for at most `tokens` tokens, best first.

    What one piece has brought is worth nothing in the next. After the lines come lists of names
    that stand in other pieces, or in these `sources`. `count` counts lines.
    """
    left = list(_weigh(pieces, expected))
    chosen = _choose(left, (), expected, count, int(tokens * (1 - _NAMES_SHARE)))
    brought = {name for choice in chosen for name in choice.piece.names}
    paths = {choice.piece.path for choice in chosen}
    room = min(tokens - sum(one.tokens for one in chosen), int(tokens * _NAMES_SHARE))
    listings = list_names([*pieces, *sources], expected, brought, paths, count, room)
    for rank, (piece, taken) in enumerate(listings, len(chosen) + 1):
        chosen.append(Choice(piece, rank, taken))
    room = tokens - count_snippets(build_snippets(chosen), count)
    # Pieces that overlap or adjoin take less together than apart: what that leaves is used again.
    for _ in range(_ROUNDS):
        found = _choose(left, chosen, expected, count, room)
        if not found:
            break
        chosen += found
        room = tokens - count_snippets(build_snippets(chosen), count)
    while chosen and room < 0:
        chosen.pop()
        room = tokens - count_snippets(build_snippets(chosen), count)
    return chosen


def count_snippets(snippets: Iterable[Snippet], count: Callable[[Sequence[str]], int]) -> int:
    """The tokens of snippets in a prompt, with their paths."""
    return sum(
        count(snippet.text.split("\n")) + count([snippet.path]) + _PATH_TOKENS
        for snippet in snippets
    )


def build_snippets(chosen: Sequence[Choice]) -> tuple[Snippet, ...]:
    """The pieces as snippets, one for each file and kind, the steadiest first."""
    ordered = sorted(chosen, key=lambda choice: _ORDER.index(choice.piece.origin))
    paths = dict.fromkeys(choice.piece.path for choice in ordered)
    return tuple(
        _join(path, [one.piece for one in ordered if one.piece.path == path]) for path in paths
    )


def _join(path: str, pieces: Sequence[Piece]) -> Snippet:
    lines = [line for piece in pieces if piece.origin == "names" for line in piece.lines]
    container, end = "", None
    for piece in _merge([piece for piece in pieces if piece.is_head or piece.is_excerpt]):
        if end is not None and piece.line > end and not piece.is_head:
            lines.append(GAP)
        if piece.is_head and piece.container and piece.container != container:
            lines.append(f"{piece.container}:")
        container = piece.container
        lines += piece.lines
        end = piece.line + len(piece.lines)
    origins = dict.fromkeys(piece.origin for piece in pieces)
    return Snippet(path, "\n".join(lines), ", ".join(origins))


def _merge(pieces: Sequence[Piece]) -> Iterator[Piece]:
    """The pieces by line; of what overlaps the second has only its rest, if any."""
    end = -1
    for piece in sorted(pieces, key=lambda piece: (piece.line, -len(piece.lines))):
        rest = piece.lines[max(0, end - piece.line) :]
        if not rest:
            continue
        start = piece.line + len(piece.lines) - len(rest)
        end = max(end, piece.line + len(piece.lines))
        yield Piece(piece.path, start, rest, piece.origin, piece.names, piece.container, piece.name)


@dataclass(slots=True)
class _Weighed:
    """A piece with those of its names that are expected and not yet brought, and its worth.

    `own` is what it is worth with none of them. `size` is in tokens, by its characters: only of
    what is chosen they are counted.
    """

    piece: Piece
    names: frozenset[str]
    own: float
    worth: float
    size: float


def _weigh(pieces: Iterable[Piece], expected: Mapping[str, float]) -> Iterator[_Weighed]:
    # Not the mapping's keys: a set that is asked about them looks at all of them.
    wanted = frozenset(expected)
    for piece in pieces:
        own = _IN_USE_WORTH if piece.origin in _IN_USE else 0.0
        if not own and piece.names.isdisjoint(wanted):
            continue
        names = piece.names & wanted
        size = piece.size / _CHARACTERS_PER_TOKEN + _GAP_TOKENS
        worth = (own + sum(map(expected.__getitem__, names))) / size
        yield _Weighed(piece, names, own, worth, size)


def _choose(
    pieces: Sequence[_Weighed],
    before: Sequence[Choice],
    expected: Mapping[str, float],
    count: Callable[[Sequence[str]], int],
    tokens: int,
) -> list[Choice]:
    """More pieces beside those chosen before, for at most so many tokens."""
    brought = {name for choice in before for name in choice.piece.names}
    paths = {choice.piece.path for choice in before}
    heads = {choice.piece.place for choice in before if choice.piece.is_head}
    largest = _SURELY_TOO_LARGE * tokens
    heap = [(-each.worth, number) for number, each in enumerate(pieces) if each.size <= largest]
    heapq.heapify(heap)
    chosen: list[Choice] = []
    while heap and tokens >= _LEAST_TOKENS:
        earlier, number = heapq.heappop(heap)
        each = pieces[number]
        if each.size > _SURELY_TOO_LARGE * tokens:
            continue
        if each.piece.is_head and each.piece.place in heads:
            continue
        each.names -= brought
        path_tokens = 0
        if each.piece.path not in paths:
            path_tokens = count([each.piece.path]) + _PATH_TOKENS
        worth = each.own + sum(map(expected.__getitem__, each.names))
        worth /= each.size + path_tokens
        if worth == 0.0:
            continue
        # What was brought meanwhile makes it worth less; others may be better by now.
        if heap and worth < -heap[0][0] and worth < -earlier:
            heapq.heappush(heap, (-worth, number))
            continue
        cost = count(each.piece.lines) + _GAP_TOKENS + path_tokens
        if cost > tokens:
            continue
        tokens -= cost
        brought |= each.names
        paths.add(each.piece.path)
        if each.piece.is_head:
            heads.add(each.piece.place)
        chosen.append(Choice(each.piece, len(before) + len(chosen) + 1, cost))
    return chosen
