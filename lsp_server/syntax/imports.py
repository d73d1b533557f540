"""What a tree imports: modules as they are written, and the names that are bound."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from lsp_server.syntax.parsing import Tree
from lsp_server.syntax.queries import Match

MAX_IMPORTS = 1_000
# What separates the parts of a path whose last part is the name that is imported.
_SEPARATORS = {"java": ".", "php": "\\", "rust": "::"}
# Where an import that binds no name brings all names, or those of the last part of its path.
_BINDS_ALL = frozenset({"c", "cpp", "csharp", "ruby", "php", "shellscript"})
_BINDS_LAST_PART = frozenset({"go"})
_GO_VERSION = re.compile(r"/v\d+$")
# Rust's trees of imports may be nested; this many levels are read.
_MAX_DEPTH = 20


@dataclass(frozen=True, slots=True)
class Imported:
    """One module. `names` are bound here; `origins` are what the module calls them, in the same
    order: "" is the module itself, "*" all names, "default" JavaScript's default export."""

    module: str
    names: tuple[str, ...]
    origins: tuple[str, ...]
    line: int


@dataclass(slots=True)
class _Names:
    line: int
    # What is bound, by what the module calls it.
    bound: dict[tuple[str, str], None] = field(default_factory=dict)


def list_imports(tree: Tree, matches: Iterable[Match]) -> list[Imported]:
    """The imports that a tree's `find_matches` found, in the source's order."""
    found: dict[tuple[int, str], _Names] = {}
    for _, captures in matches:
        texts = {
            label: tree.source[nodes[0].start_byte : nodes[0].end_byte].decode(errors="replace")
            for label, nodes in captures.items()
        }
        statement = captures["import"][0]
        for module, name, origin in _read(tree.language, texts):
            key = (statement.start_byte, module)
            names = found.setdefault(key, _Names(statement.start_point.row))
            if name:
                names.bound[name, origin] = None
        if len(found) >= MAX_IMPORTS:
            break
    every = [
        Imported(
            module,
            tuple(name for name, _ in names.bound),
            tuple(origin for _, origin in names.bound),
            names.line,
        )
        for (_, module), names in found.items()
    ]
    return sorted(_without_repetition(every), key=lambda each: each.line)


def _without_repetition(every: list[Imported]) -> list[Imported]:
    """A statement may match by its name and again by itself: only the first says what is bound."""
    bound = {(each.line, each.module) for each in every if each.names}
    return [each for each in every if each.names or (each.line, each.module) not in bound]


def _read(language: str, texts: dict[str, str]) -> list[tuple[str, str, str]]:
    """(module, what is bound, what the module calls it) of a match; "" where nothing is bound."""
    if "tree" in texts:
        return _flatten(texts["tree"], "", 0)
    if "path" in texts:
        separator = _SEPARATORS[language]
        module, _, name = texts["path"].strip().rpartition(separator)
        return [(module or name, texts.get("alias", name), name if module else "")]
    module = texts["module"].strip("\"'`").strip()
    if "all" in texts:
        return [(module, "*", "*")]
    if "default" in texts:
        return [(module, texts["default"], "default")]
    if "whole" in texts:
        return [(module, texts["whole"], "")]
    if "name" in texts:
        return [(module, texts.get("alias", texts["name"]), texts["name"])]
    if language in _BINDS_ALL:
        return [(module, "*", "*")]
    if language in _BINDS_LAST_PART:
        return [(module, _GO_VERSION.sub("", module).rpartition("/")[2], "")]
    return [(module, "", "")]


def _flatten(tree: str, prefix: str, depth: int) -> list[tuple[str, str, str]]:
    """Rust's `a::{b, c::d as e, f::*}`, each name with its module."""
    tree = tree.strip()
    head, brace, rest = tree.partition("{")
    if brace:
        if depth >= _MAX_DEPTH:
            return []
        inner = _join(prefix, head.strip().removesuffix("::"))
        return [
            each
            for part in _split_list(rest.rpartition("}")[0])
            for each in _flatten(part, inner, depth + 1)
        ]
    path, _, alias = (part.strip() for part in tree.partition(" as "))
    module, _, name = path.rpartition("::")
    module = _join(prefix, module)
    if name == "self":
        return [(module, alias or module.rpartition("::")[2], "")]
    if not module:
        return [(name, alias or name, "")]
    return [(module, alias or name, name)] if name else []


def _join(prefix: str, path: str) -> str:
    return "::".join(filter(None, (prefix, path)))


def _split_list(text: str) -> list[str]:
    """The parts between commas that stand in no braces."""
    parts, depth, start = [], 0, 0
    for place, character in enumerate(text):
        depth += (character == "{") - (character == "}")
        if character == "," and depth == 0:
            parts.append(text[start:place])
            start = place + 1
    return [part for part in (*parts, text[start:]) if part.strip()]
