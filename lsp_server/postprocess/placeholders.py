"""Placeholders of secrets, which a model copies from what it was shown."""

from __future__ import annotations

import re

from lsp_server.postprocess.base import Dropped, Place

# Also one that the end of the answer has cut short.
_PLACEHOLDER = re.compile(r"REDACTED_(?:[0-9a-f]{2,}|$)")


def cut_placeholders(text: str, _place: Place) -> str | Dropped:
    """The whole lines above the first one that holds a placeholder."""
    match = _PLACEHOLDER.search(text)
    if match is None:
        return text
    above = text[: text.rfind("\n", 0, match.start()) + 1].rstrip("\n")
    return above or Dropped("The model repeated what stands for a secret.")
