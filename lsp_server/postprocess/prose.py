"""A chat model's talk where code was asked for."""

from __future__ import annotations

import re

from lsp_server.overlap import find_open_quote
from lsp_server.postprocess.base import Dropped, Place

# How chat models begin; no line of code does.
_CHAT = re.compile(
    r"""(?x)\s*(?:
        (?:Sure|Certainly|Absolutely|Of\ course|Okay)[,!.]
        | Here(?:'s|\ is|\ are|\ you|\ it)\ | Below\ (?:is|are)\ | Let(?:'s|\ me)\ | As\ an\ AI
        | I(?:'m|\ am)\ sorry | I(?:'ll|\ will|\ can|\ cannot|\ can't)\ | To\ complete\ |
        (?:The|This)\ (?:code|function|missing|completed?|completion|following|snippet)\b
        | It\ (?:looks|seems|continues|completes)\ | Explanation: | You\ (?:can|could|should)\
    )"""
)
_COMMENT = ("#", "//", "/*", "*", "--", ";", "%", "<!--")
_PROSE = frozenset("html latex markdown plaintext restructuredtext tex git-commit".split())


def drop_prose(text: str, place: Place) -> str | Dropped:
    """Drop an answer that talks, where the cursor is not in a comment, a string or prose."""
    if not begins_as_chat(text) or _may_hold_prose(place):
        return text
    return Dropped("The model explained itself where code was asked for.")


def begins_as_chat(text: str) -> bool:
    """Whether a text begins as chat models begin to talk."""
    return _CHAT.match(text) is not None


def _may_hold_prose(place: Place) -> bool:
    if place.language in _PROSE or find_open_quote(place.left, place.language):
        return True
    if place.left.strip():
        return any(mark in place.left for mark in _COMMENT)
    above = place.before.rstrip().rpartition("\n")[2].strip()
    is_in_docstring = any(place.before.count(quotes) % 2 for quotes in ('"""', "'''"))
    return is_in_docstring or above.startswith(_COMMENT)
