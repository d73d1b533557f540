"""Answers that are known already: what was answered before, found again as the user types along."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field, replace

from cachetools import LRUCache

from lsp_server.buffer import Position, Snapshot
from lsp_server.completion.around import Line, line_at, walk_back
from lsp_server.indentation import opens_block

_PLACES = 512
_ANSWERS_A_PLACE = 16


@dataclass(frozen=True, slots=True)
class Known:
    """A model's raw answer, "\\n" line ends, and who gave it.

    `is_cut` says that the model was not heard out: what came last may be half a statement.
    """

    text: str
    engine: str
    model: str | None
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class _Entry:
    """An answer with the text of its line left of the cursor when it was asked for."""

    left: str
    known: Known


@dataclass(slots=True)
class AnswerStore:
    """Past answers by place. What stands to the right is part of the place, so that none is shown
    where it would double that."""

    _entries: LRUCache[Hashable, list[_Entry]] = field(default_factory=lambda: LRUCache(_PLACES))

    def put(self, snapshot: Snapshot, position: Position, known: Known) -> None:
        """Keep an answer for a place; the latest of several is found first."""
        line = line_at(snapshot, position)
        entry = _Entry(line.left, known)
        others = [other for other in self._entries.get(line.key, ()) if other != entry]
        self._entries[line.key] = [entry, *others][:_ANSWERS_A_PLACE]

    def clear(self) -> None:
        """Forget all."""
        self._entries.clear()

    def find(self, snapshot: Snapshot, position: Position) -> list[Known]:
        """What is left of past answers that the text up to `position` follows, nearest first.

        An answer given at another indentation is moved to this one.
        """
        for line in walk_back(snapshot, position):
            entries = self._entries.get(line.key)
            if entries:
                # The longer its line was, the later it was asked for.
                nearest = sorted(entries, key=lambda entry: -len(entry.left.lstrip()))
                found = [left for entry in nearest if (left := _rest(entry, line)) is not None]
                if found:
                    return found
        return []


def move_indentation(text: str, old: str, new: str) -> str:
    """`text` with the indentation `old` of its lines after the first replaced by `new`."""
    if old == new or "\n" not in text:
        return text
    first, *rest = text.split("\n")
    moved = [new + line[len(old) :] if line.startswith(old) else line for line in rest]
    return "\n".join([first, *moved])


def drop_unfinished(text: str) -> str:
    """What is left of an answer that was cut, up to the last statement that came whole.

    The rest of the cursor's own line always stays, and its end.
    """
    first, *lines = text.split("\n")
    if not lines:
        return text
    # The line that was being written.
    lines = lines[:-1]
    while lines and (not lines[-1].strip() or _is_unfinished(lines[-1])):
        lines.pop()
    return "\n".join([first, *lines, ""])


def _is_unfinished(line: str) -> bool:
    code = line.rstrip()
    return opens_block(code) or code.endswith((",", "\\")) or code.lstrip().startswith("@")


def _rest(entry: _Entry, line: Line) -> Known | None:
    """What an answer leaves to show at the place that `line` was walked back from."""
    asked, now = entry.left.lstrip(), line.left.lstrip()
    if not now.startswith(asked):
        return None
    old = entry.left[: len(entry.left) - len(asked)]
    new = line.left[: len(line.left) - len(now)]
    text = move_indentation(entry.known.text, old, new)
    typed = now[len(asked) :] + line.typed
    if not text.startswith(typed):
        return None
    rest = text[len(typed) :]
    if entry.known.is_cut and typed:
        rest = drop_unfinished(rest)
    # A line's end alone is nothing to show.
    return replace(entry.known, text=rest) if rest.strip() else None
