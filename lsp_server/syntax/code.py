"""The code of a text without its comments and docstrings, to tell documentation from change."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice

import tree_sitter

from lsp_server.buffer import Position, Snapshot
from lsp_server.syntax.parsing import Tree

# A step takes 1 to 2 µs.
_MAX_VISITS = 400_000
_COMMENT = re.compile(r"\w*comment")
_MAX_SHOWN = 40


@dataclass(frozen=True, slots=True)
class SyntaxFault:
    """A place where a text does not follow its grammar."""

    start: Position
    end: Position
    message: str


def list_code(tree: Tree) -> tuple[bytes, ...]:
    """The text of every token but comments and docstrings, in order."""
    tokens: list[bytes] = []
    stack = [tree.root]
    visits = 0
    while stack and visits < _MAX_VISITS:
        visits += 1
        node = stack.pop()
        if _COMMENT.fullmatch(node.type) or _is_docstring(tree, node):
            continue
        if node.child_count == 0:
            text = tree.source[node.start_byte : node.end_byte]
            if text.strip():
                tokens.append(text)
        else:
            stack += reversed(node.children)
    return tuple(tokens)


def find_syntax_faults(tree: Tree, snapshot: Snapshot, limit: int = 20) -> list[SyntaxFault]:
    """The first places where the text does not parse, outermost only."""
    if not tree.root.has_error:
        return []
    return list(islice(_faults(tree, snapshot), limit))


def _faults(tree: Tree, snapshot: Snapshot) -> list[SyntaxFault]:
    found: list[SyntaxFault] = []
    stack = [tree.root]
    visits = 0
    while stack and visits < _MAX_VISITS:
        visits += 1
        node = stack.pop()
        if node.is_missing:
            found.append(_fault(tree, snapshot, node, f"`{node.type}` is missing here."))
        elif node.is_error and node.parent is not None:
            text = tree.source[node.start_byte : node.end_byte].decode(errors="replace")
            shown = text.strip().split("\n", 1)[0][:_MAX_SHOWN]
            found.append(_fault(tree, snapshot, node, f"Syntax error at `{shown}`."))
        elif node.is_error:
            found.append(_fault(tree, snapshot, node, "The file does not parse."))
            stack += [child for child in reversed(node.children) if child.has_error]
        elif node.has_error:
            stack += [child for child in reversed(node.children) if child.has_error]
    return found


def _fault(tree: Tree, snapshot: Snapshot, node: tree_sitter.Node, message: str) -> SyntaxFault:
    def place(byte: int) -> Position:
        return snapshot.position(len(tree.source[:byte].decode(errors="ignore")))

    return SyntaxFault(place(node.start_byte), place(node.end_byte), message)


def _is_docstring(tree: Tree, node: tree_sitter.Node) -> bool:
    """Whether a node is a string that stands as a statement, as Python's docstrings do."""
    return (
        tree.language == "python"
        and node.type == "expression_statement"
        and node.named_child_count == 1
        and node.named_children[0].type in {"string", "concatenated_string"}
    )
