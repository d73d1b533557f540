"""The piece of a broken file that the cursor is in, where it parses by itself.

A bracket left open farther up makes one error of all that follows. A function or class, told by
indentation, is mostly whole all the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lsp_server.indentation import measure_indentation
from lsp_server.syntax.parsing import parse_text
from lsp_server.syntax.splice import Spot, find_spot_in

_SECONDS = 0.01
# A class and a function in it. What is smaller has its meaning from what is around it.
_MOST_CHUNKS = 2
# No line begins a piece that goes on with what stands above it.
_NO_HEAD = re.compile(
    r"\s*(?:[)\]}#@.*]|//|(?:else|elif|elsif|except|catch|finally|rescue|ensure|when|case|end|then)\b)"
)
_END = re.compile(r"\s*(?:[)\]}]|(?:end|fi|done|esac)\b)")
_TEXT_QUOTES = ('"""', "'''", "`")


def find_chunk_spot(language: str, before: str, after: str) -> Spot | None:
    """The cursor between two texts in the tree of the largest piece around it that parses.

    The cursor's line, which is being typed, is left out of it. None where there is no such piece,
    or where the cursor may stand within a string of several lines.
    """
    if any(before.count(quote) % 2 for quote in _TEXT_QUOTES):
        return None
    above = before.split("\n")
    right, *below = after.split("\n")
    for start, depth in _find_heads(above):
        end = _find_end(below, depth)
        chunk_before = "\n".join(above[start:])
        chunk_after = "\n".join([right, *below[:end], ""])
        tree = parse_text(language, chunk_before + chunk_after, _SECONDS)
        if tree is None:
            return None
        spot = find_spot_in(tree, chunk_before, chunk_after)
        if spot.errors_without_line == 0:
            return spot
    return None


def _find_heads(above: list[str]) -> Iterator[tuple[int, int]]:
    """The lines that the cursor's line stands below, by depth, with theirs; the outermost first."""
    heads: list[tuple[int, int]] = []
    # At the top level the nearest line that stands there will do.
    depth = measure_indentation(above[-1]) or 1
    for number in range(len(above) - 1, -1, -1):
        line = above[number]
        found = measure_indentation(line)
        if line.strip() and found < depth and not _NO_HEAD.match(line):
            heads.append((number, found))
            depth = found
    yield from heads[: -_MOST_CHUNKS - 1 : -1]


def _find_end(below: list[str], depth: int) -> int:
    """How many lines below the cursor's belong to what begins at a depth."""
    for number, line in enumerate(below):
        if line.strip() and measure_indentation(line) <= depth:
            is_end = measure_indentation(line) == depth and _END.match(line)
            return number + 1 if is_end else number
    return len(below)
