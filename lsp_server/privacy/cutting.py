"""Texts cut to a length between words: half a secret is one that nobody recognises any more."""

from __future__ import annotations


def keep_beginning(text: str, limit: int) -> str:
    """The words that fit into `limit` characters; none of a text without blanks that is longer."""
    if len(text) <= limit:
        return text
    end = max(text.rfind(blank, 0, limit + 1) for blank in " \t\n")
    return text[: max(end, 0)]


def keep_end(text: str, limit: int) -> str:
    """The last words that fit into `limit` characters."""
    if len(text) <= limit:
        return text
    starts = [text.find(blank, len(text) - limit - 1) for blank in " \t\n"]
    return text[min((start + 1 for start in starts if start >= 0), default=len(text)) :]
