"""A document's syntax tree, kept up to date without being told of edits.

The questions that the rest of the server asks of a tree are in `places.py`, and offered here.
"""

from __future__ import annotations

import time

import tree_sitter

from lsp_server.buffer import Snapshot
from lsp_server.syntax.grammars import find_language, load_language
from lsp_server.syntax.parsing import (
    Task,
    Tree,
    encode,
    parse_text,
    parse_variant,
    prepare_task,
    run_task,
)
from lsp_server.syntax.places import (
    count_errors,
    enclosing_block,
    innermost_bracket,
    is_in_string_or_comment,
    kinds_at,
)

__all__ = [
    "SyntaxTree",
    "Tree",
    "count_errors",
    "enclosing_block",
    "innermost_bracket",
    "is_in_string_or_comment",
    "kinds_at",
    "parse_text",
    "parse_variant",
]

# Grammars read 4 to 12 MB/s: files up to 200 KB have their tree at once, and no first parse comes
# near the 50 ms that may pass without the server answering.
FIRST_SLICE_SECONDS = 0.025
# After an edit a parse takes 0.3 ms in 25 KB of Python, 1 ms in 250 KB and 18 ms in 1 MB, and
# some five times that where a quote or bracket was just opened. It is spread over several updates
# so that none takes more than 15 ms of a keystroke.
NEXT_SLICE_SECONDS = 0.008
# A parse that has used this much is in one of the places where its grammar is quadratic.
MAX_PARSE_SECONDS = 1.0
# What a slice may overrun by: one step of the parser. Up to 17 ms was measured in ordinary files
# of 1 MB. A longer one, as in chains of 20,000 `elsif`, would be met again at every key.
MAX_STEP_SECONDS = 0.04
# After giving up, so many changed snapshots go by before the next try, and twice as many after
# each further failure: less than one key in a hundred is slow, whatever the file holds.
FIRST_REST = 200
LAST_REST = 3_200

NOT_FINISHED = "The file is still being parsed."
GAVE_UP = "The file takes too long to parse; it is tried again after more changes."


class SyntaxTree:
    """The tree of one open document.

    Each `update` finds by itself what changed since the text parsed last. A parse that does not
    end within its slice of time leaves `pending` set, and the next `update` goes on with it,
    whether for the same snapshot or a later one. `why_not` says in a sentence why the last
    `update` brought no tree.
    """

    def __init__(self) -> None:
        self.why_not: str | None = None
        self._language = ""
        self._parser: tree_sitter.Parser | None = None
        self._tree: Tree | None = None
        self._task: Task | None = None
        self._spent = 0.0
        self._part: Tree | None = None
        self._seen: tuple[str, ...] = ()
        self._rest = 0
        self._next_rest = FIRST_REST

    @property
    def pending(self) -> bool:
        """Whether an `update` with the same snapshot may still bring a tree."""
        return self._task is not None

    @property
    def latest(self) -> Tree | None:
        """The tree parsed last, of whichever snapshot."""
        return self._tree

    def update(self, snapshot: Snapshot, seconds: float | None = None) -> Tree | None:
        """The snapshot's tree, or None.

        It takes `seconds` and a step of the parser at most; by default as much as a keystroke
        may wait.
        """
        if snapshot.language != self._language:
            self._start_over(snapshot.language)
        if self._parser is None:
            return None
        if self._tree is not None and self._tree.lines == snapshot.lines:
            self._drop_task()
            self.why_not = None
            return self._tree
        if self._is_resting(snapshot.lines):
            self.why_not = GAVE_UP
            return None
        if seconds is None:
            seconds = FIRST_SLICE_SECONDS if self._tree is None else NEXT_SLICE_SECONDS
        return self._advance(self._parser, snapshot.lines, seconds)

    def parse_part(self, language: str, text: str, seconds: float) -> Tree | None:
        """The tree of a part of a document that is too large for one of its own; None as
        `parse_text` has it. It is quick where little has changed since the part was parsed last."""
        near = self._part
        if near is None or near.language != find_language(language):
            tree = parse_text(language, text, seconds)
        elif near.source == encode(text):
            return near
        else:
            tree = parse_variant(near, text, seconds)
        if tree is not None:
            self._part = tree
        return tree

    def _start_over(self, language: str) -> None:
        grammar = load_language(language)
        self._parser = None if grammar is None else tree_sitter.Parser(grammar)
        self.why_not = f"There is no grammar for {language}." if grammar is None else None
        self._language = language
        self._tree = self._task = None
        self._rest, self._next_rest = 0, FIRST_REST

    def _is_resting(self, lines: tuple[str, ...]) -> bool:
        if self._rest > 0 and lines != self._seen:
            self._rest -= 1
        self._seen = lines
        return self._rest > 0

    def _advance(
        self, parser: tree_sitter.Parser, lines: tuple[str, ...], seconds: float
    ) -> Tree | None:
        end = time.perf_counter() + seconds
        # A parse begun for an earlier snapshot is brought to its end first: begun anew at every
        # key it might never end, and from its tree the way to this snapshot is short.
        while True:
            if self._task is None:
                task = prepare_task(self._language, lines, self._tree)
                if isinstance(task, str):
                    self.why_not = task
                    return None
                self._task, self._spent = task, 0.0
            tree = self._run(parser, self._task, end, seconds)
            if tree is None or tree.lines == lines:
                return tree

    def _run(
        self, parser: tree_sitter.Parser, task: Task, end: float, seconds: float
    ) -> Tree | None:
        # The processor's time, unlike the clock's, does not blame the parser for a busy machine.
        started = time.thread_time()
        tree = run_task(parser, task, end)
        spent = time.thread_time() - started
        self._spent += spent
        is_too_slow = spent > seconds + MAX_STEP_SECONDS or self._spent > MAX_PARSE_SECONDS
        self.why_not = NOT_FINISHED
        if tree is not None:
            self._tree, self._task, self.why_not = tree, None, None
            self._next_rest = self._next_rest if is_too_slow else FIRST_REST
        elif is_too_slow:
            self._drop_task()
            self.why_not = GAVE_UP
        if is_too_slow:
            self._rest = self._next_rest
            self._next_rest = min(2 * self._next_rest, LAST_REST)
        return tree

    def _drop_task(self) -> None:
        if self._task is not None and self._parser is not None:
            self._parser.reset()
            self._task = None
