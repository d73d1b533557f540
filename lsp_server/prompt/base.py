"""The forms a prompt can take; a provider says which of them it sends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Form = Literal["fim", "partial", "infill"]


@dataclass(frozen=True, slots=True)
class FimPrompt:
    """Raw fill-in-the-middle text with control tokens, for a completions endpoint."""

    text: str
    stop: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Message:
    """One chat message."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class PartialPrompt:
    """Chat messages whose last one is the assistant's own beginning, to be continued."""

    messages: tuple[Message, ...]
    stop: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InfillPrompt:
    """Prefix, suffix and other files, for endpoints that build the prompt themselves."""

    prefix: str
    suffix: str
    extra: tuple[tuple[str, str], ...] = ()
    stop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ChatPrompt:
    """Chat messages to be answered by a message of the model's own, as the code actions ask.

    `thinks` asks a model that can choose to reason first, `thinking_budget` bounds that in tokens.
    """

    messages: tuple[Message, ...]
    thinks: bool = False
    thinking_budget: int | None = None
    stop: tuple[str, ...] = ()


# The forms for ghost text, of which an endpoint takes some. Chat is taken by all.
Prompt: TypeAlias = FimPrompt | PartialPrompt | InfillPrompt
