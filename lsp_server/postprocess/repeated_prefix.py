"""The prefix written again: chat models start the line, the block or the file anew."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lsp_server.postprocess.base import Place
from lsp_server.postprocess.size import MAX_CHARACTERS

# A shorter beginning of a line may rightly occur twice, as in `a = a`.
_MIN_CHARACTERS = 4
_WORD = re.compile(r"[^\W\d]\w{2,}\Z")


def drop_repeated_prefix(text: str, place: Place) -> str:
    """Cut off the front of the answer that repeats the lines, or the word, up to the cursor."""
    for begun in _beginnings(place):
        if text.startswith(begun):
            return text[len(begun) :]
    word = _WORD.search(place.left[-100:])
    return text.removeprefix(word.group()) if word else text


def may_repeat_prefix(text: str, place: Place) -> bool:
    """Whether `text`, the beginning of an answer, may turn out to repeat the prefix."""
    return len(text.strip()) >= _MIN_CHARACTERS and any(
        begun.startswith(text) and begun != text for begun in _beginnings(place)
    )


def _beginnings(place: Place) -> Iterator[str]:
    """The text up to the cursor from each line's start or first word on, longest first."""
    near = place.before[-MAX_CHARACTERS:]
    start = 0 if near == place.before else near.find("\n") + 1
    while True:
        begun = near[start:]
        if len(begun.strip()) < _MIN_CHARACTERS:
            return
        yield begun
        if begun[:1].isspace():
            yield begun.lstrip()
        start = near.find("\n", start) + 1
        if not start:
            return
