"""Characters nobody sees, in which code can hide (CVE-2021-42574)."""

from __future__ import annotations

import re

from lsp_server.postprocess.base import Dropped, Place

# Bidirectional controls and isolates, tag characters, C0 and C1 controls but tab and newline.
_HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]")


def drop_hidden_characters(text: str, _place: Place) -> str | Dropped:
    """Refuse the whole text: what hides something is not to be mended but mistrusted."""
    if hides(text):
        return Dropped("The model's text held hidden or control characters.")
    return text


def hides(text: str) -> bool:
    """Whether a text holds characters nobody sees."""
    return _HIDDEN.search(text) is not None
