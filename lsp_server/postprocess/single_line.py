"""One line where one line was asked for."""

from __future__ import annotations

from lsp_server.postprocess.base import Place


def limit_to_line(text: str, place: Place) -> str:
    """The first line that holds anything, where a suggestion may have one line only."""
    if place.multiline:
        return text.rstrip()
    return text.partition("\n")[0].rstrip() if place.left.strip() else _first_line(text)


def _first_line(text: str) -> str:
    # A leading blank line is a known failing after a prefix that ends with a newline.
    return text.lstrip("\n").partition("\n")[0].rstrip()
