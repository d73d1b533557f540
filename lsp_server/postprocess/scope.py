"""The block that the cursor is in: what a model writes beyond it is another's."""

from __future__ import annotations

import re
from functools import cache

from lsp_server.indentation import measure_indentation, opens_block
from lsp_server.postprocess.base import Place
from lsp_server.postprocess.statement import is_over
from lsp_server.syntax.ends import find_first_block, splice, stands_anywhere

_CLOSERS = re.compile(r"\s*(?:[)\]}]|end\b|</)")
# Clauses that go on with a block at the depth of its head.
_CLAUSES = re.compile(
    r"\s*(?:else|elif|elsif|elseif|except|finally|catch|rescue|ensure|when|case|default|until"
    r"|public|private|protected)\b"
)

_PREPROCESSED = ("c", "cpp", "csharp", "objective-c")


def limit_to_block(text: str, place: Place) -> str:
    """Cut before the first line that stands outside the block.

    The block is what is no less indented than the cursor's line or, where that line opens one,
    what is more. One line of closers at a smaller depth ends the block and is kept.
    Where no block of statements is around, one that the text itself begins ends it as well: a
    function, a class, a method. The file's tree tells.
    """
    if place.spot is not None and not place.left.strip():
        end = find_first_block(place.spot, text)
        if end is not None and is_over(end, text, place):
            text = text[: end.length].rstrip()
    return _limit_by_lines(text, place)


def _limit_by_lines(text: str, place: Place) -> str:
    lines = text.split("\n")
    head = place.left if place.left.strip() else place.left + lines[0]
    least = measure_indentation(head)
    is_opened = bool(place.left.strip()) and opens_block(place.left)
    # Parsed once, and only where a line stands outside by its depth.
    parse = cache(lambda: None if place.spot is None else splice(place.spot, text + "\n"))
    offset = 0
    for number, line in enumerate(lines[1:], start=1):
        offset += len(lines[number - 1]) + 1
        depth = measure_indentation(line)
        if (
            not line.strip()
            or _stands_anywhere(line, place.language)
            or depth > least
            or (depth == least and not is_opened)
            or ((spliced := parse()) is not None and stands_anywhere(spliced, text, offset))
        ):
            continue
        if is_opened and depth == least and _goes_on(line):
            continue
        is_end = _CLOSERS.match(line) and not opens_block(line)
        kept = number + 1 if is_end else number
        return "\n".join(lines[:kept]).rstrip()
    return text


def _stands_anywhere(line: str, language: str) -> bool:
    """Whether a line's depth says nothing, as that of a preprocessor's directive."""
    return line.startswith("#") and language in _PREPROCESSED


def _goes_on(line: str) -> bool:
    """Whether a line at the depth of a block's head is a clause of it, such as `} else {`."""
    if _CLOSERS.match(line):
        return opens_block(line)
    return _CLAUSES.match(line) is not None
