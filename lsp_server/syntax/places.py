"""Questions about places in a tree: what stands here, is it code, in which function.

Trees of hostile files are deep and wide. Everything here walks without recursion and stops after
a fixed number of steps, with the answer for "nothing known".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Literal, cast

import tree_sitter

from lsp_server.buffer import Position, Snapshot
from lsp_server.syntax.grammars import block_comment, block_style, comment_prefix
from lsp_server.syntax.parsing import Tree, encode

# A step takes 1 to 2 µs, so no answer takes more than some 15 ms. An ordinary file of 1 MB with
# errors needs 2,000.
MAX_DEPTH = 5_000
MAX_VISITS = 5_000
MAX_BLANK_LINES = 1_000
MAX_SIBLINGS = 1_000

# The names that grammars give to nodes, matched whole.
_COMMENT = re.compile(r"\w*comment")
_STRING = re.compile(
    r"(?!concatenated|chained|info|key_path)(\w+_)?string(_literal|_array|_value|_expression)?"
    r"|(char|character|rune)_literal|character|regex(_literal)?|template_literal_type"
    r"|(double|single)_quote_scalar|block_scalar|quoted_attribute_value"
    r"|heredoc|heredoc_body|nowdoc|nowdoc_body"
)
_CODE = re.compile(
    r"(?!escape_)\w*(interpolation|expansion|substitution|variable_name|template_type)|\w+_expression"
)
_BLOCK = re.compile(
    r"(function|method|class|struct|union|enum|interface|impl|trait|mod|module|record|object|type"
    r"|namespace|protocol|extension|constructor|destructor|operator|property|init|deinit|macro"
    r"|abstract_class|generator_function|annotation_type|compact_constructor|decorated|subroutine)"
    r"_(declaration|definition|item|specifier|declaration_statement)"
    r"|(generator_)?function_expression|local_function_statement|internal_module"
    r"|class|module|method|singleton_method|singleton_class|func_literal|secondary_constructor"
)
# Functions without a name: blocks only where they have a body worth the name, of several lines.
_LAMBDA = re.compile(
    r"arrow_function|lambda_(expression|literal)|closure_expression|anonymous_\w+|do_block"
)
# What holds data between braces, where others hold statements or members.
_DATA = re.compile(
    r"ERROR|object(_pattern|_literal)?|dictionary\w*|set\w*|named_imports|export_clause"
    r"|\w*(initializer|literal_value|field_initializer|use)_list|literal_value|map\w*|hash"
    r"|array|table_constructor|initializer_expression|inline_table"
)
# What holds statements of one indentation, and what may begin at the column it is held by.
_INDENTED = re.compile(r"block|block_(mapping|sequence)")
_FLUSH = re.compile(r"block\w*|document")
_BETWEEN_STATEMENTS = re.compile(
    r"module|stream|document|block\w*|\w+_(definition|statement|clause)"
)


def count_errors(tree: Tree) -> int:
    """How many nodes are errors or were missing in the text, of those met in MAX_VISITS steps."""
    root = tree.root
    if not root.has_error:
        return 0
    nodes = _nodes_with_errors(root, 0, root.end_byte + 1)
    return root.is_error + sum(node.is_error or node.is_missing for node in nodes)


def is_in_error(tree: Tree, byte: int) -> bool:
    """Whether a byte offset lies within a part of the text that does not parse."""
    return any(node.is_error for node in _path(tree.root, byte))


def is_comment(node: tree_sitter.Node) -> bool:
    """Whether a node is a comment."""
    return _COMMENT.fullmatch(node.type) is not None


def is_string(node: tree_sitter.Node) -> bool:
    """Whether a node is a string."""
    return _STRING.fullmatch(node.type) is not None


def is_definition(node: tree_sitter.Node) -> bool:
    """Whether a node is a function, a class or the like."""
    return _BLOCK.fullmatch(node.type) is not None


def kinds_at(tree: Tree, snapshot: Snapshot, position: Position) -> tuple[str, ...]:
    """The kinds of the named nodes around a position, from the innermost outward.

    Between two nodes the left one counts, as for someone who goes on typing. On a blank line of a
    language without braces the cursor's column says which block it is in.
    """
    path = _path_at(tree, snapshot, position)
    return tuple(node.type for node in reversed(path) if node.is_named)


def is_in_string_or_comment(
    tree: Tree, snapshot: Snapshot, position: Position
) -> Literal["string", "comment"] | None:
    """Whether what is typed at a position becomes part of a string or comment.

    Code within a string (an interpolation) is code. Where the line does not parse, because a
    quote is still open, the line's characters decide.
    """
    byte = _byte_at(snapshot, position)
    is_code = False
    for node in reversed(_path(tree.root, byte)):
        if not node.is_named or not _holds(tree, node, byte):
            continue
        if _COMMENT.fullmatch(node.type):
            return "comment"
        if _STRING.fullmatch(node.type):
            return None if is_code else "string"
        is_code = is_code or _CODE.fullmatch(node.type) is not None
    before = snapshot.line_text(position.line)[: max(position.column, 0)]
    if _is_after_open_docstring(tree, byte):
        return "string"
    if _has_error_between(tree, byte - len(encode(before)), byte + 1):
        return _read_line(before, tree.language)
    return None


def innermost_bracket(
    tree: Tree, snapshot: Snapshot, position: Position
) -> Literal["(", "[", "{"] | None:
    """The bracket that is open at a position, None in a block of statements or outside of all.

    Braces count where they hold data: an object, a dictionary, an initialiser.
    """
    byte = _byte_at(snapshot, position)
    for node in reversed(_path(tree.root, byte)):
        if node.child_count > MAX_SIBLINGS:
            return None
        opener = _last_open(node, byte)
        if opener == "{":
            return "{" if _DATA.fullmatch(node.type) else None
        if opener is not None:
            return opener
        if _INDENTED.fullmatch(node.type):
            return None
    return None


def _last_open(node: tree_sitter.Node, byte: int) -> Literal["(", "[", "{"] | None:
    """The last bracket among a node's children before a byte that is not closed before it."""
    is_open: list[Literal["(", "[", "{"]] = []
    for child in node.children:
        if child.end_byte > byte:
            break
        kind = child.type
        if kind in ("(", "[", "{"):
            is_open.append(cast('Literal["(", "[", "{"]', kind))
        elif kind in (")", "]", "}") and is_open and not child.is_missing:
            is_open.pop()
    return is_open[-1] if is_open else None


def enclosing_block(
    tree: Tree, snapshot: Snapshot, position: Position
) -> tuple[Position, Position] | None:
    """Start and end of the innermost function, class or the like that a position is in."""
    byte = _byte_at(snapshot, position)
    path = _path_at(tree, snapshot, position)
    for outer, node in reversed(list(pairwise(path))):
        if not node.is_named or node.start_byte >= byte or not _is_block(node):
            continue
        first = outer if outer.type == "decorated_definition" else node
        end = max(node.end_byte, byte)
        return _position_at(tree, snapshot, first.start_byte), _position_at(tree, snapshot, end)
    return None


def _is_block(node: tree_sitter.Node) -> bool:
    if _BLOCK.fullmatch(node.type):
        return True
    has_lines = node.end_point[0] > node.start_point[0]
    return has_lines and _LAMBDA.fullmatch(node.type) is not None


def _path_at(tree: Tree, snapshot: Snapshot, position: Position) -> list[tree_sitter.Node]:
    path = _path(tree.root, _byte_at(snapshot, position))
    if block_style(tree.language) != "indent" or snapshot.line_text(position.line).strip():
        return path
    # In brackets or a string the indentation says nothing, and blocks end before blank lines.
    innermost = next((node.type for node in reversed(path) if node.is_named), "")
    if not _BETWEEN_STATEMENTS.fullmatch(innermost):
        return path
    return _path_by_indentation(tree, snapshot, position)


def _path_by_indentation(
    tree: Tree, snapshot: Snapshot, position: Position
) -> list[tree_sitter.Node]:
    """The blocks that the code above leads to and that a column is deep enough for."""
    marker = comment_prefix(tree.language) or "#"
    for line in range(position.line - 1, max(-1, position.line - MAX_BLANK_LINES), -1):
        above = snapshot.line_text(line).rstrip()
        if above and not above.lstrip().startswith(marker):
            break
    else:
        return [tree.root]
    path = _path(tree.root, _byte_at(snapshot, Position(line, len(above))))
    column = snapshot.clamp(position).column
    held = 1
    for depth, node in enumerate(path[1:], start=2):
        start = node.start_point[1]
        is_list = _INDENTED.fullmatch(node.type) is not None
        # The block of a header with nothing under it yet is empty and stands at the header's end.
        is_empty = is_list and node.start_byte == node.end_byte
        if not is_empty and (start > column if _FLUSH.fullmatch(node.type) else start >= column):
            break
        if is_list:
            held = depth
    return path[:held]


def _path(root: tree_sitter.Node, byte: int) -> list[tree_sitter.Node]:
    """The nodes around a byte offset, from the root inward; only the root where they are too many.

    A child that holds the place within it comes before one that ends there, and that one before
    one that begins there; of these two kinds only named ones are followed.
    """
    path = [root]
    cursor = root.walk()
    # The cursor does not get past a hidden token, such as a line's end in Go, that covers the
    # byte it is sent to; behind it only a child that begins at `byte` is left to be found.
    while (
        cursor.goto_first_child_for_byte(max(byte - 1, 0)) is not None
        or cursor.goto_first_child_for_byte(byte) is not None
    ):
        node = _choose(cursor, byte)
        if node is None:
            return path
        path.append(node)
        if len(path) > MAX_DEPTH:
            return [root]
        cursor.reset(node)
    return path


def _choose(cursor: tree_sitter.TreeCursor, byte: int) -> tree_sitter.Node | None:
    left: tree_sitter.Node | None = None
    right: tree_sitter.Node | None = None
    while (node := cursor.node) is not None and node.start_byte <= byte:
        start, end = node.start_byte, node.end_byte
        if start < byte < end:
            return node
        if node.is_named and end == byte:
            left = node
        elif node.is_named and start == byte and right is None:
            right = node
        if not cursor.goto_next_sibling():
            break
    return left or right


def _holds(tree: Tree, node: tree_sitter.Node, byte: int) -> bool:
    """Whether text typed at `byte` would become part of the node, which is around or beside it."""
    if node.start_byte < byte < node.end_byte:
        return True
    if byte != node.end_byte or node.start_byte == byte:
        return False
    if not _COMMENT.fullmatch(node.type):
        last = node.child(node.child_count - 1) if node.child_count else None
        return last is not None and last.is_missing
    text = tree.source[node.start_byte : byte]
    opening, closing = (part.encode() for part in block_comment(tree.language) or ("/*", "*/"))
    is_closed = text.startswith(opening) and text.endswith(closing)
    return not is_closed and not text.endswith((b"\n", b"\r"))


def _has_error_between(tree: Tree, start: int, end: int) -> bool:
    if not tree.root.has_error:
        return False
    nodes = _nodes_with_errors(tree.root, start, end)
    return tree.root.is_error or any(node.is_error or node.is_missing for node in nodes)


def _is_after_open_docstring(tree: Tree, byte: int) -> bool:
    """Whether three quotes of Python, opened above or on the line, are closed nowhere below."""
    if tree.language != "python" or not tree.root.has_error:
        return False
    is_open = False
    # The quotes of a string that parses are not met here, only those that stand alone.
    for node in _nodes_with_errors(tree.root, 0, byte):
        if node.type == "string_start" and node.end_byte <= byte:
            parent = node.parent or tree.root
            quotes = tree.source[node.start_byte : node.end_byte]
            is_open = is_open or (parent.is_error and quotes.endswith((b'"""', b"'''")))
        elif node.type == "string_end":
            is_open = False
    return is_open


def _nodes_with_errors(root: tree_sitter.Node, start: int, end: int) -> Iterator[tree_sitter.Node]:
    """The nodes below the root that touch [start, end), save those below a node without errors.

    Of many it gives only those met in MAX_VISITS steps.
    """
    parents = [root]
    visits = 0
    while parents:
        cursor = parents.pop().walk()
        more = (
            start > 0 and cursor.goto_first_child_for_byte(start - 1) is not None
        ) or cursor.goto_first_child()
        while more and (node := cursor.node) is not None and node.start_byte < end:
            visits += 1
            if visits > MAX_VISITS:
                return
            if node.end_byte >= start:
                yield node
                if node.has_error:
                    parents.append(node)
            more = cursor.goto_next_sibling()


def _read_line(before: str, language: str) -> Literal["string", "comment"] | None:
    """What the end of a line's beginning is in, read as most languages write it."""
    # In Rust an apostrophe also begins a lifetime.
    quotes = '"`' if language == "rust" else "\"'`"
    opening, closing = block_comment(language) or ("/*", "*/")
    marker = comment_prefix(language) or opening
    quote = ""
    index = 0
    while index < len(before):
        character = before[index]
        if quote:
            index += character == "\\"
            quote = "" if character == quote else quote
        elif before.startswith(opening, index):
            end = before.find(closing, index + len(opening))
            if end < 0:
                return "comment"
            index = end + len(closing) - 1
        elif before.startswith(marker, index):
            return "comment"
        elif character in quotes:
            quote = character
        index += 1
    return "string" if quote else None


def _byte_at(snapshot: Snapshot, position: Position) -> int:
    offset = snapshot.offset(position)
    return offset if snapshot.text.isascii() else len(encode(snapshot.text[:offset]))


def _position_at(tree: Tree, snapshot: Snapshot, byte: int) -> Position:
    is_ascii = len(tree.source) == len(snapshot.text)
    offset = byte if is_ascii else len(tree.source[:byte].decode(errors="ignore"))
    return snapshot.position(offset)
