"""Text -> tree: one parse, whole or from the tree of a similar text, within a time limit."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import tree_sitter

from lsp_server.buffer import split_lines
from lsp_server.syntax.grammars import load_language
from lsp_server.syntax.limits import changes_structure, why_lines_refused, why_source_refused

# A reply to the editor may wait this long for a parse; nothing may stall the server for 50 ms.
ONE_OFF_SECONDS = 0.04

_CHUNK = 32_768


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


def parse_text(language: str, text: str, seconds: float = ONE_OFF_SECONDS) -> Tree | None:
    """The tree of a text; None without a grammar, past a limit, or out of time."""
    grammar = load_language(language)
    lines = tuple(split_lines(text))
    if grammar is None or why_lines_refused(lines):
        return None
    source = encode(text)
    if why_source_refused(source, language):
        return None
    syntax = parse_until(tree_sitter.Parser(grammar), source, None, deadline(seconds))
    return syntax and Tree(language, lines, source, syntax)


def parse_variant(tree: Tree, text: str, seconds: float = ONE_OFF_SECONDS) -> Tree | None:
    """As `parse_text`, for a text that differs little from the tree's own: then it is quick."""
    grammar = load_language(tree.language)
    lines = tuple(split_lines(text))
    if grammar is None or why_lines_refused(lines):
        return None
    source = encode(text)
    edit = find_edit(tree.source, source)
    if why_edit_refused(tree, source, edit):
        return None
    edited = edit_syntax(tree, source, edit)
    syntax = parse_until(tree_sitter.Parser(grammar), source, edited, deadline(seconds))
    return syntax and Tree(tree.language, lines, source, syntax)


def deadline(seconds: float) -> float:
    return time.perf_counter() + seconds


def parse_until(
    parser: tree_sitter.Parser,
    source: bytes,
    old: tree_sitter.Tree | None,
    end: float,
) -> tree_sitter.Tree | None:
    """Parse until done or until `time.perf_counter()` reaches `end`, then None.

    Called again with the same arguments the parser goes on where it stopped; before it is given
    another text it needs a `reset`.
    """

    def read(offset: int, _point: tree_sitter.Point) -> bytes:
        return source[offset : offset + _CHUNK]

    def is_over(_offset: int, _has_error: bool) -> bool:
        return time.perf_counter() >= end

    try:
        if old is None:
            return parser.parse(read, progress_callback=is_over)
        return parser.parse(read, old, progress_callback=is_over)
    except ValueError:
        # This is how the binding says that `is_over` was true.
        return None


def encode(text: str) -> bytes:
    """UTF-8; a lone surrogate becomes one "?", so code points keep their count."""
    return text.encode(errors="replace")


def find_edit(old: bytes, new: bytes) -> Edit:
    """The one replacement that turns the old text into the new, between whole characters."""
    start = _common_prefix(old, new)
    while start > 0 and (_is_inside(old, start) or _is_inside(new, start)):
        start -= 1
    suffix = _common_suffix(old[start:], new[start:])
    while suffix > 0 and _is_inside(old, len(old) - suffix):
        suffix -= 1
    return Edit(start, len(old) - suffix, len(new) - suffix)


def why_edit_refused(tree: Tree, source: bytes, edit: Edit) -> str | None:
    """As `why_source_refused`, for the text that the edit of an accepted one has led to."""
    changed = tree.source[edit.start : edit.old_end] + source[edit.start : edit.new_end]
    if not changes_structure(changed, tree.language):
        return None
    return why_source_refused(source, tree.language)


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


def _common_prefix(left: bytes, right: bytes) -> int:
    # Halving compares slices in C: 1 MB takes 0.1 ms, a loop over the bytes 30 ms.
    low, high = 0, min(len(left), len(right))
    while low < high:
        middle = (low + high + 1) // 2
        if left[low:middle] == right[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _common_suffix(left: bytes, right: bytes) -> int:
    low, high = 0, min(len(left), len(right))
    while low < high:
        middle = (low + high + 1) // 2
        if (
            left[len(left) - middle : len(left) - low]
            == (right[len(right) - middle : len(right) - low])
        ):
            low = middle
        else:
            high = middle - 1
    return low


def _is_inside(source: bytes, byte: int) -> bool:
    """Whether a byte offset lies within a UTF-8 character."""
    return byte < len(source) and source[byte] & 0xC0 == 0x80
