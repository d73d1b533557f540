"""textDocument/codeAction: what can be asked of a model here, each as a command."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lsprotocol import types

from lsp_server.actions.base import Kind
from lsp_server.session import Session

# Command, title and kind, in the order of the menu.
ACTIONS: Mapping[Kind, tuple[str, str, str]] = {
    "fix": ("qwen.fix", "Fix with Qwen", types.CodeActionKind.QuickFix.value),
    "refactor": (
        "qwen.refactor",
        "Refactor with Qwen…",
        types.CodeActionKind.RefactorRewrite.value,
    ),
    "doc": ("qwen.doc", "Document with Qwen", types.CodeActionKind.RefactorRewrite.value),
    "test": ("qwen.test", "Write tests with Qwen", types.CodeActionKind.RefactorRewrite.value),
    "explain": ("qwen.explain", "Explain with Qwen", "qwen.explain"),
}
KINDS = tuple(dict.fromkeys(kind for _, _, kind in ACTIONS.values()))


def code_action(
    session: Session, params: types.CodeActionParams, client: types.ClientCapabilities
) -> list[types.CodeAction | types.Command]:
    """The actions for a range; none for a document that is not open."""
    uri = params.text_document.uri
    if uri not in session.documents:
        return []
    diagnostics = [one for one in params.context.diagnostics if _touches(one.range, params.range)]
    text_document = client.text_document
    support = text_document.code_action if text_document else None
    knows_literals = support is not None and support.code_action_literal_support is not None
    found: list[types.CodeAction | types.Command] = []
    for kind, (name, title, action_kind) in ACTIONS.items():
        if not _is_wanted(action_kind, params.context.only) or (kind == "fix" and not diagnostics):
            continue
        argument: dict[str, object] = {"uri": uri, "range": describe_range(params.range)}
        if kind == "fix":
            argument["diagnostics"] = [_describe_diagnostic(one) for one in diagnostics]
        command = types.Command(title=title, command=name, arguments=[argument])
        if not knows_literals:
            found.append(command)
            continue
        found.append(
            types.CodeAction(
                title=title,
                kind=action_kind,
                command=command,
                diagnostics=diagnostics if kind == "fix" else None,
                tags=[types.CodeActionTag.LlmGenerated] if _knows_tag(support) else None,
            )
        )
    return found


def describe_range(place: types.Range) -> dict[str, object]:
    """A range as JSON."""
    return {
        "start": {"line": place.start.line, "character": place.start.character},
        "end": {"line": place.end.line, "character": place.end.character},
    }


def _is_wanted(kind: str, only: Sequence[types.CodeActionKind | str] | None) -> bool:
    """Whether a kind is one of those asked for, or below one of them."""
    if not only:
        return True
    names = [str(getattr(one, "value", one)) for one in only]
    return any(not name or kind == name or kind.startswith(f"{name}.") for name in names)


def _touches(one: types.Range, other: types.Range) -> bool:
    return _key(one.start) <= _key(other.end) and _key(other.start) <= _key(one.end)


def _key(place: types.Position) -> tuple[int, int]:
    return place.line, place.character


def _knows_tag(support: types.CodeActionClientCapabilities | None) -> bool:
    return (
        support is not None
        and support.tag_support is not None
        and types.CodeActionTag.LlmGenerated in support.tag_support.value_set
    )


def _describe_diagnostic(diagnostic: types.Diagnostic) -> dict[str, object]:
    """A diagnostic as JSON, without what only its owner can read (`data`)."""
    message = diagnostic.message
    described: dict[str, object] = {
        "range": describe_range(diagnostic.range),
        "message": message if isinstance(message, str) else message.value,
    }
    if diagnostic.code is not None:
        described["code"] = diagnostic.code
    if diagnostic.source:
        described["source"] = diagnostic.source
    if diagnostic.severity is not None:
        described["severity"] = diagnostic.severity.value
    if diagnostic.related_information:
        described["relatedInformation"] = [
            {
                "location": {
                    "uri": related.location.uri,
                    "range": describe_range(related.location.range),
                },
                "message": related.message,
            }
            for related in diagnostic.related_information
        ]
    return described
