"""Refactor: by the user's instruction, or for plainness."""

from __future__ import annotations

from lsp_server.actions.base import ActionRequest

_DEFAULT = (
    "Make this code simpler and clearer: better names for local things, less nesting, no "
    "repetition, the language's own means."
)


def describe_task(request: ActionRequest) -> str:
    """The task in words."""
    wish = request.instruction or _DEFAULT
    return (
        f"Refactor the region: {wish} Behaviour, public names and signatures stay as they are "
        "unless this asks for another."
    )
