"""Partial mode: the assistant's own message is begun with the prefix, and the model goes on.

The mode knows no suffix, so that stands in the user's message. The prefix opens a code fence, and
the answer ends where the model closes it.
"""

from __future__ import annotations

import re

from lsp_server.context.base import Context
from lsp_server.prompt.base import Message, PartialPrompt
from lsp_server.prompt.special import neutralise

_SYSTEM = (
    "You complete code inside an editor. Go on from the exact end of the text you have begun, "
    "with code alone: no explanation, nothing repeated. Write only what is missing at the cursor, "
    "keep the file's style and indentation, and stop where the text after the cursor takes over."
)


def build_partial_prompt(context: Context) -> PartialPrompt:
    """System rules, one user message with everything stable first, and the begun answer."""
    prefix, suffix = neutralise(context.prefix), neutralise(context.suffix)
    snippets = [neutralise(snippet.text) for snippet in context.snippets]
    fence = _fence(prefix, suffix, *snippets)
    parts = [f"File: {neutralise(context.path)} ({context.language})"]
    parts += [
        f"From {neutralise(snippet.path)}:\n{fence}\n{text}\n{fence}"
        for snippet, text in zip(context.snippets, snippets, strict=True)
    ]
    if suffix.strip():
        parts.append(f"After the cursor stands:\n{fence}\n{suffix}\n{fence}")
    parts.append("Write the file up to the cursor and go on with what is missing there.")
    return PartialPrompt(
        (
            Message("system", _SYSTEM),
            Message("user", "\n\n".join(parts)),
            Message("assistant", f"{fence}{context.language}\n{prefix}"),
        ),
        (f"\n{fence}",),
    )


def _fence(*texts: str) -> str:
    """A fence longer than any run of backticks in the texts, as Markdown asks."""
    longest = max((len(run) for text in texts for run in re.findall(r"`{3,}", text)), default=2)
    return "`" * (longest + 1)
