"""What is found in a text by its paragraphs: of one that was looked at before it is remembered.

A key changes one paragraph of a prompt, if any.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import TypeVar

_Found = TypeVar("_Found")

_BLANK = "\n\n"
_KEPT_PARAGRAPHS = 1_000
# Of longer paragraphs, in characters, it is not remembered what they hold.
_KEPT_SIZE = 4_000


def by_paragraph(
    find: Callable[[str], tuple[_Found, ...]],
) -> Callable[[str], Iterator[tuple[int, _Found]]]:
    """`find` for whole texts: what it finds in each paragraph, with where the paragraph begins."""
    find_again = lru_cache(maxsize=_KEPT_PARAGRAPHS)(find)

    def find_all(text: str) -> Iterator[tuple[int, _Found]]:
        start = 0
        for paragraph in text.split(_BLANK):
            found = (find_again if len(paragraph) <= _KEPT_SIZE else find)(paragraph)
            for each in found:
                yield start, each
            start += len(paragraph) + len(_BLANK)

    return find_all
