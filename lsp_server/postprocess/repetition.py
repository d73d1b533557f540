"""A model in a loop."""

from __future__ import annotations

from collections import Counter

from lsp_server.postprocess.base import Dropped, Place

_MIN_CHARACTERS = 5
_LOOP = 3


def cut_repetition(text: str, place: Place) -> str | Dropped:
    """Cut before the third time that a telling line stands in the answer; drop a pure echo.

    An answer whose first line is just the line above the cursor again is an echo.
    """
    lines = text.split("\n")
    above = place.before.rstrip("\n").rpartition("\n")[2] if not place.left.strip() else ""
    if len(above.strip()) >= _MIN_CHARACTERS and lines[0].strip() == above.strip():
        return Dropped("The model only repeated the line above.")
    seen: Counter[str] = Counter()
    for number, line in enumerate(lines):
        telling = line.strip()
        seen[telling] += len(telling) >= _MIN_CHARACTERS
        if seen[telling] >= _LOOP:
            first = next(i for i, other in enumerate(lines) if other.strip() == telling)
            return "\n".join(lines[: first + 1]).rstrip() if number else text
    return text
