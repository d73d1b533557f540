"""The queries in `queries/<language>/`: what a language's definitions and imports look like.

Captures of `definitions.scm`: `@definition.<kind>` is the node that defines `@name`;
`@declaration.<kind>` is one that counts only outside of functions, and `@definition.member` a
field of the nearest type around it. `@container` names what it belongs to, `@body` is where its
head ends, where the grammar's own field `body` does not tell. `@scope` holds definitions without
being one, and `@local` is a function without a name.

Captures of `imports.scm`: `@import` is the statement, `@module` what it names, or `@path` where
the last part of that is the name. `@name` and `@alias` are what is bound, `@whole` what the module
itself is bound to, `@default` its default, `@all` says that all its names are.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import tree_sitter

from lsp_server.syntax.grammars import find_language, load_language
from lsp_server.syntax.parsing import Tree

Match = tuple[int, dict[str, list[tree_sitter.Node]]]

_FOLDER = Path(__file__).parent / "queries"
_INHERITS = "; inherits: "
# Languages whose queries are another's.
_SHARED = {"typescriptreact": "typescript"}


@dataclass(frozen=True, slots=True, eq=False)
class Matches:
    """Each match as the number of its pattern and the nodes of its captures."""

    definitions: list[Match]
    imports: list[Match]


def find_matches(tree: Tree) -> Matches:
    """What a tree's language looks for in it; nothing for a language without queries."""
    query = load_query(tree.language)
    if query is None:
        return Matches([], [])
    # One walk for both, since the walk is what takes the time. It cannot be cut short: a callback
    # that says how far it is ends the process (tree-sitter 0.26.1).
    found = tree_sitter.QueryCursor(query).matches(tree.root)
    definitions: list[Match] = []
    imports: list[Match] = []
    for match in found:
        (imports if "import" in match[1] else definitions).append(match)
    return Matches(definitions, imports)


@cache
def load_query(language: str) -> tree_sitter.Query | None:
    """A language's query; None where it has none, or none that its grammar understands."""
    language = find_language(language)
    folder = _SHARED.get(language, language)
    text = "\n".join(_read(folder, name) for name in ("definitions", "imports"))
    grammar = load_language(language) if text.strip() else None
    if grammar is None:
        return None
    try:
        query: tree_sitter.Query = tree_sitter.Query(grammar, text)
    except tree_sitter.QueryError:
        # A grammar of another version has other nodes; its files are searched as plain text.
        return None
    return query


def _read(folder: str, name: str) -> str:
    try:
        text = (_FOLDER / folder / f"{name}.scm").read_text("utf-8")
    except OSError:
        return ""
    first = text.partition("\n")[0]
    if first.startswith(_INHERITS):
        return f"{_read(first.removeprefix(_INHERITS).strip(), name)}\n{text}"
    return text
