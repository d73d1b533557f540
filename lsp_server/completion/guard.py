"""The cursor's own line leaves in two halves, so that it is looked at while it is whole."""

from __future__ import annotations

from dataclasses import replace

from lsp_server.context.base import Context
from lsp_server.privacy.cursor import split_redacted
from lsp_server.provider.errors import Action, Fault, ProviderError

# Says that nothing was asked, which is no fault of the endpoint's.
IN_SECRET = "in_secret"
_IN_SECRET = Fault(
    Action.QUIET,
    "The cursor stands in what looks like a secret, so no model is asked "
    "(qwen.privacy.redactSecrets).",
    IN_SECRET,
)


def guard_cursor(context: Context) -> Context:
    """The context without the secrets that its two halves make together.

    Raises `ProviderError` where the cursor stands in a secret: what a model would go on with is
    the secret itself.
    """
    halves = split_redacted(context.prefix, context.suffix, context.language)
    if halves is None:
        raise ProviderError(_IN_SECRET)
    return replace(context, prefix=halves[0], suffix=halves[1])
