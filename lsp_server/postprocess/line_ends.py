"""Line ends: one kind inside, the document's own again when the edit is made."""

from __future__ import annotations

from lsp_server.postprocess.base import Place


def normalise_line_ends(text: str, _place: Place) -> str:
    """`\\r\\n` and `\\r` become `\\n`."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
