"""One question to one model, with retries; its stream is told of as it comes."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass

from tenacity import AsyncRetrying, RetryCallState

from lsp_server.actions.retry import choose_wait, give_up
from lsp_server.context.tokens import estimate_tokens
from lsp_server.prompt.base import ChatPrompt, Message
from lsp_server.provider.base import Provider, Request, Text, Usage
from lsp_server.provider.errors import Action, Fault, ProviderError, too_long_an_answer

# More characters than this for a token are no code: an answer without end.
_CHARACTERS_PER_TOKEN = 12
# How often progress is told, in characters.
_STEP = 80


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked. `max_tokens` bounds the answer; `thinks` and `budget` are about reasoning,
    `language` is that of the code."""

    messages: tuple[Message, ...]
    max_tokens: int
    thinks: bool = False
    budget: int | None = None
    language: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """All that came, and what it used."""

    text: str
    usage: Usage


async def ask_model(
    provider: Provider,
    model: str,
    question: Question,
    *,
    hear: Callable[[str, int], None],
    note_usage: Callable[[str, Usage], None],
    wait: Callable[[float], None] = lambda _seconds: None,
) -> Answer:
    """The model's answer. Raises `ProviderError` with the last fault.

    `hear` gets the text so far and the characters received, reasoning included. `wait` is told of
    each pause before a retry. Cancelling closes the connection.
    """
    retrying = AsyncRetrying(
        retry=lambda state: _pause(state) is not None,
        wait=lambda state: _pause(state) or 0.0,
        before_sleep=lambda state: wait(state.next_action.sleep if state.next_action else 0.0),
        reraise=True,
    )
    try:
        return await retrying(_ask_once, provider, model, question, hear, note_usage)
    except ProviderError as error:
        raise ProviderError(give_up(error.fault)) from None


def _pause(state: RetryCallState) -> float | None:
    """Seconds until the next try, None where there is none."""
    error = state.outcome.exception() if state.outcome else None
    if not isinstance(error, ProviderError):
        return None
    # Spreading the retries out needs no secrecy.
    return choose_wait(error.fault, state.attempt_number, random.random())


async def _ask_once(
    provider: Provider,
    model: str,
    question: Question,
    hear: Callable[[str, int], None],
    note_usage: Callable[[str, Usage], None],
) -> Answer:
    prompt = ChatPrompt(question.messages, question.thinks, question.budget)
    request = Request(model, prompt, question.max_tokens, language=question.language)
    limit = question.max_tokens * _CHARACTERS_PER_TOKEN
    pieces: list[str] = []
    usage: Usage | None = None
    received = told = kept = thoughts = 0
    try:
        async with aclosing(provider.stream(request)) as stream:
            async for piece in stream:
                if not isinstance(piece, Text):
                    usage = piece
                    continue
                pieces.append(piece.text)
                kept += len(piece.text)
                thoughts += piece.thoughts
                received += len(piece.text) + piece.thoughts
                if kept > limit or thoughts > 20 * limit:
                    raise ProviderError(too_long_an_answer(model, question.max_tokens))
                if received - told >= _STEP or not told:
                    told = received
                    hear("".join(pieces), received)
    finally:
        # What was generated is billed, whether or not its end was waited for.
        if usage is None and received:
            usage = _estimate(question, "".join(pieces), thoughts)
        if usage is not None:
            note_usage(model, usage)
    text = "".join(pieces)
    if usage is None or not text.strip():
        raise ProviderError(
            Fault(Action.RETRY, f"{model} answered with nothing; try again.", "empty")
        )
    return Answer(text, usage)


def _estimate(question: Question, text: str, thoughts: int) -> Usage:
    asked = sum(estimate_tokens(message.content) for message in question.messages)
    return Usage(asked, estimate_tokens(text) + thoughts // 3)
