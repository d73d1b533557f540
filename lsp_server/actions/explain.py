"""Explain: what code does and why, as Markdown that can do no harm."""

from __future__ import annotations

from lsp_server.actions.base import ActionRequest


def describe_task(request: ActionRequest) -> str:
    """The task in words."""
    wish = f" {request.instruction}" if request.instruction else ""
    return (
        "Explain the code to a programmer who has not seen it: what it is for, how it goes about "
        f"it, and what is surprising or likely to be wrong. Be short.{wish}"
    )


def title_of(path: str) -> str:
    """What an explanation is called."""
    return f"Explanation of {path.rpartition('/')[2]}"
