"""A document's syntax tree, kept up to date without being told of edits.

The questions that the rest of the server asks of a tree are in `places.py`, and offered here.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import tree_sitter

from lsp_server.buffer import Snapshot
from lsp_server.syntax.grammars import load_language
from lsp_server.syntax.limits import why_lines_refused, why_source_refused
from lsp_server.syntax.parsing import (
    Tree,
    edit_syntax,
    encode,
    find_edit,
    parse_text,
    parse_until,
    parse_variant,
    why_edit_refused,
)
from lsp_server.syntax.places import (
    count_errors,
    enclosing_block,
    is_in_string_or_comment,
    kinds_at,
)

__all__ = [
    "SyntaxTree",
    "Tree",
    "count_errors",
    "enclosing_block",
    "is_in_string_or_comment",
    "kinds_at",
    "parse_text",
    "parse_variant",
]

# Grammars read 5 to 15 MB/s: most files up to 300 KB have their tree at once, and no first parse
# stalls the server for the 50 ms that are its limit.
FIRST_SLICE_SECONDS = 0.04
# After an edit a parse takes 1 to 3 ms, even of 1 MB. One that takes longer, because a quote or
# a comment was opened, is spread over the updates that follow.
NEXT_SLICE_SECONDS = 0.01
# A parse that has used this much is in one of the places where its grammar is quadratic.
MAX_PARSE_SECONDS = 1.0
# What a slice may overrun by: one step of the parser. A longer one would be met at every key.
MAX_STEP_SECONDS = 0.05
# After giving up, so many changed snapshots go by before the next try, and twice as many after
# each further failure: at 0.1 s a failure, less than one key in a hundred is ever slow.
FIRST_REST = 200
LAST_REST = 3_200

NOT_FINISHED = "The file is still being parsed."
GAVE_UP = "The file takes too long to parse; it is tried again after more changes."


@dataclass(slots=True)
class _Job:
    """A parse that may take several updates. `old` is the edited tree it starts from."""

    lines: tuple[str, ...]
    source: bytes
    old: tree_sitter.Tree | None
    spent: float = 0.0


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
        self._job: _Job | None = None
        self._seen: tuple[str, ...] = ()
        self._rest = 0
        self._next_rest = FIRST_REST

    @property
    def pending(self) -> bool:
        """Whether an `update` with the same snapshot may still bring a tree."""
        return self._job is not None

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
            self._drop_job()
            self.why_not = None
            return self._tree
        if self._is_resting(snapshot.lines):
            self.why_not = GAVE_UP
            return None
        if seconds is None:
            seconds = FIRST_SLICE_SECONDS if self._tree is None else NEXT_SLICE_SECONDS
        return self._advance(self._parser, snapshot.lines, seconds)

    def _start_over(self, language: str) -> None:
        grammar = load_language(language)
        self._parser = None if grammar is None else tree_sitter.Parser(grammar)
        self.why_not = f"There is no grammar for {language}." if grammar is None else None
        self._language = language
        self._tree = self._job = None
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
            job = self._job or self._begin(lines)
            if job is None:
                return None
            self._job = job
            tree = self._continue(parser, job, end, seconds)
            if tree is None or tree.lines == lines:
                return tree

    def _begin(self, lines: tuple[str, ...]) -> _Job | None:
        self.why_not = why_lines_refused(lines)
        if self.why_not is not None:
            return None
        source = encode("".join(lines))
        if self._tree is None:
            self.why_not = why_source_refused(source, self._language)
            return None if self.why_not else _Job(lines, source, None)
        edit = find_edit(self._tree.source, source)
        self.why_not = why_edit_refused(self._tree, source, edit)
        return None if self.why_not else _Job(lines, source, edit_syntax(self._tree, source, edit))

    def _continue(
        self, parser: tree_sitter.Parser, job: _Job, end: float, seconds: float
    ) -> Tree | None:
        # The processor's time, unlike the clock's, does not blame the parser for a busy machine.
        started = time.thread_time()
        syntax = parse_until(parser, job.source, job.old, end)
        spent = time.thread_time() - started
        job.spent += spent
        if syntax is not None:
            self._tree = Tree(self._language, job.lines, job.source, syntax)
            self._job = None
        if spent > seconds + MAX_STEP_SECONDS or job.spent > MAX_PARSE_SECONDS:
            self._give_up()
        elif syntax is None:
            self.why_not = NOT_FINISHED
        else:
            self._next_rest = FIRST_REST
        return None if syntax is None else self._tree

    def _give_up(self) -> None:
        self._drop_job()
        self._rest = self._next_rest
        self._next_rest = min(2 * self._next_rest, LAST_REST)
        self.why_not = GAVE_UP

    def _drop_job(self) -> None:
        if self._job is not None and self._parser is not None:
            self._parser.reset()
            self._job = None
