"""Text -> tree: one parse, whole or from the tree of a similar text, within a time limit."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import tree_sitter

from lsp_server.buffer import split_lines
from lsp_server.common import count_common_end, count_common_start
from lsp_server.syntax.grammars import find_language, load_language
from lsp_server.syntax.limits import (
    MAX_CHARACTERS,
    why_edit_refused,
    why_lines_refused,
    why_source_refused,
)

# Nothing may keep the server from answering for 50 ms, preparation and one long step included.
ONE_OFF_SECONDS = 0.03
# Powers of two. Pieces of 4 KB cost a tenth of the parse, of 16 KB nothing that shows.
PIECE_BYTES = 16_384
WHOLE_BYTES = 64


@dataclass(frozen=True, slots=True, eq=False)
class Tree:
    """The syntax tree of a text. Code outside `syntax/` uses the functions in `tree.py`."""

    language: str
    lines: tuple[str, ...] = field(repr=False)
    source: bytes = field(repr=False)
    syntax: tree_sitter.Tree = field(repr=False)

    @property
    def root(self) -> tree_sitter.Node:
        return self.syntax.root_node


@dataclass(frozen=True, slots=True)
class Edit:
    """Bytes [start, old_end) of one text have become [start, new_end) of another."""

    start: int
    old_end: int
    new_end: int


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """A parse that is allowed. `old` is the tree of a similar text, told of the difference."""

    language: str
    lines: tuple[str, ...] = field(repr=False)
    source: bytes = field(repr=False)
    old: tree_sitter.Tree | None = field(repr=False)


def parse_text(language: str, text: str, seconds: float = ONE_OFF_SECONDS) -> Tree | None:
    """The tree of a text; None without a grammar, past a limit, or out of time."""
    return _parse(language, text, None, seconds)


def parse_variant(tree: Tree, text: str, seconds: float = ONE_OFF_SECONDS) -> Tree | None:
    """As `parse_text`, for a text that differs little from the tree's own: then it is quick."""
    return _parse(tree.language, text, tree, seconds)


def _parse(language: str, text: str, near: Tree | None, seconds: float) -> Tree | None:
    end = time.perf_counter() + seconds
    grammar = load_language(language)
    # Splitting a text of 10 MB takes longer than a parse may.
    if grammar is None or len(text) > MAX_CHARACTERS:
        return None
    task = prepare_task(language, tuple(split_lines(text)), near)
    if isinstance(task, str):
        return None
    return run_task(tree_sitter.Parser(grammar), task, end)


def prepare_task(language: str, lines: tuple[str, ...], near: Tree | None) -> Task | str:
    """The parse of these lines, from the tree `near` if there is one; or why it is refused."""
    name = find_language(language)
    reason = why_lines_refused(lines)
    if reason is not None:
        return reason
    source = encode("".join(lines))
    if near is None:
        return why_source_refused(source, name) or Task(name, lines, source, None)
    edit = find_edit(near.source, source)
    changed = near.source[edit.start : edit.old_end] + source[edit.start : edit.new_end]
    reason = why_edit_refused(source, changed, name)
    return reason or Task(name, lines, source, edit_syntax(near, source, edit))


def run_task(
    parser: tree_sitter.Parser,
    task: Task,
    end: float,
    clock: Callable[[], float] = time.perf_counter,
) -> Tree | None:
    """Parse until done, or until the clock reaches `end`, in seconds: then None.

    Called again the parser goes on where it stopped. Before another task it needs a `reset`.
    """
    reader = _Reader(task.source)

    def is_over(_offset: int, _has_error: bool) -> bool:
        return clock() >= end

    try:
        if task.old is None:
            syntax = parser.parse(reader, progress_callback=is_over)
        else:
            syntax = parser.parse(reader, task.old, progress_callback=is_over)
    except ValueError:
        # This is how the binding says that `is_over` was true.
        return None
    finally:
        reader.is_parsing = False
    return Tree(task.language, task.lines, task.source, syntax)


class _Reader:
    """Reads a text to the parser; the tree keeps it, for nodes that are asked for their text.

    It holds nothing but the text: through a task each tree would keep alive the one before it.
    """

    def __init__(self, source: bytes) -> None:
        self.source = source
        self.is_parsing = True

    def __call__(self, offset: int, _point: tree_sitter.Point) -> bytes | memoryview:
        if self.is_parsing:
            return _PIECES.fill(self.source, offset)
        # A node's text is put together from bytes alone: the binding fails on anything else.
        return self.source[offset : offset + PIECE_BYTES]


class _Pieces(threading.local):
    """A thread's memory for text on its way to the parser.

    The binding (0.26.1) never lets go of what its read callback returns, which adds up to the
    whole text for every parse. So it is given the same few views again and again, of which each
    holds good until the next is asked for.
    """

    def __init__(self) -> None:
        self.memory = bytearray(PIECE_BYTES)
        self.views: dict[int, memoryview] = {}

    def fill(self, source: bytes, offset: int) -> bytes | memoryview:
        size = min(len(source) - offset, PIECE_BYTES)
        if size <= 0:
            return b""
        # Few sizes make few views. The last bytes come at once, lest a character be cut in two
        # where nothing follows that would make the parser ask for it again.
        if size > WHOLE_BYTES:
            size = 1 << (size.bit_length() - 1)
        self.memory[:size] = source[offset : offset + size]
        if size not in self.views:
            self.views[size] = memoryview(self.memory)[:size]
        return self.views[size]


_PIECES = _Pieces()


def encode(text: str) -> bytes:
    """UTF-8; a lone surrogate becomes one "?", so code points keep their count."""
    return text.encode(errors="replace")


def find_edit(old: bytes, new: bytes) -> Edit:
    """The one replacement that turns the old text into the new, between whole characters."""
    start = count_common_start(old, new)
    while start > 0 and (_is_inside(old, start) or _is_inside(new, start)):
        start -= 1
    suffix = count_common_end(old[start:], new[start:])
    while suffix > 0 and _is_inside(old, len(old) - suffix):
        suffix -= 1
    return Edit(start, len(old) - suffix, len(new) - suffix)


def edit_syntax(tree: Tree, source: bytes, edit: Edit) -> tree_sitter.Tree:
    """A copy of the tree, told of the edit that leads to `source`, to parse from."""
    copy = tree.syntax.copy()
    copy.edit(
        edit.start,
        edit.old_end,
        edit.new_end,
        _point(source, edit.start),
        _point(tree.source, edit.old_end),
        _point(source, edit.new_end),
    )
    return copy


def _point(source: bytes, byte: int) -> tuple[int, int]:
    """(row, column in bytes) as tree-sitter counts them: by "\\n" alone."""
    return source.count(b"\n", 0, byte), byte - source.rfind(b"\n", 0, byte) - 1


def _is_inside(source: bytes, byte: int) -> bool:
    """Whether a byte offset lies within a UTF-8 character."""
    return byte < len(source) and source[byte] & 0xC0 == 0x80
