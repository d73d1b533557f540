"""Nothing worth showing."""

from __future__ import annotations

from lsp_server.postprocess.base import Dropped, Place

NOTHING = "The model had nothing to add here."


def drop_empty(text: str, place: Place) -> str | Dropped:
    """Drop what is blank, and what already stands right of the cursor."""
    if not text.strip():
        return Dropped(NOTHING)
    if place.right.startswith(text.rstrip()):
        return Dropped("The model's text already stands right of the cursor.")
    return text
