"""The text a candidate puts at the cursor: raw source, so that it reads as its author wrote."""

from __future__ import annotations

from lsp_server.embedded.candidates import Candidate
from lsp_server.embedded.cursor import Cursor
from lsp_server.embedded.tokens import Vocabulary, token_spans

_CLOSERS = {")": "(", "]": "[", "}": "{"}


def copy_text(vocabulary: Vocabulary, cursor: Cursor, candidate: Candidate) -> str:
    """What to insert so that the line goes on as the candidate does; "" if it cannot."""
    document, position = candidate.place.source.document, candidate.place.position
    line = document.line_text(candidate.line)
    spans = token_spans(line)
    first = position - document.line_tokens[candidate.line] - 1
    text = _rename(vocabulary, line, spans[first:], candidate)
    if not text.startswith(cursor.partial):
        return ""
    text = text[len(cursor.partial) :]
    if not cursor.partial and first:
        gap = line[spans[first - 1][1] : spans[first][0]]
        if not cursor.head[-1:].isspace():
            text = gap + text
        elif not gap:
            return ""
    return _stop_at_tail(text, cursor.tail) if cursor.tail else text


def _rename(
    vocabulary: Vocabulary, line: str, spans: list[tuple[int, int]], candidate: Candidate
) -> str:
    """The line from the first span on, with names replaced and trailing space left out."""
    if not candidate.renames:
        return line[spans[0][0] : spans[-1][1]]
    pieces = []
    last = spans[0][0]
    tokens = candidate.place.source.document.tokens
    for (start, end), token in zip(spans, tokens[candidate.place.position :], strict=False):
        pieces.append(line[last:start])
        renamed = candidate.renames.get(token)
        pieces.append(line[start:end] if renamed is None else vocabulary.word(renamed))
        last = end
    return "".join(pieces)


def _stop_at_tail(text: str, tail: str) -> str:
    """The text up to where it meets what stands right of the cursor; "" if it never does."""
    if text.endswith(tail):
        return text[: -len(tail)]
    if tail[0] in _CLOSERS:
        return text[: _closing_position(text, tail[0])]
    met = text.find(tail)
    return text[:met] if met > 0 else ""


def _closing_position(text: str, closer: str) -> int:
    """Where the text closes a bracket it has not opened; 0 if it never does with this one."""
    depth = 0
    for position, character in enumerate(text):
        if character in "([{":
            depth += 1
        elif character in _CLOSERS:
            if depth == 0:
                return position if character == closer else 0
            depth -= 1
    return 0
