"""Secrets at the cursor, where a line leaves in two halves that show nothing each alone."""

from __future__ import annotations

from collections.abc import Iterable

from lsp_server.privacy.assigned import find_worded_literals
from lsp_server.privacy.secrets import find_secrets, make_placeholder
from lsp_server.privacy.span import Span


def split_redacted(before: str, after: str, language: str = "") -> tuple[str, str] | None:
    """Both texts without the secrets of the whole that they make; None where the cursor stands in
    one, or in the value of something named a password."""
    text, cursor = before + after, len(before)
    spans = find_secrets(text, language)
    taken = [(span.start, span.end) for span in spans] + list(find_worded_literals(text, cursor))
    if any(start < cursor <= end for start, end in taken):
        return None
    return _hide(text, spans, 0, cursor), _hide(text, spans, cursor, len(text))


def _hide(text: str, spans: Iterable[Span], first: int, last: int) -> str:
    """Characters [first, last) of the text with placeholders for the spans that lie in them."""
    pieces: list[str] = []
    for span in spans:
        if first <= span.start and span.end <= last:
            pieces += text[first : span.start], make_placeholder(text[span.start : span.end])
            first = span.end
    return "".join([*pieces, text[first:last]])
