"""Secrets at the cursor, where a line leaves in two halves that show nothing each alone."""

from __future__ import annotations

from lsp_server.privacy.assigned import find_worded_literals
from lsp_server.privacy.secrets import find_secrets, make_placeholder


def split_redacted(before: str, after: str, language: str = "") -> tuple[str, str] | None:
    """Both texts without the secrets of the whole that they make; None where the cursor stands in
    one, or in the value of something named a password."""
    text, cursor = before + after, len(before)
    for start, end in find_worded_literals(text, cursor):
        if start < cursor <= end:
            return None
    pieces: tuple[list[str], list[str]] = ([], [])
    done = 0
    is_right = False
    for span in [*find_secrets(text, language), None]:
        start, end = (span.start, span.end) if span else (len(text), len(text))
        if span and start < cursor <= end:
            return None
        if not is_right and start >= cursor:
            pieces[0].append(text[done:cursor])
            done, is_right = cursor, True
        pieces[is_right].append(text[done:start])
        if span:
            pieces[is_right].append(make_placeholder(text[start:end]))
        done = end
    return "".join(pieces[0]), "".join(pieces[1])
