"""What is found in a text by its paragraphs and lines: of those that were looked at before it is
remembered.

A key changes one line of a prompt, if any.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import TypeAlias

from lsp_server.privacy.span import Span

Find: TypeAlias = Callable[[str], tuple[Span, ...]]
FindAll: TypeAlias = Callable[[str], Iterator[tuple[int, Span]]]

_BLANK = "\n\n"
_KEPT_PARAGRAPHS = 1_000
# Of longer paragraphs, in characters, it is not remembered what they hold.
_KEPT_SIZE = 4_000
_KEPT_LINES, _KEPT_LINE = 3_000, 400


def by_paragraph(find: Find) -> FindAll:
    """`find` for whole texts: what it finds in each paragraph, with where the paragraph begins."""
    find_again = lru_cache(maxsize=_KEPT_PARAGRAPHS)(find)

    def find_all(text: str) -> Iterator[tuple[int, Span]]:
        start = 0
        for paragraph in text.split(_BLANK):
            found = (find_again if len(paragraph) <= _KEPT_SIZE else find)(paragraph)
            for each in found:
                yield start, each
            start += len(paragraph) + len(_BLANK)

    return find_all


def by_line(find: Find) -> FindAll:
    """The same for what spans no lines: of a paragraph that is new most lines are not."""
    find_again = lru_cache(maxsize=_KEPT_LINES)(find)

    @by_paragraph
    def find_all(paragraph: str) -> tuple[Span, ...]:
        spans: list[Span] = []
        start = 0
        for line in paragraph.split("\n"):
            found = (find_again if len(line) <= _KEPT_LINE else find)(line)
            spans += (Span(start + one.start, start + one.end, one.kind) for one in found)
            start += len(line) + 1
        return tuple(spans)

    return find_all
