"""The text around the cursor, cut at line ends under a token budget."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from lsp_server.buffer import Position, Snapshot
from lsp_server.context.tokens import CHARACTERS_PER_TOKEN, estimate_tokens

# The text left of the cursor tells more than the text right of it. What the suffix does not use
# goes to the prefix.
_SUFFIX_SHARE = 0.25


def gather_window(snapshot: Snapshot, position: Position, tokens: int) -> tuple[str, str]:
    """Prefix and suffix of at most `tokens` tokens together.

    Both are cut at line ends; only a line that is longer than the budget is cut inside.
    """
    line = snapshot.lines[position.line]
    suffix_lines = chain([line[position.column :]], _following(snapshot, position))
    suffix = _take(suffix_lines, int(tokens * _SUFFIX_SHARE))
    left = max(tokens - estimate_tokens(suffix), 1)
    head = _keep_end(line[: position.column], left)
    above = _take(_preceding(snapshot, position), left - estimate_tokens(head), backwards=True)
    return above + head, suffix


def _keep_end(text: str, tokens: int) -> str:
    """The end of `text` that has at most so many tokens."""
    text = text[-int(tokens * CHARACTERS_PER_TOKEN) :]
    # Other scripts take more tokens than code does.
    while text and estimate_tokens(text) > tokens + 1:
        text = text[len(text) // 8 + 1 :]
    return text


def _following(snapshot: Snapshot, position: Position) -> Iterator[str]:
    for number in range(position.line + 1, len(snapshot.lines)):
        yield snapshot.lines[number]


def _preceding(snapshot: Snapshot, position: Position) -> Iterator[str]:
    for number in range(position.line - 1, -1, -1):
        yield snapshot.lines[number]


def _take(lines: Iterable[str], tokens: int, *, backwards: bool = False) -> str:
    taken: list[str] = []
    for line in lines:
        tokens -= estimate_tokens(line)
        if tokens < 0:
            break
        taken.append(line)
    return "".join(reversed(taken) if backwards else taken)
