"""How much of an accepted suggestion still stands: two states of a document, a number out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import takewhile

# Beyond these sizes comparing costs more than the number is worth; what is that different counts
# as gone.
_MOST_LINES = 400
_MOST_CHARACTERS = 2000
# Fewer characters in a row are found in any two lines.
_LEAST_RUN = 3


def count_kept(before: Sequence[str], line: int, column: int, text: str, now: Sequence[str]) -> int:
    """How many characters of `text` still stand in the lines `now`, from 0 to its length.

    `before` are the document's lines at the time of acceptance, in which `text`, with "\\n" line
    ends, stands at `line` and `column`, both from 0. A suggestion that moved with the lines around
    it is kept.
    """
    old = [each.rstrip("\r\n") for each in before]
    new = [each.rstrip("\r\n") for each in now]
    parts = text.split("\n")
    spans = {
        line + number: (column if number == 0 else 0, len(part))
        for number, part in enumerate(parts)
    }
    kept = 0
    for number, share in _compare(old, new, spans):
        if number in spans:
            start, length = spans[number]
            # The line's end was accepted as well, but for the last line.
            end = 1 if number < line + len(parts) - 1 else 0
            kept += length + end if share is None else _count(share, start, start + length)
    return kept


def _compare(
    old: list[str], new: list[str], wanted: dict[int, tuple[int, int]]
) -> Iterator[tuple[int, list[tuple[int, int]] | None]]:
    """The old lines that stand: wholly (None), or with the ranges of columns that still do."""
    same = [one == other for one, other in zip(old, new, strict=False)]
    above = sum(1 for _ in takewhile(bool, same))
    most = min(len(old), len(new)) - above
    pairs = zip(reversed(old), reversed(new), strict=False)
    below = min(most, sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs)))
    for number in wanted:
        if number < above or len(old) - below <= number < len(old):
            yield number, None
    old_middle, new_middle = old[above : len(old) - below], new[above : len(new) - below]
    if max(len(old_middle), len(new_middle)) > _MOST_LINES:
        return
    matcher = SequenceMatcher(None, old_middle, new_middle, autojunk=False)
    for kind, first, last, other_first, other_last in matcher.get_opcodes():
        replaced = "\n".join(new_middle[other_first:other_last])
        for number in range(first, last):
            if kind == "equal":
                yield above + number, None
            elif kind == "replace" and above + number in wanted:
                yield above + number, _find_runs(old_middle[number], replaced)


def _find_runs(old: str, new: str) -> list[tuple[int, int]]:
    if max(len(old), len(new)) > _MOST_CHARACTERS:
        return []
    blocks = SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
    runs = [(each.a, each.a + each.size) for each in blocks]
    # Nor is indentation anybody's merit.
    return [(start, end) for start, end in runs if len(old[start:end].strip()) >= _LEAST_RUN]


def _count(runs: list[tuple[int, int]], start: int, end: int) -> int:
    return sum(max(0, min(last, end) - max(first, start)) for first, last in runs)
