"""The block that the cursor is in: what a model writes beyond it is another's."""

from __future__ import annotations

from lsp_server.postprocess.base import Place

_CLOSERS = (")", "]", "}", "end", "</")


def limit_to_block(text: str, place: Place) -> str:
    """Cut before the first line that is indented less than the cursor's line.

    One line of closers at a smaller indentation ends the block and is kept.
    """
    lines = text.split("\n")
    base = _indentation(place.left)
    for number, line in enumerate(lines[1:], start=1):
        if not line.strip() or _indentation(line) >= base:
            continue
        if line.lstrip().startswith(_CLOSERS):
            number += 1
        return "\n".join(lines[:number]).rstrip()
    return text


def _indentation(line: str) -> int:
    expanded = line.expandtabs(4)
    return len(expanded) - len(expanded.lstrip())
