"""Blanks that an answer begins with, and that stand there already."""

from __future__ import annotations

from lsp_server.postprocess.base import Place
from lsp_server.postprocess.scope import measure_indentation, opens_block

_UNIT = 4


def strip_leading_blank(text: str, place: Place) -> str:
    """Drop a doubled blank, blank lines first, and the cursor's indentation written again.

    Blank lines are a known failing after a prefix that ends with a newline. They stay where the
    answer leaves the block above, since there they set apart.
    """
    if place.left.strip():
        return text.lstrip(" \t") if place.left[-1].isspace() else text
    blank, newline, code = _split_blank_lines(text)
    if newline:
        if measure_indentation(code) < measure_indentation(_line_above(place)):
            return text
        # After a line's end the indentation is whole, not what is missing right of the cursor.
        return code.removeprefix(place.left) if code.startswith(place.left) else text
    if place.left and text.startswith(place.left) and _is_doubled(text, place):
        return text.removeprefix(place.left)
    return text


def _split_blank_lines(text: str) -> tuple[str, str, str]:
    bare = text.lstrip()
    return text[: len(text) - len(bare)].rpartition("\n")[0:2] + (
        text[text.rfind("\n", 0, len(text) - len(bare)) + 1 :],
    )


def _is_doubled(text: str, place: Place) -> bool:
    """Whether the answer's indentation is the line's whole one, not what is added to it."""
    above = _line_above(place)
    expected = measure_indentation(above) + (_UNIT if opens_block(above) else 0)
    whole = measure_indentation(text)
    added = measure_indentation(place.left + text)
    return abs(whole - expected) <= abs(added - expected)


def _line_above(place: Place) -> str:
    return place.before.rstrip().rpartition("\n")[2]
