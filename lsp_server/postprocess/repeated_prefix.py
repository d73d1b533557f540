"""The prefix written again: chat models start the line, or the file, anew."""

from __future__ import annotations

from lsp_server.postprocess.base import Place

# A shorter beginning of a line may rightly occur twice, as in `a = a`.
_MIN_CHARACTERS = 4


def drop_repeated_prefix(text: str, place: Place) -> str:
    """Cut off the front of the answer that repeats the lines up to the cursor."""
    left = place.left
    if len(left.strip()) >= _MIN_CHARACTERS:
        for start in (left, left.lstrip()):
            if text.startswith(start):
                return text[len(start) :]
    above = place.before[: len(place.before) - len(left)].rstrip("\n").rpartition("\n")[2]
    if len(above.strip()) >= _MIN_CHARACTERS:
        for line in (above, above.lstrip()):
            begun = f"{line}\n{left}"
            if text.startswith(begun):
                return text[len(begun) :]
    return text
