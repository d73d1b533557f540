"""Search and replace: for changes in several places, as strong models write them.

<<<<<<< SEARCH
lines as they are
=======
lines as they are to be
>>>>>>> REPLACE
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass

from lsp_server.actions.base import Refusal

OPENING, MIDDLE, CLOSING = "<<<<<<< SEARCH", "=======", ">>>>>>> REPLACE"

_OPENING = re.compile(r"<{5,9} ?(SEARCH|ORIGINAL)\b.*")
_MIDDLE = re.compile(r"={5,9}\s*")
_CLOSING = re.compile(r">{5,9} ?(REPLACE|UPDATED)\b.*")


@dataclass(frozen=True, slots=True)
class Replacement:
    """Lines [first, last) of the region become `lines`."""

    first: int
    last: int
    lines: tuple[str, ...]


def uses_search_replace(text: str) -> bool:
    """Whether a reply is in this form."""
    return any(_OPENING.fullmatch(line.strip()) for line in text.split("\n"))


def read_search_replace(text: str, region: list[str]) -> list[str] | Refusal:
    """The region's lines after the replacements of a cleaned reply.

    Each block must match exactly one place, indentation and all. What is refused is worded so that
    the model can mend it.
    """
    blocks = _parse(text.split("\n"))
    if isinstance(blocks, Refusal):
        return blocks
    placed: list[Replacement] = []
    for number, lines in enumerate(blocks, 1):
        replacement = _place(number, lines, region)
        if isinstance(replacement, Refusal):
            return replacement
        placed.append(replacement)
    placed.sort(key=lambda one: one.first)
    for one, other in itertools.pairwise(placed):
        if other.first < one.last or other.first == one.first:
            return Refusal("Two SEARCH blocks overlap; write one block for both changes.")
    new: list[str] = []
    done = 0
    for replacement in placed:
        new += [*region[done : replacement.first], *replacement.lines]
        done = replacement.last
    return new + region[done:]


def _parse(lines: list[str]) -> list[list[str]] | Refusal:
    """The lines between the outer marks of each block."""
    blocks: list[list[str]] = []
    current: list[str] | None = None
    for line in lines:
        mark = line.strip()
        if _OPENING.fullmatch(mark):
            if current is not None:
                return Refusal(f"A SEARCH block was not closed by {CLOSING}.")
            current = []
        elif current is not None and _CLOSING.fullmatch(mark):
            blocks.append(current)
            current = None
        elif current is not None:
            current.append(line)
    if current is not None:
        return Refusal(f"A SEARCH block was not closed by {CLOSING}.")
    return blocks


def _place(number: int, lines: list[str], region: list[str]) -> Replacement | Refusal:
    """Where a block belongs. Its text may hold lines like the middle mark: the one split that has
    a place counts."""
    splits = [index for index, line in enumerate(lines) if _MIDDLE.fullmatch(line)]
    if not splits:
        return Refusal(f"SEARCH block {number} has no line {MIDDLE}.")
    found: list[Replacement] = []
    several = 0
    is_same = False
    for split in splits:
        search, replace = _trim_alike(lines[:split], lines[split + 1 :])
        if not any(line.strip() for line in search):
            continue
        places = _find(search, region)
        several = max(several, len(places))
        if len(places) == 1:
            is_same = is_same or search == replace
            found.append(Replacement(places[0], places[0] + len(search), tuple(replace)))
    if len(found) == 1 and not is_same:
        return found[0]
    if is_same:
        return Refusal(f"SEARCH block {number} and its replacement are the same.")
    if several > 1 or len(found) > 1:
        return Refusal(
            f"SEARCH block {number} matches {max(several, len(found))} places; add lines around it "
            "until it matches exactly one."
        )
    return Refusal(
        f"SEARCH block {number} matches no lines of the code that may be changed; copy the lines "
        "exactly, with their indentation and without line numbers."
    )


def _find(search: list[str], region: list[str]) -> list[int]:
    """Where the lines stand; blanks at a line's end do not count, its indentation does."""
    wanted = [line.rstrip() for line in search]
    lines = [line.rstrip() for line in region]
    size = len(wanted)
    return [
        start
        for start in range(len(lines) - size + 1)
        if lines[start] == wanted[0] and lines[start : start + size] == wanted
    ]


def _trim_alike(search: list[str], replace: list[str]) -> tuple[list[str], list[str]]:
    """Both without the blank lines that begin or end both of them."""
    while len(search) > 1 and replace and not search[0].strip() and not replace[0].strip():
        search, replace = search[1:], replace[1:]
    while len(search) > 1 and replace and not search[-1].strip() and not replace[-1].strip():
        search, replace = search[:-1], replace[:-1]
    return search, replace
