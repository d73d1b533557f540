"""Which name here stands for which name there: `self.a = a` is the model for `self.b = b`."""

from __future__ import annotations

import re
from collections.abc import Iterable

from lsp_server.embedded.cursor import Cursor
from lsp_server.embedded.search import Place
from lsp_server.embedded.tokens import FIRST_NAME, Vocabulary

_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|_+|\w")
_LONGEST_LOOK = 48
_SHORTEST_OLD = 3
_SHORTEST_NEW = 2


class Renamer:
    """Works out renames for one cursor; remembers what it has compared."""

    def __init__(self, vocabulary: Vocabulary, cursor: Cursor) -> None:
        self._vocabulary = vocabulary
        self._cursor = cursor
        self._changes: dict[tuple[str, str], tuple[str, str] | None] = {}

    def learn(self, place: Place, header: str) -> dict[str, str]:
        """Names there to names here, from the code left of both and from the headers above.

        The nearest pair decides. A name that is the same in both is in the result too, as the
        nearer of two pairs may be the one that keeps it.
        """
        renames: dict[str, str] = {}
        if place.shape_length > place.length:
            look = min(place.shape_length, _LONGEST_LOOK)
            there = place.source.document.tokens[place.position - look : place.position]
            self._pair(reversed(there), reversed(self._cursor.context[-look:]), renames)
        self._pair(header, self._cursor.header, renames)
        return renames

    def extend(self, renames: dict[str, str], rest: str) -> None:
        """Rename parts of further names: after `user` -> `host`, `get_user` becomes `get_host`."""
        changes = [
            change
            for there, here in renames.items()
            if there != here and (change := self._change(there, here)) is not None
        ]
        if not changes:
            return
        for name in dict.fromkeys(rest):
            if name < FIRST_NAME or name in renames:
                continue
            word = self._vocabulary.word(name)
            for old, new in changes:
                renamed = replace_part(word, old, new)
                if renamed != word:
                    renames[name] = self._vocabulary.character(renamed)
                    break

    def common_length(self, place: Place, renames: dict[str, str]) -> int:
        """How many tokens left of the place are those left of the cursor once renamed."""
        look = place.shape_length
        there = place.source.document.tokens[place.position - look : place.position]
        length = 0
        for one, other in zip(reversed(there), reversed(self._cursor.context), strict=False):
            if renames.get(one, one) != other:
                break
            length += 1
        return length

    def _pair(self, there: Iterable[str], here: Iterable[str], renames: dict[str, str]) -> None:
        for one, other in zip(there, here, strict=False):
            if one >= FIRST_NAME and other >= FIRST_NAME:
                if one == other or self._same_kind(one, other):
                    renames.setdefault(one, other)
            elif one != other:
                return

    def _same_kind(self, one: str, other: str) -> bool:
        word = self._vocabulary.word
        return word(one)[:1].isdigit() == word(other)[:1].isdigit()

    def _change(self, there: str, here: str) -> tuple[str, str] | None:
        if (there, here) not in self._changes:
            word = self._vocabulary.word
            self._changes[there, here] = changed_part(word(there), word(here))
        return self._changes[there, here]


def changed_part(there: str, here: str) -> tuple[str, str] | None:
    """The parts in which two words differ: `get_user`, `get_host` give `user`, `host`.

    None if they are too short to look for in other words.
    """
    parts, others = _PART.findall(there), _PART.findall(here)
    while parts and others and parts[0].lower() == others[0].lower():
        del parts[0], others[0]
    while parts and others and parts[-1].lower() == others[-1].lower():
        del parts[-1], others[-1]
    old, new = "".join(parts), "".join(others)
    if len(old) < _SHORTEST_OLD or len(new) < _SHORTEST_NEW or old.isdigit():
        return None
    return old, new


def replace_part(word: str, old: str, new: str) -> str:
    """The word with one whole part for another, in the case the part has there."""
    for recase in (str, str.lower, _capitalise, str.upper):
        part = recase(old)
        start = word.find(part)
        if start >= 0 and _is_whole(word, start, start + len(part)):
            return f"{word[:start]}{recase(new)}{word[start + len(part) :]}"
    return word


def _is_whole(word: str, start: int, end: int) -> bool:
    """Whether parts of the word begin and end here: not `load` in `loads` or `reload`."""
    before, after = word[start - 1 : start], word[end : end + 1]
    return not (word[start].islower() and before.isalpha()) and not after.islower()


def _capitalise(text: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in text.split("_"))
