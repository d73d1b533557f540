"""A bound on what is shown and on the work of the filters after it."""

from __future__ import annotations

from lsp_server.postprocess.base import Dropped, Place

# More than a screen full is no ghost text but a wall.
MAX_BYTES = 8192
MAX_LINES = 64
MAX_LINE = 1000


def limit_size(text: str, _place: Place) -> str | Dropped:
    """At most 8,192 bytes and 64 lines of at most 1,000 characters, cut at a line's end."""
    lines: list[str] = []
    size = 0
    # A text of so many characters has more bytes than are let in.
    for line in text[: MAX_BYTES + 1].split("\n", MAX_LINES)[:MAX_LINES]:
        size += len(line.encode(errors="replace")) + 1
        if len(line) > MAX_LINE or size > MAX_BYTES + 1:
            kept = "\n".join(lines)
            return kept if kept.strip() else Dropped("The model's line was too long to be code.")
        lines.append(line)
    return "\n".join(lines)
