"""The models' control tokens: made harmless in what is sent, brought back in what returns."""

from __future__ import annotations

import re

# Qwen's control tokens by facts of its tokenizer, those of its older families, and what the small
# models are known to leak. The form `<|name|>` covers them all; the last three have none.
_CONTROL = re.compile(r"<\|([a-z0-9_]{1,32})\|>|<(fim_(?:prefix|middle|suffix|pad))>")
_HARMLESS = re.compile(r"<¦([a-z0-9_]{1,32})¦>")


def neutralise(text: str) -> str:
    """`text` in which no control token stands: `<|name|>` becomes `<¦name¦>`.

    User code may hold such tokens as plain text, where they would steer the model.
    """
    if "<" not in text:
        return text
    return _CONTROL.sub(lambda match: f"<¦{match.group(1) or match.group(2)}¦>", text)


def restore(text: str) -> str:
    """Undo `neutralise` in an answer that copies such a token from the user's code."""
    return _HARMLESS.sub(r"<|\1|>", text) if "¦" in text else text


def cut_at_control_token(text: str) -> str:
    """`text` up to its first control token; past it a model talks to itself."""
    match = _CONTROL.search(text)
    return text[: match.start()] if match else text
