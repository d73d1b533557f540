"""The way out: what any provider sends has lost its secrets here, whoever has asked and for what.

It stands before the wire and not before the prompt, so that no source of text, form of prompt or
turn of a conversation can go round it: `discover.make_provider` is who makes providers.
"""

from __future__ import annotations

import asyncio
import functools
import logging
import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

from lsp_server.privacy.secrets import redact
from lsp_server.prompt.base import (
    ChatPrompt,
    FimPrompt,
    Form,
    InfillPrompt,
    Message,
    PartialPrompt,
    Prompt,
)
from lsp_server.provider.base import Endpoint, Piece, Provider, Request
from lsp_server.provider.errors import Action, Fault, ProviderError

_log = logging.getLogger(__name__)

# In characters: so much is searched in some five milliseconds, and what is longer in a thread.
_LONG = 25_000
# No text of the user's holds one any more, so that these are the prompt's own.
_CONTROL = re.compile(r"(<\|[a-z0-9_]{1,32}\|>)")


class Redacting:
    """A provider that sends no secrets. See `provider.base.Provider`."""

    def __init__(self, inner: Provider) -> None:
        self._inner = inner

    @property
    def endpoint(self) -> Endpoint:
        return self._inner.endpoint

    def forms(self, model: str) -> tuple[Form, ...]:
        return self._inner.forms(model)

    async def prepare(self) -> None:
        await self._inner.prepare()

    async def stream(self, request: Request) -> AsyncGenerator[Piece, None]:
        """Raises `ProviderError` also where the prompt cannot be redacted: it is not sent."""
        try:
            if _measure(request.prompt) > _LONG:
                prompt = await asyncio.to_thread(redact_prompt, request.prompt, request.language)
            else:
                prompt = redact_prompt(request.prompt, request.language)
        except Exception as error:
            _log.error("a prompt could not be redacted: %s", type(error).__name__)
            raise ProviderError(_UNREDACTED) from None
        async with aclosing(self._inner.stream(replace(request, prompt=prompt))) as pieces:
            async for piece in pieces:
                yield piece

    async def list_models(self) -> tuple[str, ...]:
        return await self._inner.list_models()

    async def close(self) -> None:
        await self._inner.close()


_RULE = (
    "Names such as REDACTED_1f2e3d4c5b stand for secrets that you are not shown: where code that "
    "holds one stays, copy it letter by letter."
)
_UNREDACTED = Fault(
    Action.QUIET,
    "The text could not be searched for secrets, so it was not sent.",
    "redaction",
)


def redact_prompt(prompt: Prompt | ChatPrompt, language: str = "") -> Prompt | ChatPrompt:
    """The prompt as it may be sent; its own control tokens stay."""
    match prompt:
        case FimPrompt():
            parts = _CONTROL.split(prompt.text)
            # Every second part is a token.
            parts[::2] = [_redact_part(part, language) for part in parts[::2]]
            return replace(prompt, text="".join(parts))
        case InfillPrompt():
            extra = tuple(
                (_redact_part(path, language), _redact_part(text, language))
                for path, text in prompt.extra
            )
            prefix = _redact_part(prompt.prefix, language)
            suffix = _redact_part(prompt.suffix, language)
            return replace(prompt, prefix=prefix, suffix=suffix, extra=extra)
        case PartialPrompt():
            return replace(prompt, messages=_redact_messages(prompt.messages, language))
        case ChatPrompt():
            messages = _redact_messages(prompt.messages, language)
            if messages != prompt.messages:
                messages = _add_rule(messages)
            return replace(prompt, messages=messages)


@functools.lru_cache(maxsize=256)
def _redact_part(text: str, language: str) -> str:
    """One file's part of a prompt: snippets stay the same from one request to the next."""
    return redact(text, language).text


def _measure(prompt: Prompt | ChatPrompt) -> int:
    match prompt:
        case FimPrompt():
            return len(prompt.text)
        case InfillPrompt():
            texts = [prompt.prefix, prompt.suffix, *(text for _, text in prompt.extra)]
            return sum(map(len, texts))
        case PartialPrompt() | ChatPrompt():
            return sum(len(message.content) for message in prompt.messages)


def _redact_messages(messages: tuple[Message, ...], language: str) -> tuple[Message, ...]:
    return tuple(
        replace(message, content=redact(message.content, language).text) for message in messages
    )


def _add_rule(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """The messages whose rules say what placeholders are, so that a rewritten region keeps them."""
    return tuple(
        replace(message, content=f"{message.content} {_RULE}")
        if message.role == "system"
        else message
        for message in messages
    )
