"""workspace/executeCommand: qwen.why, qwen.status, qwen.toggle, qwen.completionAccepted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lsp_server.session import Session
from lsp_server.status import describe_status


def why(session: Session, arguments: Sequence[Any]) -> Mapping[str, object]:
    """The fate of the last request for a document: `{outcome, reason, engine, model, ms}`."""
    uri = _argument(arguments).get("uri")
    last = session.explain_last(uri if isinstance(uri, str) else None)
    if last is None:
        return {
            "outcome": "none",
            "reason": "Nothing was asked for this document yet.",
            "engine": None,
            "model": None,
            "ms": 0,
        }
    return {
        "outcome": last.fate,
        "reason": last.reason,
        "engine": last.engine or None,
        "model": last.model,
        "ms": last.ms,
    }


def status(session: Session, _arguments: Sequence[Any]) -> Mapping[str, object]:
    """What the status bar shows, and how far the index is."""
    index = session.index.state
    return {
        **describe_status(session.status()),
        "index": {"reading": index.is_reading, "done": index.done, "total": index.total},
    }


def toggle(session: Session, arguments: Sequence[Any]) -> Mapping[str, object]:
    """Switch ghost text off or on: `{scope: "all" | "language", language?, uri?}`."""
    argument = _argument(arguments)
    language = argument.get("language")
    document = session.documents.get(str(argument.get("uri")))
    if language is None and document is not None:
        language = document.buffer.snapshot().language
    if argument.get("scope", "all") == "language" and not language:
        language = session.last_language
    return describe_status(session.toggle(str(argument.get("scope", "all")), language))


def completion_accepted(session: Session, arguments: Sequence[Any]) -> None:
    """The editor took a suggestion."""
    argument = _argument(arguments)
    session.note_accepted(argument.get("uri"), argument.get("engine"))


def _argument(arguments: Sequence[Any]) -> Mapping[str, Any]:
    """The one object that our commands take; a bare URI is understood as well."""
    first = arguments[0] if arguments else None
    if isinstance(first, str):
        return {"uri": first}
    return first if isinstance(first, Mapping) else {}
