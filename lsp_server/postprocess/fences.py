"""Markdown around code: chat models wrap what they write."""

from __future__ import annotations

import re

from lsp_server.postprocess.base import Place

_OPENING = re.compile(r"\A\s*(`{3,})[^\n`]*\n")


def strip_fences(text: str, place: Place) -> str:
    """Take the code out of a fence that the answer opens, and cut at the fence that closes.

    Fences are code's own in Markdown files, and where the file up to the cursor holds some.
    """
    if place.language == "markdown" or "```" in place.before:
        return text
    match = _OPENING.match(text)
    if match:
        text = text[match.end() :]
    fence = match.group(1) if match else "```"
    head, found, _ = text.partition(fence)
    return head.rstrip(" \t").removesuffix("\n") if found else text
