"""Tabs or spaces: the file's own."""

from __future__ import annotations

import re

from lsp_server.postprocess.base import Place

_INDENTED = re.compile(r"^[ \t]+(?=\S)", re.MULTILINE)
_SPACES_A_TAB = 4


def match_tabs(text: str, place: Place) -> str:
    """Write the answer's indentation with tabs, or with spaces, where the file has no other.

    What makes no whole step, such as the blank before the ` *` of a comment, stays as it is.
    """
    kind = _kind_of(place.before) or _kind_of(place.after)
    # The answer's first line goes on from the cursor, so that only what it brings itself counts.
    mark = "" if not place.left else "|"
    found = _kind_of(mark + text)
    if not kind or not found or kind == found:
        return text
    converted = _INDENTED.sub(lambda match: _convert(match.group(), kind, text), mark + text)
    return converted.removeprefix(mark)


def _kind_of(text: str) -> str:
    """A tab or a blank, where all indentation is made of it; "" where there is none, or both."""
    kinds = {character for run in _INDENTED.findall(text) if run != " " for character in run}
    return kinds.pop() if len(kinds) == 1 else ""


def _convert(run: str, kind: str, text: str) -> str:
    if kind == " ":
        return " " * _SPACES_A_TAB * len(run)
    widths = [len(each) for each in _INDENTED.findall(text)]
    step = 2 if any(width % _SPACES_A_TAB == 2 for width in widths) else _SPACES_A_TAB
    return "\t" * (len(run) // step) + " " * (len(run) % step)
