"""The models' control tokens: made harmless in what is sent, brought back in what returns."""

from __future__ import annotations

import re

# Qwen's tokens have the form `<|name|>`, as have those that its small models are known to leak.
# CodeQwen1.5 writes its own without the pipes.
_CONTROL = re.compile(r"<\|([a-z0-9_]{1,32})\|>|<(fim_(?:prefix|middle|suffix|pad))>")
_HARMLESS = re.compile(r"<¦([a-z0-9_]{1,32})(¦?)>")


def make_plain(text: str) -> str:
    """`text` as it may stand in a prompt: with "\\n" line ends and no control token."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return neutralise(text)


def neutralise(text: str) -> str:
    """`text` in which no control token stands: `<|name|>` becomes `<¦name¦>`.

    User code may hold such tokens as plain text, where they would steer the model.
    """
    if "<" not in text:
        return text
    return _CONTROL.sub(_make_harmless, text)


def restore(text: str) -> str:
    """Undo `neutralise` in an answer that copies such a token from the user's code."""
    return _HARMLESS.sub(_bring_back, text) if "¦" in text else text


def cut_at_control_token(text: str) -> str:
    """`text` up to its first control token; past it a model talks to itself."""
    match = _CONTROL.search(text)
    return text[: match.start()] if match else text


def _make_harmless(match: re.Match[str]) -> str:
    return f"<¦{match.group(1)}¦>" if match.group(1) else f"<¦{match.group(2)}>"


def _bring_back(match: re.Match[str]) -> str:
    return f"<|{match.group(1)}|>" if match.group(2) else f"<{match.group(1)}>"
