"""Blanks at the answer's beginning that stand there already."""

from __future__ import annotations

from lsp_server.indentation import measure_indentation, opens_block
from lsp_server.postprocess.base import Place


def strip_leading_blank(text: str, place: Place) -> str:
    """Drop a doubled blank, blank lines first, and the cursor's indentation written again.

    Blank lines are a known failing after a prefix that ends with a newline. They stay where the
    answer leaves the block above, since there they set apart.
    """
    left = place.left
    if left.strip():
        return text[1:] if _is_doubled_blank(left, text) else text
    if not text.strip():
        return ""
    code = text[text.rfind("\n", 0, len(text) - len(text.lstrip())) + 1 :]
    if code == text:
        doubled = left and text.startswith(left) and _is_doubled(text, place)
        return text.removeprefix(left) if doubled else text
    if measure_indentation(code) < measure_indentation(_line_above(place)):
        return text
    # After a line's end an indentation is a whole one, not what is missing at the cursor.
    return code.removeprefix(left) if code.startswith(left) else text


def _is_doubled_blank(left: str, text: str) -> bool:
    """Whether one blank meets another; several are an alignment."""
    return (
        left.endswith(" ")
        and not left.endswith("  ")
        and text.startswith(" ")
        and not text[1:2].isspace()
    )


def _is_doubled(text: str, place: Place) -> bool:
    """Whether the answer's indentation is the line's whole one, and not what is added to it."""
    above = _line_above(place)
    depth, left, own = (measure_indentation(line) for line in (above, place.left, text))
    lines = [line for line in text.split("\n") if line.strip()]
    if len(lines) > 1 and opens_block(lines[0]):
        # What the first line opens stands deeper than it.
        return measure_indentation(lines[1]) <= left + own
    if opens_block(above):
        return left > depth or own > depth
    return left >= depth or abs(own - depth) <= abs(left + own - depth)


def _line_above(place: Place) -> str:
    return place.before.rstrip().rpartition("\n")[2]
