"""Fix: the diagnostics of a region, or the user's own words about what is wrong."""

from __future__ import annotations

from lsp_server.actions.base import ActionRequest, Diagnostic, Refusal, Region
from lsp_server.buffer import Snapshot
from lsp_server.privacy.cutting import keep_beginning
from lsp_server.syntax.code import find_syntax_faults
from lsp_server.syntax.tree import Tree

_MOST = 20
_MAX_CHARACTERS = 600


def choose_diagnostics(
    request: ActionRequest, region: Region, tree: Tree | None
) -> tuple[Diagnostic, ...]:
    """The diagnostics that touch the region; the file's own syntax errors where none were given."""
    given = request.diagnostics
    if not given and not request.instruction and tree is not None:
        given = find_own_diagnostics(tree, request.snapshot)
    inside = [one for one in given if one.start.line < region.last and one.end.line >= region.first]
    return tuple(inside[:_MOST])


def find_own_diagnostics(tree: Tree, snapshot: Snapshot) -> tuple[Diagnostic, ...]:
    """The syntax errors that the parser finds."""
    return tuple(
        Diagnostic(fault.start, fault.end, fault.message, source="syntax", severity="error")
        for fault in find_syntax_faults(tree, snapshot)
    )


def describe_task(request: ActionRequest, diagnostics: tuple[Diagnostic, ...]) -> str | Refusal:
    """The task in words, or why there is none."""
    if not diagnostics and not request.instruction:
        return Refusal(
            "There is no diagnostic here and the syntax is right; select the place of a diagnostic "
            "or say what is wrong."
        )
    task = "Fix the diagnostics with the smallest change that mends their cause."
    if not diagnostics:
        task = "Fix what is described here with the smallest change."
    return f"{task} {request.instruction}".strip()


def describe_diagnostic(diagnostic: Diagnostic, snapshot: Snapshot) -> str:
    """One diagnostic in a line, with the line of code it speaks of."""
    label = " ".join(part for part in (diagnostic.source, diagnostic.code) if part)
    message = keep_beginning(" ".join(diagnostic.message.split()), _MAX_CHARACTERS)
    code = keep_beginning(snapshot.line_text(diagnostic.start.line).strip(), 200)
    parts = [f"{diagnostic.severity or 'error'}{f' [{label}]' if label else ''}: {message}"]
    if code:
        parts.append(f"at the line: {code}")
    parts += [
        f"see {related.path}, line {related.line + 1}: "
        f"{keep_beginning(' '.join(related.message.split()), _MAX_CHARACTERS)}"
        for related in diagnostic.related[:5]
    ]
    return "; ".join(parts)
