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
_BLANK = "\n\n"
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
    far = _find_start(prefix, max(0, len(prefix) - len(left) - _NEAR))
    end = _find_end(suffix, len(right) + _NEAR)
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


def _find_start(prefix: str, latest: int) -> int:
    """Where a paragraph begins, or at least a line: what was found in a whole one is remembered."""
    blank = prefix.rfind(_BLANK, max(0, latest - _NEAR), latest)
    return blank + len(_BLANK) if blank >= 0 else prefix.rfind("\n", 0, latest) + 1


def _find_end(suffix: str, earliest: int) -> int:
    """Where a paragraph ends, or at least a line."""
    ends = suffix.find(_BLANK, earliest, earliest + _NEAR), suffix.find("\n", earliest)
    return next((end for end in ends if end >= 0), len(suffix))
