"""Whether several lines are wanted, how long to wait, and how long to hope."""

from __future__ import annotations

import re
from collections.abc import Callable

from lsp_server.buffer import Position, Snapshot
from lsp_server.indentation import measure_indentation, opens_block
from lsp_server.overlap import measure_balance
from lsp_server.settings import Completion
from lsp_server.syntax.tree import Tree, innermost_bracket, is_in_string_or_comment

# Characters that may stand right of the cursor without the line having gone on: what editors
# close by themselves, and what ends a statement.
_CLOSING = " \t)]}>\"'`;,:"

# With one of these typed at a line's end, a statement is mostly over.
_ENDS = tuple(")]};")
# What goes on after its closing bracket, with a block or a type.
_HEAD = re.compile(
    r"\s*(?:[)}\]]|(?:export|public|private|protected|static|async|pub|default)\s)*\s*"
    r"(?:if|elif|else|for|while|switch|match|with|def|class|function|func|fn|fun|catch|except"
    r"|try|finally|case|async|foreach|unless|until|using|lock|synchronized|struct|interface|impl|void|int|auto)\b"
)
_NEAR = 2000
_LINES_SEARCHED = 50

_WORD_START_MS = 15
_MID_WORD_MS = 40
_RELUCTANT_MS = 200
_MANY_REJECTED = 4
_TOO_MANY_REJECTED = 8
_DEADLINE_REMOTE_MS = 1500
_DEADLINE_LOCAL_MS = 3000

# A line of code has some 20 tokens; what is longer is a line that the model makes too long.
_LINE_TOKENS = 64


def wants_lines(
    snapshot: Snapshot, position: Position, setting: str, parse: Callable[[], Tree | None]
) -> bool:
    """Whether a suggestion at `position` may have several lines.

    At a line's start, and after what opens an empty block; never among a call's arguments, and not
    after the colon of a key, a slice or a type. The tree is asked for where the lines alone do not
    tell.
    """
    line = snapshot.line_text(position.line)
    left, right = line[: position.column], line[position.column :]
    if right.strip(_CLOSING) or setting == "never":
        return False
    if setting == "always":
        return True
    if not left.strip():
        above = _line_above(snapshot, position).rstrip()
        return not above.endswith(("(", ",")) or _find_bracket(snapshot, position, parse) != "("
    if not opens_block(left) or not _is_open_below(snapshot, position, left):
        return False
    is_plain = not left.rstrip().endswith(":") or _is_head(left, snapshot.language)
    return is_plain or _find_bracket(snapshot, position, parse) is None


def _find_bracket(
    snapshot: Snapshot, position: Position, parse: Callable[[], Tree | None]
) -> str | None:
    tree = parse()
    return None if tree is None else innermost_bracket(tree, snapshot, position)


def _line_above(snapshot: Snapshot, position: Position) -> str:
    """The nearest line above that is not blank."""
    for number in range(position.line - 1, max(-1, position.line - _LINES_SEARCHED), -1):
        above = snapshot.line_text(number)
        if above.strip():
            return above
    return ""


def _is_open_below(snapshot: Snapshot, position: Position, left: str) -> bool:
    """Whether the block that the line opens is still empty: nothing deeper stands below."""
    for number in range(
        position.line + 1, min(position.line + _LINES_SEARCHED, len(snapshot.lines))
    ):
        below = snapshot.line_text(number)
        if below.strip():
            return measure_indentation(below) <= measure_indentation(left)
    return True


def why_not_ask(
    snapshot: Snapshot, position: Position, rejected: int, parse: Callable[[], Tree | None]
) -> str | None:
    """Why no automatic request is worth making at a place, None where one is.

    `rejected` suggestions have been turned down in a row. The tree is asked for only where the
    line alone does not tell.
    """
    line = snapshot.line_text(position.line)
    left, right = line[: position.column], line[position.column :]
    if left[-1:].isidentifier() and right[:1].isidentifier():
        return "The cursor stands inside a word."
    if left[-1:] in _ENDS and not right.strip() and _is_over(left, snapshot.language):
        return "The statement has just been closed."
    if rejected >= _TOO_MANY_REJECTED and left.strip() and not opens_block(left):
        return "Several suggestions in a row were turned down; the next line gets one again."
    if right.strip(_CLOSING):
        tree = parse()
        kind = tree and is_in_string_or_comment(tree, snapshot, position)
        if kind:
            return f"The cursor stands in the middle of a {kind}."
    return None


def _is_over(left: str, language: str) -> bool:
    """Whether a line that ends with a closer is a whole statement, and no head of a block."""
    return not _HEAD.match(left) and not measure_balance(left[-_NEAR:], language).opens


def _is_head(left: str, language: str) -> bool:
    """Whether a line is the head of a block, whole."""
    return bool(_HEAD.match(left)) and not measure_balance(left[-_NEAR:], language).opens


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
