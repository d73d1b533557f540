"""The prefix written again: chat models start the line, the block or the file anew."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lsp_server.postprocess.base import Place
from lsp_server.postprocess.size import MAX_BYTES

# A shorter beginning of a line may rightly occur twice, as in `a = a`.
_MIN_CHARACTERS = 4
_MAX_INDENTATION = 200
_WORD = re.compile(r"[^\W\d]\w{2,}\Z")


def drop_repeated_prefix(text: str, place: Place) -> str:
    """Cut off the front of the answer that repeats the lines, or the word, up to the cursor."""
    for begun in _beginnings(place, len(text)):
        if text.startswith(begun):
            return text[len(begun) :]
    word = _WORD.search(place.left[-100:])
    return text.removeprefix(word.group()) if word else text


def may_repeat_prefix(text: str, place: Place) -> bool:
    """Whether `text`, the beginning of an answer, may turn out to repeat the prefix."""
    near = place.before[-MAX_BYTES:]
    if len(text.strip()) < _MIN_CHARACTERS:
        return False
    found = near.find(text)
    while 0 <= found < len(near) - len(text):
        line_start = near.rfind("\n", 0, found) + 1
        if not near[line_start:found].strip():
            return True
        found = near.find(text, found + 1)
    return False


def _beginnings(place: Place, length: int) -> Iterator[str]:
    """The text up to the cursor from each line's start or first word on, longest first.

    Only such as an answer of `length` characters can hold.
    """
    near = place.before[-min(MAX_BYTES, length + _MAX_INDENTATION) :]
    start = 0 if near == place.before else near.find("\n") + 1
    while True:
        begun = near[start:]
        if len(begun.strip()) < _MIN_CHARACTERS:
            # With its indentation even a line of a single bracket tells.
            if len(begun) > _MIN_CHARACTERS and begun[0].isspace() and begun.strip():
                yield begun
            return
        yield begun
        if begun[:1].isspace():
            yield begun.lstrip()
        start = near.find("\n", start) + 1
        if not start:
            return
