"""The first statement of a text that begins on the next line."""

from __future__ import annotations

import re

from lsp_server.indentation import measure_indentation, opens_block
from lsp_server.overlap import measure_balance
from lsp_server.syntax.grammars import block_style

_CLOSER = re.compile(r"\s*(?:[)\]}]|end\b)")

_QUOTES = "\"'`"


def begins_below(text: str) -> bool:
    """Whether a text leaves the cursor's line as it is, and goes on below."""
    return text.lstrip(" \t").startswith("\n") and bool(text.strip())


def find_statement_end(text: str, language: str) -> int | None:
    """The length of `text` up to the end of its first statement; None if it may go on.

    A statement is a line with what it leaves open: brackets, a block, and lines that stand deeper.
    """
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
