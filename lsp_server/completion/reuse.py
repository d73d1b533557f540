"""Answers that are known already: what was answered before, found again as the user types along."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field

from cachetools import LRUCache

from lsp_server.buffer import Position, Snapshot
from lsp_server.completion.around import around, walk_back

_ANSWERS = 512


@dataclass(frozen=True, slots=True)
class Known:
    """A model's raw answer, "\\n" line ends, and who gave it."""

    text: str
    engine: str
    model: str | None


@dataclass(slots=True)
class AnswerStore:
    """Past answers by place. The suffix is part of the place, so none is shown where it would
    double what stands to the right."""

    _answers: LRUCache[Hashable, list[tuple[Known, str]]] = field(
        default_factory=lambda: LRUCache(_ANSWERS)
    )

    def put(self, snapshot: Snapshot, position: Position, known: Known) -> None:
        """Keep an answer for a place; the latest of several is found first."""
        place = around(snapshot, position)
        others = [entry for entry in self._answers.get(place.key, []) if entry[0] != known]
        self._answers[place.key] = [(known, place.indentation), *others][:4]

    def find(self, snapshot: Snapshot, position: Position) -> list[Known]:
        """What is left of past answers that the text up to `position` follows, nearest first.

        An answer given at another indentation is moved to this one.
        """
        found: list[Known] = []
        for place, typed in walk_back(snapshot, position):
            for known, indentation in self._answers.get(place.key, ()):
                text = move_indentation(known.text, indentation, place.indentation)
                if text.startswith(typed) and len(text) > len(typed):
                    found.append(Known(text[len(typed) :], known.engine, known.model))
            if found:
                break
        return found


def move_indentation(text: str, old: str, new: str) -> str:
    """`text` with the indentation `old` of its lines after the first replaced by `new`."""
    if old == new or "\n" not in text:
        return text
    first, *rest = text.split("\n")
    moved = [new + line[len(old) :] if line.startswith(old) else line for line in rest]
    return "\n".join([first, *moved])
