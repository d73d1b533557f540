"""Finding where the code left of the cursor stands once more."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from lsp_server.embedded.corpus import Nearness, Source
from lsp_server.embedded.cursor import Cursor
from lsp_server.embedded.tokens import FIRST_NAME, SHALLOWER, Vocabulary, names_in

# How many tokens of context to look for. The search begins with the middle length: where it
# stands too often, the longer ones choose among its places; where it stands too seldom, the
# shorter ones add to them.
_MIDDLE = 3
_LONGER = (12, 6)
_SHORTER = (2, 1)
_SHAPES = (32, 16, 8, 5)

# Bounds on the work. The last ones hold a large project within the time of a key.
_ENOUGH = 12
_ENOUGH_SHAPES = 24
_MOST_FOUND = 200
_MOST_HITS = 2000
_MOST_PLACES = 64
_MOST_TOKENS_SHORT = 300_000
_MOST_TOKENS_SHAPE = 150_000

_LONGEST_MATCH = 64
_NEAR = 20


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere in the user's code where the tokens left of the cursor stand once more."""

    source: Source
    position: int  # in the source's tokens, of the one that comes next there
    length: int  # how many tokens to the left are the same
    shape_length: int  # how many tokens to the left are the same but for names


def find_places(vocabulary: Vocabulary, cursor: Cursor, around: Sequence[Source]) -> list[Place]:
    """Where the cursor's context stands once more, the most alike first, at most 64 places."""
    here = [Source(cursor.above, Nearness.ABOVE), Source(cursor.below, Nearness.BELOW)]
    sources = [*here, *around]
    accepts = _starts_with(vocabulary, cursor.partial)
    found = _find_tokens(cursor.context, sources, accepts)
    near = _up_to(
        _MOST_TOKENS_SHAPE, (each for each in sources if each.nearness <= Nearness.SAME_FOLDER)
    )
    for source, position in _find_shapes(cursor.shape, near, _could_be(accepts, cursor.partial)):
        found.setdefault((id(source), position), source)
    places = [measure_place(cursor, source, position) for (_, position), source in found.items()]
    if len(places) <= _MOST_PLACES:
        return places
    names = names_in(cursor.context[-_NEAR:])
    return sorted(places, key=lambda place: _likeness(place, names), reverse=True)[:_MOST_PLACES]


def measure_place(cursor: Cursor, source: Source, position: int) -> Place:
    """The place with how much of it is the same as left of the cursor."""
    document = source.document
    return Place(
        source,
        position,
        _common_length(document.tokens, position, cursor.context),
        _common_length(document.shape, position, cursor.shape),
    )


_Found = dict[tuple[int, int], Source]  # by the source's identity and the position in it
_Accepts = Callable[[str], bool]


def _find_tokens(context: str, sources: Sequence[Source], accepts: _Accepts) -> _Found:
    found = _collect(context[-_MIDDLE:], sources, accepts, _MOST_FOUND)
    if len(found) >= _MOST_FOUND:
        for length in _LONGER:
            longer = _collect(context[-length:], sources, accepts, _MOST_FOUND)
            found = {**longer, **found}
            if len(longer) >= _ENOUGH:
                break
    for length in _SHORTER:
        if len(found) >= _ENOUGH:
            break
        near = _up_to(_MOST_TOKENS_SHORT, sources)
        found |= _collect(context[-length:], near, accepts, _MOST_FOUND)
    return found


def _find_shapes(
    shape: str, sources: Sequence[Source], accepts: _Accepts
) -> list[tuple[Source, int]]:
    found: _Found = {}
    for length in _SHAPES:
        found |= _collect(shape[-length:], sources, accepts, 2 * _ENOUGH_SHAPES, in_shapes=True)
        if len(found) >= _ENOUGH_SHAPES:
            break
    return [(source, position) for (_, position), source in found.items()]


def _collect(
    needle: str,
    sources: Iterable[Source],
    accepts: _Accepts,
    most: int,
    *,
    in_shapes: bool = False,
) -> _Found:
    """The places right of the needle where an accepted token stands."""
    found: _Found = {}
    hits = 0
    for source in sources:
        document = source.document
        tokens = document.tokens
        haystack = document.shape if in_shapes else tokens
        if needle not in haystack:
            continue
        for start in _occurrences(haystack, needle, source.nearness == Nearness.ABOVE):
            hits += 1
            position = start + len(needle)
            if position < len(tokens) and accepts(tokens[position]):
                found[id(source), position] = source
            if len(found) >= most or hits >= _MOST_HITS:
                return found
    return found


def _occurrences(haystack: str, needle: str, backwards: bool) -> Iterator[int]:
    if backwards:
        start = haystack.rfind(needle)
        while start >= 0:
            yield start
            start = haystack.rfind(needle, 0, start + len(needle) - 1)
    else:
        start = haystack.find(needle)
        while start >= 0:
            yield start
            start = haystack.find(needle, start + 1)


def _starts_with(vocabulary: Vocabulary, partial: str) -> _Accepts:
    """Whether a token can be what the partial word becomes."""
    known: dict[str, bool] = {}

    def accepts(token: str) -> bool:
        if token <= SHALLOWER:
            return False
        answer = known.get(token)
        if answer is None:
            answer = known[token] = vocabulary.word(token).startswith(partial)
        return answer

    return accepts


def _could_be(accepts: _Accepts, partial: str) -> _Accepts:
    """Whether a token, or the name it may be renamed to, can be what the word becomes."""
    return lambda token: accepts(token) or (bool(partial) and token >= FIRST_NAME)


def _up_to(most_tokens: int, sources: Iterable[Source]) -> list[Source]:
    chosen = []
    for source in sources:
        chosen.append(source)
        most_tokens -= len(source.document.tokens)
        if most_tokens <= 0:
            break
    return chosen


def _common_length(tokens: str, position: int, context: str) -> int:
    """How many tokens before the position are the same as the context's last, at most 64."""
    there = tokens[max(0, position - _LONGEST_MATCH) : position]
    length = 0
    for one, other in zip(reversed(there), reversed(context), strict=False):
        if one != other:
            break
        length += 1
    return length


def _likeness(place: Place, names: frozenset[str]) -> float:
    there = place.source.document.tokens[max(0, place.position - _NEAR) : place.position]
    shared = len(names.intersection(there)) / (1 + len(names))
    return 8 * shared + min(place.length, 4) + min(place.shape_length, 32) / 16
