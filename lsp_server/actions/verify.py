"""New lines of a region, proved on a virtual copy of the document before anybody sees them."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

from lsp_server.actions.base import Kind, Refusal, Region, TextEdit, apply_edits, region_lines
from lsp_server.actions.difference import compare_lines, make_edits
from lsp_server.actions.names import find_lost_definitions, find_unknown_calls
from lsp_server.buffer import Snapshot
from lsp_server.postprocess.base import Dropped, Place
from lsp_server.postprocess.hidden_characters import drop_hidden_characters
from lsp_server.syntax.code import list_code
from lsp_server.syntax.tree import Tree, count_errors, parse_text, parse_variant

# A parse of the copy may take this long, in seconds; past it the text counts as not parsed.
_PARSE_S = 0.2
_MAX_NAMED = 5
# Where documentation is written as code.
_DOCUMENTED_IN_CODE = frozenset({"elixir", "julia", "clojure", "lisp", "emacs-lisp", "erlang"})


@dataclass(frozen=True, slots=True)
class Verified:
    """Edits that hold, the region's new lines, the whole new text, and remarks about it."""

    edits: tuple[TextEdit, ...]
    lines: tuple[str, ...]
    after: str
    notes: tuple[str, ...] = ()


def verify(
    kind: Kind,
    snapshot: Snapshot,
    region: Region,
    new: list[str],
    *,
    tree: Tree | None,
    known: Sequence[str] = (),
) -> Verified | Refusal:
    """The edits that bring the new lines in, or what is wrong, worded for the model.

    `known` are texts whose names count as known, besides the document's own.
    """
    old = region_lines(snapshot, region)
    added = _added_lines(old, new)
    if isinstance(drop_hidden_characters("\n".join(added), _NOWHERE), Dropped):
        return Refusal("The reply holds hidden or control characters, which are never taken.")
    edits = make_edits(snapshot, region, new)
    after = apply_edits(snapshot, edits)
    if not is_confined(snapshot, region, after):
        return Refusal("The reply reaches beyond the lines that may be changed.")
    if not edits:
        return Verified((), tuple(new), after)
    broken = _find_breakage(kind, snapshot, after, tree)
    if broken is not None:
        return broken
    if snapshot.language == "python" and _parses(old) and not _parses(new):
        return Refusal(
            "With the reply the code is no valid Python any more; check it line by line."
        )
    if kind in ("fix", "doc", "test"):
        lost = find_lost_definitions("\n".join(old), "\n".join(new))
        if lost:
            names = ", ".join(f"`{name}`" for name in lost[:_MAX_NAMED])
            return Refusal(f"The reply leaves out {names}; write every line of the code in full.")
    unknown = find_unknown_calls(
        snapshot.language,
        "\n".join(added),
        (snapshot.text, "\n".join(_unchanged(old, new)), *known),
    )
    notes = tuple(
        f"`{name}` is called, and nothing in the open files defines it."
        for name in unknown[:_MAX_NAMED]
    )
    return Verified(edits, tuple(new), after, notes)


def is_confined(snapshot: Snapshot, region: Region, after: str) -> bool:
    """Whether a text is the document's own, byte for byte, outside the region."""
    before = "".join(snapshot.lines[: region.first])
    if region.column:
        before += snapshot.lines[region.first][: region.column]
    rest = "".join(snapshot.lines[region.last :])
    return (
        len(after) >= len(before) + len(rest) and after.startswith(before) and after.endswith(rest)
    )


_NOWHERE = Place("plaintext", "", "", True)


def _find_breakage(kind: Kind, snapshot: Snapshot, after: str, tree: Tree | None) -> Refusal | None:
    """What a parser says against the new text."""
    if tree is None:
        return None
    new_tree = parse_variant(tree, after, _PARSE_S) or parse_text(
        snapshot.language, after, _PARSE_S
    )
    if new_tree is None:
        return Refusal("The new code could not be parsed; write it as plainly as the old.")
    old_errors, new_errors = count_errors(tree), count_errors(new_tree)
    if new_errors > old_errors:
        return Refusal(
            "With the reply the file has more syntax errors than before; check brackets, quotes "
            "and indentation, and that the reply is the whole of the code asked for."
        )
    has_doc_comments = snapshot.language not in _DOCUMENTED_IN_CODE
    if (
        kind == "doc"
        and has_doc_comments
        and old_errors == 0
        and list_code(tree) != list_code(new_tree)
    ):
        return Refusal(
            "The reply changes code; add documentation only, and keep every other line as it is."
        )
    return None


def _parses(lines: list[str]) -> bool:
    """Whether lines are Python as Python itself sees it: it is stricter than the grammar is.

    Only the region is looked at, which is short, so that the event loop is not held.
    """
    is_indented = bool(lines) and lines[0][:1] in (" ", "\t")
    text = "\n".join(["if 1:", *lines] if is_indented else lines) + "\n"
    try:
        with warnings.catch_warnings():
            # What the user's own strings hold is not for us to warn of.
            warnings.simplefilter("ignore")
            ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _added_lines(old: list[str], new: list[str]) -> list[str]:
    lines: list[str] = []
    for _, _, start, end in compare_lines(old, new):
        lines += new[start:end]
    return lines


def _unchanged(old: list[str], new: list[str]) -> list[str]:
    lines: list[str] = []
    done = 0
    for _, _, start, end in compare_lines(old, new):
        lines += new[done:start]
        done = end
    return lines + new[done:]
