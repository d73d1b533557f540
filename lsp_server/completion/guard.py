"""The cursor's own line leaves in two halves, so that it is looked at while it is whole."""

from __future__ import annotations

from dataclasses import replace

from lsp_server.context.base import Context
from lsp_server.privacy.cursor import split_redacted
from lsp_server.provider.errors import Action, Fault, ProviderError

# More of a line is looked at by what it holds alone.
_LONGEST = 20_000
# So many characters around the line belong to what may go on over several lines.
_NEAR = 1_500
# Says that nothing was asked, which is no fault of the endpoint's.
IN_SECRET = "in_secret"
_IN_SECRET = Fault(
    Action.QUIET,
    "The cursor stands in what looks like a secret, so no model is asked "
    "(qwen.privacy.redactSecrets).",
    IN_SECRET,
)


def guard_cursor(context: Context, left: str, right: str) -> Context:
    """The context without the secrets that its two halves make together.

    `left` and `right` are the cursor's whole line, of which a window may have cut off what tells.
    Raises `ProviderError` where the cursor stands in a secret: what a model would go on with is
    the secret itself.
    """
    left, right = left[-_LONGEST:], right[:_LONGEST]
    prefix, suffix = context.prefix, context.suffix
    # What stands further away leaves in whole lines, and is looked at on the way out.
    far = prefix.rfind("\n", 0, max(0, len(prefix) - len(left) - _NEAR)) + 1
    end = suffix.find("\n", len(right) + _NEAR)
    end = len(suffix) if end < 0 else end
    before = prefix[far:] if prefix.endswith(left) else left
    after = suffix[:end] if suffix.startswith(right) else right
    halves = split_redacted(before, after, context.language)
    if halves is None:
        raise ProviderError(_IN_SECRET)
    before, after = halves
    if not prefix.endswith(left):
        far, before = 0, before[len(before) - min(len(prefix), len(before)) :]
    if not suffix.startswith(right):
        end, after = len(suffix), after[: len(suffix)]
    return replace(context, prefix=prefix[:far] + before, suffix=after + suffix[end:])
