"""How likely each name is to be wanted at the cursor, as far as the text in view lacks it.

A line is most like the lines that stand between lines like its neighbours. So the names of similar
code count by how well its lines agree with those around the cursor; by how similar the code is on
the whole; by their parts, since names that share words go together; and by why a piece was found.
The weights are those of a logistic regression over lines cut out of packages of Python, TypeScript
and JavaScript, other ones than `benchmarks/recall.py` reports on.
"""

from __future__ import annotations

import heapq
import keyword
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence, Set
from functools import lru_cache

from lsp_server.context.piece import Origin, Piece
from lsp_server.context.scene import (
    NEXT_ABOVE,
    NEXT_BELOW,
    Scene,
    names_by_line,
    names_in,
    names_of,
)
from lsp_server.index.base import Chunk
from lsp_server.index.words import split_identifier

_BIAS = -10.6
_WIDE, _NARROW = 0.8, 1.2
# Agreement counts more where it begins than where it is nearly whole.
_AGREEMENT, _SOME_AGREEMENT, _SOME = 3.3, 1.9, 0.5
_PARTS = 1.6
_LENGTH = 0.55
_ORIGINS: dict[Origin, float] = {
    "user": 8.0,
    "sibling": 2.0,
    "file": 1.8,
    "base": 0.8,
    "counterpart": 0.5,
    "defined": 0.3,
    "imported": 0.1,
    "member": 0.0,
}
_MAX_AGREEMENT = 1.5
_MIN_NAME = 3
# No budget has room for more.
_MAX_NAMES = 600
# How much a name tells that no window has.
_MAX_WEIGHT = 5.0
_NONE = frozenset[str]()
# Words that name nothing; of other languages they stand in every window anyway.
_ECMASCRIPT = frozenset(
    """await break case catch class const continue debugger default delete else enum export extends
    false finally for function import instanceof interface let new null private protected public
    return static super switch this throw true try typeof undefined var void while with
    yield""".split()
)
_RESERVED = {
    "python": frozenset(keyword.kwlist),
    **dict.fromkeys(
        ("javascript", "javascriptreact", "typescript", "typescriptreact", "vue", "svelte"),
        _ECMASCRIPT,
    ),
}
# Lines above and below that a line's likeness goes by, blank ones left out.
_ABOVE, _BELOW = 3, 2


def expect_names(
    scene: Scene,
    shown: Set[str],
    wide: Sequence[Chunk],
    narrow: Sequence[Chunk],
    pieces: Iterable[Piece],
) -> dict[str, float]:
    """The probability of each name that is not `shown`, from 0 to 1."""
    known = shown | _RESERVED.get(scene.language, _NONE)
    scores: dict[str, float] = {}
    for chunks, weight in ((wide, _WIDE), (narrow, _NARROW)):
        for name, similarity in _sum_similarity(chunks).items():
            scores[name] = scores.get(name, 0.0) + weight * math.log1p(similarity)
    for name, agreement in _find_agreement(scene, [*wide, *narrow]).items():
        some = _SOME_AGREEMENT * min(agreement, _SOME)
        scores[name] = scores.get(name, 0.0) + _AGREEMENT * agreement + some
    for name, boost in _find_boosts(pieces).items():
        scores[name] = scores.get(name, 0.0) + boost
    near = _NONE.union(*map(_parts_of, names_of(scene.near(NEXT_ABOVE, NEXT_BELOW))))
    missing = [
        (score + _PARTS * _share_parts(name, near) + _LENGTH * math.log(len(name)), name)
        for name, score in scores.items()
        if name not in known and len(name) >= _MIN_NAME
    ]
    likely = heapq.nlargest(_MAX_NAMES, missing)
    return {name: _logistic(_BIAS + score) for score, name in likely}


def _sum_similarity(chunks: Sequence[Chunk]) -> dict[str, float]:
    if not chunks or chunks[0].score <= 0:
        return {}
    best = chunks[0].score
    sums: dict[str, float] = {}
    for chunk in chunks:
        similarity = (chunk.score / best) ** 2
        for name in frozenset[str]().union(*names_by_line(chunk.text)):
            sums[name] = sums.get(name, 0.0) + similarity
    return sums


def _find_agreement(scene: Scene, chunks: Iterable[Chunk]) -> dict[str, float]:
    """For each name the best agreement of a line that has it with the cursor's, 1 for all."""
    windows = {(chunk.path, chunk.line): names_by_line(chunk.text) for chunk in chunks}
    weights = _weigh(windows.values())
    above, below = _neighbours(scene)
    whole = sum(weights.get(name, _MAX_WEIGHT) for name in above | below) or 1.0
    found: dict[str, float] = {}
    for lines in windows.values():
        shared_above = [line & above for line in lines]
        shared_below = [line & below for line in lines]
        for number, names in enumerate(lines):
            before = shared_above[max(0, number - _ABOVE) : number]
            after = shared_below[number + 1 : number + 1 + _BELOW]
            if not any(before) and not any(after):
                continue
            agreement = sum(map(weights.__getitem__, _NONE.union(*before)))
            agreement += sum(map(weights.__getitem__, _NONE.union(*after)))
            agreement = min(agreement / whole, _MAX_AGREEMENT)
            for name in names:
                if found.get(name, 0.0) < agreement:
                    found[name] = agreement
    return found


def _weigh(windows: Iterable[Sequence[Set[str]]]) -> dict[str, float]:
    """How much each name tells: less, the more windows have it."""
    counts: Counter[str] = Counter()
    total = 0
    for lines in windows:
        counts.update(set().union(*lines))
        total += 1
    return {name: math.log(1 + total / count) for name, count in counts.items()}


def _neighbours(scene: Scene) -> tuple[frozenset[str], frozenset[str]]:
    """The names of the nearest lines above, the cursor's own left part among them, and below."""
    above = [scene.left, *reversed(scene.above[-8:])]
    below = [scene.right, *scene.below[:6]]
    return (
        frozenset(names_of(_first_named(above, _ABOVE))),
        frozenset(names_of(_first_named(below, _BELOW))),
    )


def _first_named(lines: Iterable[str], count: int) -> Iterator[str]:
    for line in lines:
        if names_in(line):
            yield line
            count -= 1
            if count == 0:
                return


def _find_boosts(pieces: Iterable[Piece]) -> dict[str, float]:
    """For each name the best reason for which a piece with it was found."""
    names: dict[Origin, list[frozenset[str]]] = {}
    for piece in pieces:
        names.setdefault(piece.origin, []).append(piece.names)
    found: dict[str, float] = {}
    for origin in sorted(names, key=lambda origin: _ORIGINS.get(origin, 0.0)):
        found.update(dict.fromkeys(_NONE.union(*names[origin]), _ORIGINS.get(origin, 0.0)))
    return found


@lru_cache(maxsize=50_000)
def _parts_of(name: str) -> frozenset[str]:
    return frozenset(split_identifier(name))


def _share_parts(name: str, near: Set[str]) -> float:
    parts = _parts_of(name)
    return len(parts & near) / len(parts) if parts else 0.0


def _logistic(score: float) -> float:
    return 1.0 / (1.0 + math.exp(-score))
