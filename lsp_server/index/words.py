"""The words by which text is found: identifiers, whole and in their parts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

_IDENTIFIER = re.compile(r"[^\W\d]\w*")
# `HTTPServer2` is HTTP, Server and 2.
_HUMP = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
MAX_LENGTH = 64
# One letter tells nothing, and two stand in every line.
_MIN_LENGTH = 3


def list_words(text: str) -> set[str]:
    """The words of a text, small letters all."""
    return split_identifiers(_IDENTIFIER.findall(text))


def split_identifiers(names: Iterable[str]) -> set[str]:
    """The words of these identifiers: each as a whole, and its parts."""
    words: set[str] = set()
    for name in set(names):
        words.update(split_identifier(name))
    return words


@lru_cache(maxsize=50_000)
def split_identifier(name: str) -> tuple[str, ...]:
    """`getUserName` -> getusername, get, user, name; () for what is too short or too long."""
    if not _MIN_LENGTH <= len(name) <= MAX_LENGTH:
        return ()
    parts = [part for word in name.split("_") for part in _split_humps(word)]
    kept = [part.lower() for part in parts if len(part) >= _MIN_LENGTH]
    return tuple(dict.fromkeys([name.lower(), *kept]))


def _split_humps(word: str) -> list[str]:
    # Few scripts have capitals, and their letters are not told apart by a range.
    return _HUMP.findall(word) if word.isascii() else [word]
