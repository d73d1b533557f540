"""What is remembered of paragraphs and lines is what a search of the whole text finds."""

from __future__ import annotations

import itertools
import re

from lsp_server.privacy.paragraphs import by_line, by_paragraph
from lsp_server.privacy.span import Span

_WORD = re.compile(r"(?m)(?<![a-z])key\d+|^end$")
LINES = ("", "key1", "  key22 = key1", "monkey1", "end", "key3\r", "é key4", "x" * 500 + " key5")


def find(text: str) -> tuple[Span, ...]:
    return tuple(Span(*found.span(), "key") for found in _WORD.finditer(text))


def test_it_is_what_the_whole_text_holds() -> None:
    finders = by_line(find), by_paragraph(find)
    # Twice, since the second time all is known.
    for _ in range(2):
        for lines in itertools.product(LINES, repeat=4):
            text = "\n".join(lines)
            for find_all in finders:
                found = [
                    Span(start + span.start, start + span.end, span.kind)
                    for start, span in find_all(text)
                ]
                assert found == list(find(text)), text


def test_what_is_known_is_not_looked_at_again() -> None:
    seen: list[str] = []

    def note(text: str) -> tuple[Span, ...]:
        seen.append(text)
        return ()

    find_all = by_line(note)
    for text in ("a\nb\n\nc", "a\nb\n\nd", "a\ne"):
        assert list(find_all(text)) == []
    assert seen == ["a", "b", "c", "d", "e"]
