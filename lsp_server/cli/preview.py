"""What a code action would send, for the user's eyes. Nothing is sent, and no endpoint is looked
for."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from rich.text import Text

from lsp_server.actions.base import ActionRequest, Refusal
from lsp_server.cli.desk import open_desk
from lsp_server.cli.session import read_index, read_settings
from lsp_server.cli.terminal import (
    make_printable,
    open_output,
    print_json,
    print_prose,
    show_progress,
)
from lsp_server.context.tokens import estimate_tokens
from lsp_server.errors import UserError
from lsp_server.prompt.base import ChatPrompt, Message
from lsp_server.provider.redacting import redact_prompt
from lsp_server.settings import Resolved

_NOTHING = 1


def show_prompt(request: ActionRequest, *, as_json: bool) -> int:
    """Show the messages of a request, secrets replaced; raises `UserError` where there are none.

    As JSON: `{"tokens", "messages": [{"role", "content"}]}`; the tokens are an estimate.
    """
    messages = asyncio.run(_prepare(request, read_settings()))
    tokens = sum(estimate_tokens(message.content) for message in messages)
    if as_json:
        told = [{"role": message.role, "content": message.content} for message in messages]
        print_json({"tokens": tokens, "messages": told})
        return 0
    console = open_output()
    print_prose(console, f"about {tokens:,} tokens")
    for message in messages:
        print_prose(console, Text(f"\n── {message.role}", style="bold"))
        for line in message.content.split("\n"):
            console.print(Text(make_printable(line)), soft_wrap=True)
    return 0


async def _prepare(request: ActionRequest, resolved: Resolved) -> tuple[Message, ...]:
    settings = replace(resolved.settings, provider="embedded")
    async with open_desk(request, replace(resolved, settings=settings)) as (session, desk, asked):
        with show_progress("Reading the project …"):
            await read_index(session)
        job = await desk.prepare(asked)
    if isinstance(job, Refusal):
        raise UserError(job.reason, _NOTHING)
    prompt = ChatPrompt(job.build_messages())
    if not settings.privacy.redact_secrets:
        return prompt.messages
    redacted = redact_prompt(prompt, job.snapshot.language)
    assert isinstance(redacted, ChatPrompt)
    return redacted.messages
