"""Whether several lines are wanted, how long to wait, and how long to hope."""

from __future__ import annotations

from lsp_server.buffer import Position, Snapshot
from lsp_server.indentation import measure_indentation, opens_block
from lsp_server.settings import Completion

# Characters that may stand right of the cursor without the line having gone on: what editors
# close by themselves, and what ends a statement.
_CLOSING = " \t)]}>\"'`;,:"

_DEBOUNCE_MS = 90
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


def choose_debounce(settings: Completion, *, explicit: bool) -> float:
    """Seconds to wait before a network request; an explicit trigger never waits."""
    if explicit:
        return 0.0
    milliseconds = _DEBOUNCE_MS if settings.debounce_ms == "auto" else settings.debounce_ms
    return milliseconds / 1000


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
