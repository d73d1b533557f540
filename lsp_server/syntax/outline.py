"""What a tree defines: names with their heads, their first line of documentation, their places."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import tree_sitter

from lsp_server.syntax.grammars import block_comment, comment_prefix
from lsp_server.syntax.parsing import Tree
from lsp_server.syntax.queries import Match

# A file with more than this is data, whatever its ending.
MAX_DEFINITIONS = 5_000
# Heads and documentation are for prompts: what is longer is cut at a line's end.
MAX_HEAD_LINES = 12
MAX_HEAD_CHARACTERS = 600
MAX_DOC_CHARACTERS = 160
_MAX_COMMENT_LINES = 60

# What a definition may stand in that belongs to its head.
_WRAPPERS = frozenset(
    {"decorated_definition", "export_statement", "template_declaration", "ambient_declaration"}
)
_FUNCTIONS = frozenset({"function", "method", "local"})
_TYPES = frozenset({"class", "interface", "struct", "enum", "trait", "module", "type", "scope"})
# What names are qualified with: `a::b`, `a.b`, `a:b`, and JavaScript's prototypes and exports.
_SEPARATOR = re.compile(r"::|[.:]")
_NO_CONTAINERS = frozenset({"prototype", "exports", "module", "window", "globalThis", "self"})
_COMMENT_MARKS = re.compile(
    r"^(?:/\*+!?|//[/!]?|\*+/?|#+!?|--+\[*|;+|<!--)\s?|\s*(?:\*+/|-->|\]\])$"
)
# C#'s `<summary>` and its like.
_TAG = re.compile(r"</?[A-Za-z]+( [^<>]*)?/?>")
_PARAMETERS = ("@param", "@return", "@type", "@template", "\\param", ":param", "@file")
_ATTRIBUTE = re.compile(r"\s*(?:@|#\[|\[\w)")


@dataclass(frozen=True, slots=True)
class Definition:
    """A name and what it stands for; lines count from 0, the end included.

    `kind` is one of: class, interface, struct, enum, trait, module, type, function, method, macro,
    constant, variable, field. `container` is the dotted name of what encloses it.
    """

    name: str
    kind: str
    container: str
    signature: str
    doc: str
    line: int
    end_line: int


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """A match of the query: its node's bytes and lines, and what was captured in it."""

    kind: str
    is_outer: bool
    node: tree_sitter.Node
    name: tree_sitter.Node | None
    container: tree_sitter.Node | None
    body: tree_sitter.Node | None


def list_definitions(tree: Tree, matches: Sequence[Match]) -> list[Definition]:
    """The definitions that a tree's `find_matches` found, in the source's order."""
    lines = tree.source.split(b"\n")
    found: list[Definition] = []
    # What encloses the present place, as (end byte, kind, dotted name).
    around: list[tuple[int, str, str]] = []
    members: set[tuple[str, str]] = set()
    for each in _find(matches):
        while around and around[-1][0] <= each.node.start_byte:
            around.pop()
        if each.name is None:
            around.append((each.node.end_byte, each.kind, around[-1][2] if around else ""))
            continue
        path = _read_name(tree.source, each)
        if each.kind == "member":
            container = next((name for _, kind, name in reversed(around) if kind in _TYPES), "")
            if (container, path[-1]) in members or not container:
                continue
        else:
            if each.is_outer and any(kind in _FUNCTIONS for _, kind, _ in around):
                continue
            container = around[-1][2] if around else ""
        container = ".".join(filter(None, (container, *path[:-1])))
        members.add((container, path[-1]))
        if each.kind in _FUNCTIONS or each.kind in _TYPES:
            around.append((each.node.end_byte, each.kind, f"{container}.{path[-1]}".strip(".")))
        if each.kind != "scope":
            kind = _refine_kind(each.kind, path, around[:-1] if around else [])
            found.append(_describe(tree, lines, each, path[-1], kind, container))
    return found


def _find(matches: Sequence[Match]) -> list[_Found]:
    """The matches from the outermost inwards, one for each name."""
    found: dict[int, tuple[int, _Found]] = {}
    for pattern, captures in matches:
        name = captures["name"][0] if "name" in captures else None
        label = next(label for label in captures if label.startswith(_LABELS))
        node = captures[label][0]
        key = node.id if name is None else name.id
        # The patterns that say more stand first in the file.
        if key in found and found[key][0] <= pattern:
            continue
        sort, _, kind = label.partition(".")
        found[key] = (
            pattern,
            _Found(
                kind or sort,
                sort == "declaration",
                node,
                name,
                captures["container"][0] if "container" in captures else None,
                captures["body"][0] if "body" in captures else None,
            ),
        )
        if len(found) >= MAX_DEFINITIONS:
            break
    every = [each for _, each in found.values()]
    return sorted(every, key=lambda each: (each.node.start_byte, -each.node.end_byte))


_LABELS = ("definition.", "declaration.", "scope", "local")


def _read_name(source: bytes, each: _Found) -> list[str]:
    """The parts of a qualified name, the container's before it."""
    assert each.name is not None
    text = source[each.name.start_byte : each.name.end_byte].decode(errors="replace")
    if text.isidentifier() or each.name.type in {
        "operator_name",
        "string",
        "computed_property_name",
        "number",
    }:
        parts = [text]
    else:
        split = [part.strip() for part in _SEPARATOR.split(text.strip("@:$"))]
        parts = [part for part in split if part] or [text]
    last = parts.pop()
    if each.container is not None:
        node = each.container
        parts.append(source[node.start_byte : node.end_byte].decode(errors="replace"))
    return [*(part for part in parts if part not in _NO_CONTAINERS), last]


def _refine_kind(kind: str, path: Sequence[str], around: Sequence[tuple[int, str, str]]) -> str:
    if kind == "member":
        return "field"
    if kind == "variable" and path[-1].isupper() and len(path[-1]) > 1:
        return "constant"
    is_method = len(path) > 1 or (around and around[-1][1] in _TYPES - {"module"})
    return "method" if kind == "function" and is_method else kind


def _describe(
    tree: Tree, lines: Sequence[bytes], each: _Found, name: str, kind: str, container: str
) -> Definition:
    node = each.node
    parent = node.parent
    while parent is not None and parent.type in _WRAPPERS:
        node, parent = parent, parent.parent
    line = node.start_point.row
    body = each.body or each.node.child_by_field_name("body")
    doc = _read_docstring(tree, body) if tree.language == "python" else ""
    return Definition(
        name,
        kind,
        container,
        _read_head(tree.source, node, body),
        doc or (_read_comment(tree.language, lines, line) if _is_first(lines, node) else ""),
        line,
        max(line, node.end_point.row - (node.end_point.column == 0)),
    )


def _is_first(lines: Sequence[bytes], node: tree_sitter.Node) -> bool:
    """Whether nothing stands before a node on its line."""
    row, column = node.start_point
    return not lines[row][:column].strip()


def _read_head(source: bytes, node: tree_sitter.Node, body: tree_sitter.Node | None) -> str:
    """What stands before the body, without the indentation of its first line."""
    end = node.end_byte if body is None else body.start_byte
    end = min(end, node.start_byte + 4 * MAX_HEAD_CHARACTERS)
    text = source[node.start_byte : end].decode(errors="ignore").rstrip()
    indent = " " * node.start_point.column
    if "\t" in text:
        start = source.rfind(b"\n", 0, node.start_byte) + 1
        indent = source[start : node.start_byte].decode(errors="ignore")
        indent = indent if indent.isspace() else ""
    lines = [line.removeprefix(indent).rstrip() for line in text.split("\n")[:MAX_HEAD_LINES]]
    kept: list[str] = []
    size = 0
    for line in lines:
        size += len(line) + 1
        if kept and size > MAX_HEAD_CHARACTERS:
            break
        kept.append(line[:MAX_HEAD_CHARACTERS])
    return "\n".join(kept).rstrip()


def _read_docstring(tree: Tree, body: tree_sitter.Node | None) -> str:
    statement = _first_child(body)
    if statement is None or statement.type != "expression_statement":
        return ""
    string = _first_child(statement)
    if string is None or string.type != "string":
        return ""
    content = next((node for node in string.named_children if node.type == "string_content"), None)
    if content is None:
        return ""
    text = tree.source[content.start_byte : content.end_byte].decode(errors="ignore")
    return _first_line(text.split("\n"))


def _first_child(node: tree_sitter.Node | None) -> tree_sitter.Node | None:
    return node.named_child(0) if node is not None and node.named_child_count else None


def _read_comment(language: str, lines: Sequence[bytes], line: int) -> str:
    """The first line of the comment that ends on the line above."""
    prefix, block = comment_prefix(language), block_comment(language)
    above: list[str] = []
    is_inside = False
    for number in range(line - 1, max(-1, line - 1 - _MAX_COMMENT_LINES), -1):
        text = lines[number].decode(errors="ignore").strip()
        if not is_inside and block is not None and text.endswith(block[1]):
            is_inside = True
        elif not is_inside and not above and _ATTRIBUTE.match(text):
            continue
        if is_inside:
            above.append(text)
            if block is not None and text.startswith(block[0]):
                break
        elif prefix is not None and text.startswith(prefix) and not text.startswith("#!"):
            above.append(text)
        else:
            break
    return _first_line([_COMMENT_MARKS.sub("", text) for text in reversed(above)])


def _first_line(lines: Sequence[str]) -> str:
    """The first line with words on it; one that begins a list of parameters has none."""
    for line in lines:
        text = _TAG.sub("", line).strip()
        if any(map(str.isalnum, text)) and not text.startswith(_PARAMETERS):
            return text[:MAX_DOC_CHARACTERS]
    return ""
