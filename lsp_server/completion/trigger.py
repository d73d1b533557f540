"""Whether several lines are wanted, how long to wait, and how long to hope."""

from __future__ import annotations

from lsp_server.buffer import Position, Snapshot
from lsp_server.indentation import measure_indentation, opens_block
from lsp_server.settings import Completion

# Characters that may stand right of the cursor without the line having gone on: what editors
# close by themselves, and what ends a statement.
_CLOSING = " \t)]}>\"'`;,:"

_WORD_START_MS = 15
_MID_WORD_MS = 40
_RELUCTANT_MS = 200
_MANY_REJECTED = 4
_DEADLINE_REMOTE_MS = 1500
_DEADLINE_LOCAL_MS = 3000

# A line of code has some 20 tokens; what is longer is a line that the model makes too long.
_LINE_TOKENS = 64


def wants_lines(snapshot: Snapshot, position: Position, setting: str) -> bool:
    """Whether a suggestion at `position` may have several lines."""
    line = snapshot.line_text(position.line)
    left, right = line[: position.column], line[position.column :]
    if right.strip(_CLOSING) or setting == "never":
        return False
    if setting == "always":
        return True
    if not left.strip():
        return True
    return opens_block(left) and _is_open_below(snapshot, position, left)


def _is_open_below(snapshot: Snapshot, position: Position, left: str) -> bool:
    """Whether the block that the line opens is still empty: nothing deeper stands below."""
    for number in range(position.line + 1, min(position.line + 50, len(snapshot.lines))):
        below = snapshot.line_text(number)
        if below.strip():
            return measure_indentation(below) <= measure_indentation(left)
    return True


def why_not_ask(snapshot: Snapshot, position: Position) -> str | None:
    """Why no automatic request is worth making at a place, None where one is."""
    line = snapshot.line_text(position.line)
    left, right = line[: position.column], line[position.column :]
    if left[-1:].isidentifier() and right[:1].isidentifier():
        return "The cursor stands inside a word."
    return None


def choose_debounce(
    settings: Completion, snapshot: Snapshot, position: Position, rejected: int
) -> float:
    """Seconds to wait before an automatic network request.

    Adaptive: short where a new word begins, longer inside one, where the next key changes most,
    and longer still for somebody who has turned several suggestions down in a row.
    """
    if settings.debounce_ms != "auto":
        return settings.debounce_ms / 1000
    left = snapshot.line_text(position.line)[: position.column]
    pause = _MID_WORD_MS if left[-1:].isidentifier() else _WORD_START_MS
    if rejected >= _MANY_REJECTED:
        pause += _RELUCTANT_MS
    return pause / 1000


def choose_deadline(settings: Completion, *, local: bool) -> float:
    """Seconds after which the embedded engine answers instead."""
    if settings.deadline_ms != "auto":
        return settings.deadline_ms / 1000
    return (_DEADLINE_LOCAL_MS if local else _DEADLINE_REMOTE_MS) / 1000


def choose_max_tokens(settings: Completion, *, multiline: bool) -> int:
    """Tokens of output to allow."""
    return (
        settings.max_output_tokens if multiline else min(_LINE_TOKENS, settings.max_output_tokens)
    )
