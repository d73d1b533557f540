"""What becomes of a tree where text is put in at the cursor."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from functools import cached_property

import tree_sitter

from lsp_server.buffer import Position, Snapshot
from lsp_server.syntax.excerpt import find_excerpt
from lsp_server.syntax.grammars import find_language, load_language
from lsp_server.syntax.limits import why_edit_refused, why_source_refused
from lsp_server.syntax.parsing import Task, Tree, edit_syntax, encode, find_edit, run_task
from lsp_server.syntax.places import count_errors, is_in_error

# A parse after an edit takes 0.7 ms in 75 KB and a tenth of that in a part of it; what takes longer
# than this tells nothing.
_SECONDS = 0.012
# A text is looked at several times while it comes.
_LOOK_SECONDS = 0.008


@dataclass(frozen=True, eq=False)
class Spot:
    """The cursor in a tree: its byte, and the code of its line as bytes [start, end)."""

    tree: Tree = field(repr=False)
    byte: int
    line_start: int
    line_end: int

    @cached_property
    def errors(self) -> int:
        """Errors in the tree as it is."""
        return count_errors(self.tree)

    @cached_property
    def near(self) -> Spot:
        """The same place in the small tree of what is around it; the place itself where the file
        has errors, or what is around it does not parse by itself."""
        parts = [] if self.errors else find_excerpt(self.tree, self.byte)
        source = b"".join(self.tree.source[start:end] for start, end in parts)
        if not 0 < len(source) < len(self.tree.source):
            return self
        tree = _parse_alone(self.tree, source)
        if tree is None or count_errors(tree):
            return self
        ends = [0, *(end for _, end in parts)]
        gaps = zip(ends, parts, strict=False)
        left_out = sum(start - end for end, (start, _) in gaps if start <= self.byte)
        return Spot(
            tree, self.byte - left_out, self.line_start - left_out, self.line_end - left_out
        )

    def errors_with(self, text: str, replaced: int = 0) -> int | None:
        """Errors with `text` at the cursor, instead of the next `replaced` characters.

        None where the parse would take too long.
        """
        source = self.tree.source
        right = source[self.byte : self.line_end].decode(errors="replace")
        end = self.byte + len(encode(right[:replaced]))
        tree = _parse(self.tree, source[: self.byte] + encode(text) + source[end:])
        return None if tree is None else count_errors(tree)

    def tree_with(self, text: str) -> Tree | None:
        """The tree with `text` at the cursor; None where the parse would take too long."""
        source = self.tree.source
        source = source[: self.byte] + encode(text) + source[self.byte :]
        return _parse(self.tree, source, _LOOK_SECONDS)

    @cached_property
    def errors_without_line(self) -> int | None:
        """Errors where the cursor's line was empty; None where an error is all around it.

        What is broken around the cursor, or takes too long to parse, cannot judge a text.
        """
        source = self.tree.source
        if self.line_start == self.line_end:
            tree: Tree | None = self.tree
        else:
            tree = _parse(self.tree, source[: self.line_start] + source[self.line_end :])
        if tree is None or is_in_error(tree, self.line_start):
            return None
        return count_errors(tree)


def find_spot(tree: Tree, snapshot: Snapshot, position: Position) -> Spot:
    """The place of a snapshot's cursor in its tree."""
    above = len(encode("".join(snapshot.lines[: position.line])))
    return _make_spot(tree, above, snapshot.line_text(position.line), position.column)


def find_spot_in(tree: Tree, before: str, after: str) -> Spot:
    """The place between two texts in the tree of both together."""
    left = before[before.rfind("\n") + 1 :]
    above = len(encode(before)) - len(encode(left))
    return _make_spot(tree, above, left + after.partition("\n")[0], len(left))


def _make_spot(tree: Tree, above: int, line: str, column: int) -> Spot:
    code = line.rstrip()
    blank = len(code) - len(code.lstrip())
    return Spot(
        tree,
        above + len(encode(line[:column])),
        above + len(encode(code[:blank])),
        above + len(encode(code)),
    )


def _parse_alone(whole: Tree, source: bytes) -> Tree | None:
    """The tree of a part of a tree's text."""
    if why_source_refused(source, find_language(whole.language)):
        return None
    return _run(Task(whole.language, (), source, None), _SECONDS)


def _parse(near: Tree, source: bytes, seconds: float = _SECONDS) -> Tree | None:
    edit = find_edit(near.source, source)
    changed = near.source[edit.start : edit.old_end] + source[edit.start : edit.new_end]
    if why_edit_refused(source, changed, find_language(near.language)):
        return None
    return _run(Task(near.language, (), source, edit_syntax(near, source, edit)), seconds)


def _run(task: Task, seconds: float) -> Tree | None:
    grammar = load_language(task.language)
    if grammar is None:
        return None
    # The processor's time: on a busy machine a text is judged all the same.
    end = time.thread_time() + seconds
    return run_task(tree_sitter.Parser(grammar), task, end, time.thread_time)
