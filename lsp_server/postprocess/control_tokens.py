"""Control tokens in an answer: the model has begun to talk to itself."""

from __future__ import annotations

from lsp_server.postprocess.base import Place
from lsp_server.prompt.special import cut_at_control_token, restore


def cut_control_tokens(text: str, _place: Place) -> str:
    """Cut at the first control token; bring back those that the prompt had made harmless."""
    return restore(cut_at_control_token(text))
