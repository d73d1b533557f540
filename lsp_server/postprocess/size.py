"""A bound on what is shown and on the work of the filters after it."""

from __future__ import annotations

from lsp_server.postprocess.base import Dropped, Place

# More than a screen full is no ghost text but a wall.
MAX_CHARACTERS = 8192
MAX_LINES = 64


def limit_size(text: str, _place: Place) -> str | Dropped:
    """At most 8,192 characters and 64 lines, cut at a line's end; a longer line is dropped."""
    if len(text) > MAX_CHARACTERS:
        text = text[:MAX_CHARACTERS].rpartition("\n")[0]
        if not text.strip():
            return Dropped("The model's line was too long to be code.")
    lines = text.split("\n", MAX_LINES)
    return "\n".join(lines[:MAX_LINES])
