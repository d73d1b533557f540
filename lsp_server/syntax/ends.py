"""Where a statement or block that a text begins is over, told by the tree of the file with it in.

Only whole lines of a text are asked about: a line that is still being written has no tree.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import tree_sitter

from lsp_server.syntax.grammars import block_style
from lsp_server.syntax.limits import MARKUP
from lsp_server.syntax.parsing import Tree, encode
from lsp_server.syntax.places import is_comment, is_definition, is_string
from lsp_server.syntax.splice import Spot

# A text has some 60 lines; a block stands near the top of its statement.
_MOST_STATEMENTS = 200
_DEEPEST = 5
# A step to the left walks through all that stands there.
_MOST_COMMENTS = 20
_MOST_DEPTH = 500

# What holds the statements or members of a block.
_BODY = re.compile(
    r"(?!heredoc_|nowdoc_)(\w+_)?(block|body)|body_statement|compound_statement|statements"
    r"|(\w+_)?(declaration|statement|variant)_list|do_group|then|do|do_block|enumerator_list"
    r"|accessor_list|braced_expression|(object|interface)_type"
)
# What is a block of statements without a node of its own for them.
_BLOCK = re.compile(
    r"(if|for|while|case|c_style_for|unless|until|switch|foreach)_statement|if|unless|case|begin"
)
# What may begin at any column, wherever it belongs.
_FREE = re.compile(r"labeled_statement|statement_identifier|label|heredoc_(body|content|end)")
# What holds members, each of which is a thing of its own; a function's statements belong together.
_HOLDER = re.compile(
    r"(\w+_)?(class|enum|extension|impl|interface|mod|module|namespace|object|protocol|record|struct"
    r"|trait)(_\w+)?"
)
# Tokens that stand between two statements.
_BETWEEN = frozenset({";", "\n", ";;"})
# Strings of several lines.
_TEXT_QUOTES = ('"""', "'''", "`")
_HERE_DOCUMENTS = frozenset({"perl", "ruby", "shellscript"})
_HERE_DOCUMENT = re.compile(r"<<[-~]?[\"']?([A-Za-z_]\w*)")
_CLOSED = re.compile(rb"(?:\}|\bend|\besac|\bfi|\bdone);?\Z")


@dataclass(frozen=True, slots=True)
class End:
    """A statement's end: the length of the text up to the end of its last line.

    `is_closed` says that no other line can go on with it.
    """

    length: int
    is_closed: bool


@dataclass(frozen=True, slots=True, eq=False)
class Spliced:
    """The tree of a file with the whole lines of a text in, as bytes [start, end)."""

    tree: Tree
    start: int
    end: int


def splice(spot: Spot, text: str) -> Spliced | None:
    """The file with the whole lines of a text at its cursor; None where that takes too long."""
    lines = text[: text.rfind("\n") + 1]
    if not lines.strip() or spot.tree.language in MARKUP:
        return None
    spot = spot.near
    tree = spot.tree_with(lines)
    return None if tree is None else Spliced(tree, spot.byte, spot.byte + len(encode(lines)))


def find_first_block(spot: Spot, text: str) -> End | None:
    """The end of the first function, class or other block that a text begins.

    None where there is none or it is not over, where the text begins at the top of a block that
    was opened before it or goes on among the statements of one, whose end is not here, and where
    something before it does not parse.
    """
    spliced = splice(spot, text)
    if spliced is None:
        return None
    for number, node in enumerate(_statements(spliced)):
        # They all have one parent.
        if number == 0 and not _is_member(node):
            return None
        if node.end_byte <= spliced.end and _holds_block(node):
            return _end_of(spliced, node)
    return None


def find_first_statement(spot: Spot, text: str) -> End | None:
    """As `find_first_block`, for the first statement of any kind."""
    spliced = splice(spot, text)
    if spliced is None:
        return None
    for node in _statements(spliced):
        if not is_comment(node) and node.type != "attribute_item":
            return _end_of(spliced, node) if node.end_byte <= spliced.end else None
    return None


def stands_anywhere(spliced: Spliced, text: str, offset: int) -> bool:
    """Whether the depth of the line that begins at a character of the text tells nothing.

    It is a label, or goes on with a string or comment that the text began. `spliced` is the file
    with all lines of the text.
    """
    blank = len(text) - offset - len(text[offset:].lstrip(" \t"))
    byte = spliced.start + len(encode(text[: offset + blank]))
    root = spliced.tree.root
    for node in _descend(root, byte):
        if node.start_byte == byte and _FREE.fullmatch(node.type):
            return True
        if spliced.start <= node.start_byte < byte and (is_string(node) or is_comment(node)):
            return True
    # A string that is still being written has no node.
    return root.has_error and _leaves_text_open(text[:offset], spliced.tree.language)


def _leaves_text_open(text: str, language: str) -> bool:
    """Whether a text opens a string of several lines that it does not close."""
    if any(text.count(quote) % 2 for quote in _TEXT_QUOTES):
        return True
    if language not in _HERE_DOCUMENTS:
        return False
    document = _HERE_DOCUMENT.search(text)
    return document is not None and f"\n{document[1]}\n" not in f"{text[document.end() :]}\n"


def _statements(spliced: Spliced) -> Iterator[tree_sitter.Node]:
    """The statements that the text begins, one after the other, as far as they parse."""
    code = spliced.tree.source[spliced.start : spliced.end]
    byte = spliced.end - len(code.lstrip())
    parent = spliced.tree.root
    for node in _descend(parent, byte):
        if parent.is_error:
            return
        if node.start_byte == byte:
            if node.is_named and not _is_at_top(parent, node):
                yield from _go_on(parent, byte, spliced.end)
            return
        parent = node


def _go_on(parent: tree_sitter.Node, start: int, end: int) -> Iterator[tree_sitter.Node]:
    """The named children from one byte to another, up to the first with an error."""
    cursor = parent.walk()
    more = cursor.goto_first_child_for_byte(start) is not None
    for _ in range(_MOST_STATEMENTS):
        node = cursor.node
        if not more or node is None or node.start_byte >= end or node.has_error:
            return
        if node.is_named:
            yield node
        more = cursor.goto_next_sibling()


def _descend(root: tree_sitter.Node, byte: int) -> Iterator[tree_sitter.Node]:
    """The nodes below the root that hold a byte, down to the outermost that begins there."""
    cursor = root.walk()
    for _ in range(_MOST_DEPTH):
        if cursor.goto_first_child_for_byte(byte) is None:
            return
        node = cursor.node
        if node is None or node.start_byte > byte:
            return
        yield node
        if node.start_byte == byte:
            return


def _is_at_top(parent: tree_sitter.Node, node: tree_sitter.Node) -> bool:
    """Whether a node is the first of a block that has its head above."""
    if parent.parent is None:
        return False
    if _BODY.fullmatch(node.type):
        return True
    before = node.prev_sibling
    for _ in range(_MOST_COMMENTS):
        if before is None or not (is_comment(before) or before.type in _BETWEEN):
            break
        before = before.prev_sibling
    return before is None or not before.is_named


def _is_member(node: tree_sitter.Node) -> bool:
    """Whether a node stands at the top level of a file, or directly in a class or the like."""
    parent = node.parent
    if parent is None or parent.parent is None:
        return True
    return bool(_HOLDER.fullmatch(parent.type) or _HOLDER.fullmatch(parent.parent.type))


def _holds_block(node: tree_sitter.Node) -> bool:
    if node.start_point[0] == node.end_point[0] or is_comment(node):
        return False
    if _BLOCK.fullmatch(node.type):
        return True
    level = [node]
    for _ in range(_DEEPEST):
        level = [child for each in level for child in each.named_children]
        if any(_BODY.fullmatch(each.type) for each in level):
            return True
    return False


def _end_of(spliced: Spliced, node: tree_sitter.Node) -> End:
    source = spliced.tree.source
    line_end = source.find(b"\n", node.end_byte, spliced.end)
    # A node may take the line's end with it.
    at = node.end_byte - 1 if source[node.end_byte - 1 : node.end_byte] == b"\n" else line_end
    text = source[spliced.start : at].decode(errors="replace")
    return End(len(text), _is_closed(spliced.tree, node))


def _is_closed(tree: Tree, node: tree_sitter.Node) -> bool:
    """Whether nothing that may follow can go on with a statement: it is no `if` without `else`."""
    inner = node.named_children[-1] if node.type == "export_statement" else node
    code = tree.source[node.start_byte : node.end_byte].rstrip()
    is_block = is_definition(inner) and _CLOSED.search(code) is not None
    return block_style(tree.language) != "indent" and (is_block or code.endswith(b";"))
