"""Partial mode: the assistant's own message is begun with the prefix, and the model goes on.

The mode knows no suffix, so that stands in the user's message. The prefix opens a code fence, and
the answer ends where the model closes it.
"""

from __future__ import annotations

from lsp_server.context.base import Context
from lsp_server.prompt.base import Message, PartialPrompt
from lsp_server.prompt.fence import choose_fence
from lsp_server.prompt.special import make_plain

_SYSTEM = (
    "You complete code inside an editor. Go on from the exact end of the text you have begun, "
    "with code alone: no explanation, nothing repeated. Write only what is missing at the cursor, "
    "keep the file's style and indentation, and stop where the text after the cursor takes over."
)


def build_partial_prompt(context: Context) -> PartialPrompt:
    """System rules, one user message with everything stable first, and the begun answer."""
    prefix, suffix = make_plain(context.prefix), make_plain(context.suffix)
    snippets = [make_plain(snippet.text) for snippet in context.snippets]
    fence = choose_fence(context.language, prefix, suffix, *snippets)
    parts = [f"File: {make_plain(context.path)} ({context.language})"]
    parts += [
        f"From {make_plain(snippet.path)}:\n{fence}\n{text}\n{fence}"
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
