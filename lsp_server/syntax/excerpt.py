"""The part of a file that tells whether a text may stand at the cursor: what encloses the cursor
and what stands beside it, without all that is beside those.

A parse from the file's tree still takes half a millisecond in 2,000 lines, most of it spent far
from what has changed: grammars with ambiguities give nodes that cannot be used again.
"""

from __future__ import annotations

import re

import tree_sitter

from lsp_server.syntax.parsing import Tree

# What holds statements or members of any number, none of which needs another.
_LIST = re.compile(
    r"(\w+_)?(block|body)|body_statement|compound_statement|statements|do_group"
    r"|(\w+_)?(declaration|statement)_list|module|program|source_file|translation_unit|chunk"
    r"|compilation_unit"
)
# In bytes: what is smaller stays whole.
_SMALL = 1_500
_DEEPEST = 60
# Without it nothing that follows is code.
_PHP = "php_tag"
# What may follow a statement on its line. Where a comma does, the next one tells as well.
_BEHIND = b" \t\r\n\f;"


def find_excerpt(tree: Tree, byte: int) -> list[tuple[int, int]]:
    """The parts of the tree's text that stay, as bytes [start, end) in order, each of whole lines.

    The cursor's byte and its line are in one of them.
    """
    cuts: list[tuple[int, int]] = []
    node: tree_sitter.Node = tree.root
    for _ in range(_DEEPEST):
        if not _is_large(node):
            break
        # The node's own method gives one that ends the process, where there is none.
        cursor = node.walk()
        child = cursor.node if cursor.goto_first_child_for_byte(byte) is not None else None
        inside = child if child is not None and child.start_byte < byte else None
        if _LIST.fullmatch(node.type):
            cut = _cut_siblings(tree.source, node, inside, child)
            if cut is None:
                break
            cuts += cut
        if inside is None:
            break
        node = inside
    return _invert(sorted(cuts), len(tree.source))


def _cut_siblings(
    source: bytes,
    node: tree_sitter.Node,
    inside: tree_sitter.Node | None,
    child: tree_sitter.Node | None,
) -> list[tuple[int, int]] | None:
    """What may be left out of a list: all but `inside`, or else all but the neighbours of a place
    before `child`; None where these are large."""
    if not node.named_child_count:
        return []
    first, last = node.named_child(0), node.named_child(node.named_child_count - 1)
    if first.type == _PHP:
        first = node.named_child(1) if node.named_child_count > 1 else last
    above = below = inside
    if inside is None:
        below = child
        while below is not None and (below.is_extra or not below.is_named):
            below = below.next_named_sibling
        above = last if below is None else below.prev_named_sibling
        while above is not None and above.is_extra:
            above = above.prev_named_sibling
        if any(map(_is_large, (above, below))):
            return None
    cuts = []
    if above is not None:
        cuts.append((_begin_line(source, first.start_byte), _begin_line(source, above.start_byte)))
    if below is not None:
        cuts.append((_end_line(source, below.end_byte), _end_line(source, last.end_byte)))
    return [(start, end) for start, end in cuts if start is not None and end is not None]


def _is_large(node: tree_sitter.Node | None) -> bool:
    return node is not None and node.end_byte - node.start_byte > _SMALL


def _begin_line(source: bytes, byte: int) -> int | None:
    """Where the line begins of which a byte is the first that holds something."""
    start = source.rfind(b"\n", 0, byte) + 1
    return None if source[start:byte].strip() else start


def _end_line(source: bytes, byte: int) -> int | None:
    """Where the line ends, its terminator included, of which a byte is behind all that counts."""
    end = source.find(b"\n", byte) + 1 or len(source)
    return None if source[byte:end].strip(_BEHIND) else end


def _invert(cuts: list[tuple[int, int]], size: int) -> list[tuple[int, int]]:
    """What is left of bytes [0, size) without the cuts, which are disjoint and in order."""
    starts = [0, *(end for _, end in cuts)]
    ends = [*(start for start, _ in cuts), size]
    return [(start, end) for start, end in zip(starts, ends, strict=True) if start < end]
