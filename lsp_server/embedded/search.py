"""Finding where the code left of the cursor stands once more."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from lsp_server.embedded.corpus import Document
from lsp_server.embedded.cursor import Cursor

# Tokens of context to search for. We begin with the middle one: where it stands too often the
# longer ones choose among its places, where it stands too seldom the shorter ones add some.
_FIRST_LENGTH = 3
_LONGER = (12, 6)
_SHORTER = (2, 1)

_SHAPES = (32, 16, 8, 5)
_ENOUGH_SHAPES = 24

_ENOUGH_PLACES = 12
_MOST_PLACES = 300
_MOST_HITS = 4000
_LONGEST_MATCH = 64


@dataclass(frozen=True, slots=True)
class Source:
    """A document to copy from."""

    document: Document
    nearness: int  # 0 above the cursor, 1 below it, 2 same folder, 3 same kind, 4 any other
    backwards: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere in the user's code where the last tokens left of the cursor stand too."""

    source: Source
    position: int  # of the token that comes next there
    length: int  # how many tokens to the left are the same
    shape: int  # how many tokens to the left are the same but for names


def find_places(
    cursor: Cursor,
    sources: Sequence[Source],
    accepts: Callable[[str], bool],
    takes: Callable[[str], bool],
) -> list[Place]:
    """Where the context stands once more and goes on with an accepted token."""
    context, shape = cursor.context, cursor.shape
    places, complete = _collect(context, sources, accepts, _FIRST_LENGTH, False)
    if not complete:
        for length in _LONGER:
            longer, _ = _collect(context, sources, accepts, length, False)
            if longer:
                places = _union(longer, places)
            if len(longer) >= _ENOUGH_PLACES:
                break
    for length in _SHORTER:
        if len(places) >= _ENOUGH_PLACES:
            break
        shorter, _ = _collect(context, sources, accepts, length, False)
        places = _union(places, shorter)
    near = [s for s in sources if s.nearness <= 2]
    shapes: _Found = []
    for length in _SHAPES:
        more, _ = _collect(shape, near, takes, length, True, _ENOUGH_SHAPES * 2)
        shapes = _union(shapes, more)
        if len(shapes) >= _ENOUGH_SHAPES:
            break
    places = _union(places, shapes)
    return [
        Place(
            source,
            position,
            common_length(source.document.tokens, position, context),
            common_length(source.document.shape, position, shape),
        )
        for source, position in places
    ]


def common_length(tokens: str, position: int, context: str) -> int:
    """How many tokens before the position are the same as the context's last, at most 64."""
    length = 0
    step = _LONGEST_MATCH // 2
    while step and length < _LONGEST_MATCH:
        wanted = length + step
        if wanted <= len(context) and tokens.endswith(context[-wanted:], 0, position):
            length = wanted
        else:
            step //= 2
    return length


_Found = list[tuple[Source, int]]


def _collect(
    context: str,
    sources: Sequence[Source],
    accepts: Callable[[str], bool],
    length: int,
    shaped: bool,
    most: int = _MOST_PLACES,
) -> tuple[_Found, bool]:
    found: _Found = []
    needle = context[-length:]
    hits = 0
    for source in sources:
        tokens = source.document.tokens
        for start in _occurrences(
            source.document.shape if shaped else tokens, needle, source.backwards
        ):
            hits += 1
            position = start + len(needle)
            if position < len(tokens) and accepts(tokens[position]):
                found.append((source, position))
            if len(found) >= most or hits >= _MOST_HITS:
                return found, False
    return found, True


def _occurrences(tokens: str, needle: str, backwards: bool) -> Iterator[int]:
    if backwards:
        start = tokens.rfind(needle)
        while start >= 0:
            yield start
            start = tokens.rfind(needle, 0, start + len(needle) - 1)
    else:
        start = tokens.find(needle)
        while start >= 0:
            yield start
            start = tokens.find(needle, start + 1)


def _union(first: _Found, second: _Found) -> _Found:
    seen = {(source.document.path, source.nearness, position) for source, position in first}
    return first + [
        (source, position)
        for source, position in second
        if (source.document.path, source.nearness, position) not in seen
    ]
