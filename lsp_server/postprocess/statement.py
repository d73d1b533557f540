"""The first statement of a text that begins on the next line."""

from __future__ import annotations

import re

from lsp_server.indentation import measure_indentation, opens_block
from lsp_server.overlap import measure_balance
from lsp_server.postprocess.base import Place
from lsp_server.syntax.ends import End, find_first_statement
from lsp_server.syntax.grammars import block_style

_CLOSER = re.compile(r"\s*(?:[)\]}]|end\b)")
# What goes on with the statement above: a clause, a call in a chain, an operator, a closer.
_CONTINUED = re.compile(
    r"\s*(?:(?:else|elif|elsif|elseif|except|finally|catch|rescue|ensure|until)\b|[.?,:=|)\]}]|&&)"
)
# Decorators and attributes belong to what stands below them.
_HEADS = re.compile(r"\s*(?:@\w|#\[)")

_QUOTES = "\"'`"


def begins_below(text: str) -> bool:
    """Whether a text leaves the cursor's line as it is, and goes on below."""
    return text.lstrip(" \t").startswith("\n") and bool(text.strip())


def find_statement_end(text: str, place: Place) -> int | None:
    """The length of `text` up to the end of its first statement; None if it may go on.

    The file's tree tells where there is one; else a statement is a line with what it leaves open:
    brackets, a block, and lines that stand deeper.
    """
    by_lines = _find_end_by_lines(text, place.language)
    end = None if place.spot is None else find_first_statement(place.spot, text)
    if end is None:
        return by_lines
    if is_over(end, text, place):
        return end.length
    # What seems to be a line of its own may be part of more, as in a shell's here-document.
    return None if by_lines is None or by_lines < end.length else by_lines


def is_over(end: End, text: str, place: Place) -> bool:
    """Whether nothing more of `text` can belong to a statement that ends there by the tree."""
    if end.is_closed:
        return True
    following = _first_line(text[end.length :])
    if not following or _CONTINUED.match(following):
        return False
    first = _first_line(text if place.left.strip() else place.left + text)
    return measure_indentation(following) <= measure_indentation(first)


def _first_line(text: str) -> str:
    """The first line that is not blank, "" where there is none."""
    return next((line for line in text.split("\n") if line.strip()), "")


def _find_end_by_lines(text: str, language: str) -> int | None:
    lines = text.split("\n")
    first = next(number for number, line in enumerate(lines) if line.strip())
    depth = measure_indentation(lines[first])
    length = sum(map(len, lines[:first])) + first
    is_in_text = False
    brackets = 0
    for number in range(first, len(lines) - 1):
        line = lines[number]
        length += len(line) + (number > first)
        brackets += _count_left_open(line, language)
        is_in_text ^= line.count('"""') % 2 == 1
        is_open = brackets > 0 or is_in_text or opens_block(line) or line.endswith("\\")
        is_open = is_open or _HEADS.match(line) is not None
        if not is_open and not _goes_on(line, lines[number + 1], number > first, depth, language):
            return length
    return None


def _count_left_open(line: str, language: str) -> int:
    """Brackets that a line opens, less those that it closes."""
    balance = measure_balance(line, language)
    return len(balance.opens.rstrip(_QUOTES)) - len(balance.closes)


def _goes_on(line: str, below: str, is_block: bool, depth: int, language: str) -> bool:
    """Whether after a line that leaves nothing open the statement goes on with the line below."""
    if not is_block and (block_style(language) == "indent" or line.rstrip().endswith(";")):
        return False
    if not below.strip():
        # A blank line stands within a block only where it goes on; it may be the text's end.
        return is_block
    deep = measure_indentation(below)
    return deep > depth or (is_block and deep == depth and _CLOSER.match(below) is not None)
