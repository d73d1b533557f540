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
    # The first line goes on from the cursor; only from the line's start it has an indentation.
    mark = "|" if place.left else ""
    marked = mark + text
    found = _kind_of(marked)
    # Of most answers there is nothing to match, and the file is long.
    kind = found and (_kind_of(f"{place.before}|") or _kind_of(place.after))
    if not kind or kind == found:
        return text
    return _INDENTED.sub(lambda run: _convert(run.group(), marked), marked).removeprefix(mark)


def _kind_of(text: str) -> str:
    """A tab or a blank, where all indentation begins with it; "" where there is none, or both."""
    kinds = {run[0] for run in _INDENTED.findall(text) if run != " "}
    return kinds.pop() if len(kinds) == 1 else ""


def _convert(run: str, text: str) -> str:
    if "\t" in run:
        return run.replace("\t", " " * _SPACES_A_TAB)
    widths = [len(each) for each in _INDENTED.findall(text)]
    step = 2 if any(width % _SPACES_A_TAB == 2 for width in widths) else _SPACES_A_TAB
    return "\t" * (len(run) // step) + " " * (len(run) % step)
