"""A model in a loop."""

from __future__ import annotations

import re

from lsp_server.postprocess.base import Dropped, Place

_MIN_CHARACTERS = 5
_ROUNDS = 3
_LONGEST_ROUND = 8
# Rows of numbers rightly repeat; the same words six times in a row do not.
_STUTTER = re.compile(r"(\S[^\n]{3,60}?)\1{5,}")
_WORD = re.compile(r"[^\W\d_]{3}")


def cut_repetition(text: str, place: Place) -> str | Dropped:
    """Cut after the first round of lines in a loop, and before a line whose words go round.

    An answer whose first line is just the line above the cursor again is an echo, and dropped.
    """
    lines = text.split("\n")
    if not place.left.strip():
        lines[0] = place.left + lines[0]
    above = place.before[: len(place.before) - len(place.left)].rstrip("\n").rpartition("\n")[2]
    if lines[0] == above and len(above.strip()) >= _MIN_CHARACTERS:
        return Dropped("The model only repeated the line above.")
    end = _find_loop(lines)
    if end is not None:
        text = "\n".join(text.split("\n")[:end])
    stutter = _STUTTER.search(text)
    if stutter and _WORD.search(stutter.group(1)):
        # A line that has come apart is of no use, not even its beginning.
        kept = text[: stutter.start()].rpartition("\n")[0].rstrip()
        return kept or Dropped("The model repeated itself without end.")
    return text


def _find_loop(lines: list[str]) -> int | None:
    """How many lines stand up to the end of the first round of a loop, None where there is none."""
    numbers = [number for number, line in enumerate(lines) if line.strip()]
    told = [lines[number].rstrip() for number in numbers]
    for start in range(len(told)):
        for length in range(1, _LONGEST_ROUND + 1):
            once = told[start : start + length]
            rounds = told[start : start + _ROUNDS * length]
            words = "".join(once).strip()
            if rounds == once * _ROUNDS and len(words) >= _MIN_CHARACTERS:
                return numbers[start + length - 1] + 1
            # A short word may come three times, as `end` does, but hardly at one depth.
            if words.isalpha() and told[start : start + _ROUNDS + 1] == once * (_ROUNDS + 1):
                return numbers[start] + 1
    return None
