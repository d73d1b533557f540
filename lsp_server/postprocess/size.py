"""A bound on what is shown and on the work of the filters after it."""

from __future__ import annotations

from lsp_server.postprocess.base import Place

# More than a screen full is no ghost text but a wall (facts of peers: 64 lines, 8 KB).
MAX_CHARACTERS = 8192
MAX_LINES = 64


def limit_size(text: str, _place: Place) -> str:
    """At most 8,192 characters and 64 lines, cut at a line's end."""
    if len(text) > MAX_CHARACTERS:
        text = text[:MAX_CHARACTERS].rpartition("\n")[0]
    lines = text.split("\n", MAX_LINES)
    return "\n".join(lines[:MAX_LINES])
