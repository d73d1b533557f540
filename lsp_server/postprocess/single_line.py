"""One line where one line was asked for."""

from __future__ import annotations

from lsp_server.overlap import count_repeated, find_open_quote, measure_balance
from lsp_server.postprocess.base import Place
from lsp_server.postprocess.statement import begins_below, find_statement_end


def limit_to_line(text: str, place: Place) -> str:
    """The first line, where a suggestion may have one line only, or where more would not fit.

    Where the cursor's line is whole already, the first statement below it may be shown instead.
    Blanks at the end stay only where the line goes on right of the cursor.
    """
    if place.below and begins_below(text):
        return text[: find_statement_end(text, place)].rstrip()
    if place.multiline:
        text = text.rstrip()
    elif not place.left.strip():
        text = text.lstrip("\n")
    if not place.multiline or not _fits(text, place):
        text = text.partition("\n")[0]
    return text if place.right.strip() and text.strip() else text.rstrip()


def _fits(text: str, place: Place) -> bool:
    """Whether what stands right of the cursor can follow on the text's last line."""
    right = place.right.rstrip()
    if not right or "\n" not in text:
        return True
    quote = find_open_quote(place.left, place.language)
    if len(text) in measure_balance(text, place.language, quote).whole_at:
        return True
    return count_repeated(place.left, text, place.right, place.language) >= len(right)
