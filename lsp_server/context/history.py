"""Recent edits as a snippet: like a unified diff, the newest last."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lsp_server.context.base import Snippet
from lsp_server.context.edits import Edit

NAME = "recent-edits.diff"


def write_history(
    edits: Sequence[Edit],
    count: Callable[[Sequence[str]], int],
    tokens: int,
    shown: tuple[str, int, int],
) -> Snippet | None:
    """The newest edits that fit into so many tokens, None where there are none.

    `shown` is the path of the document with the first and the last line that the prompt holds: of
    edits there only what was deleted is new.
    """
    left = tokens - count([NAME])
    written: list[list[str]] = []
    for edit in reversed(edits):
        lines = _write(edit, shown)
        left -= count(lines)
        if left < 0:
            break
        if lines:
            written.append(lines)
    text = "\n".join(line for lines in reversed(written) for line in lines)
    return Snippet(NAME, text, "edit") if text else None


def _write(edit: Edit, shown: tuple[str, int, int]) -> list[str]:
    path, first, last = shown
    is_shown = edit.path == path and first <= edit.line <= last
    removed = [f"-{line}" for line in edit.removed if line.strip()]
    added = [] if is_shown else [f"+{line}" for line in edit.added if line.strip()]
    # A line that is being typed stands in the text itself, its former state is of no use.
    if is_shown and len(edit.removed) <= len(edit.added):
        return []
    return [f"--- {edit.path}:{edit.line + 1}", *removed, *added] if removed or added else []
