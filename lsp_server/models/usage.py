"""Tokens and money of this run."""

from __future__ import annotations

from dataclasses import dataclass

from lsp_server.completion.stream import Answer
from lsp_server.models.catalogue import load_catalogue
from lsp_server.prompt.base import FimPrompt, PartialPrompt, Prompt
from lsp_server.prompt.tokens import estimate_tokens
from lsp_server.provider.base import Usage


@dataclass(frozen=True, slots=True)
class Spent:
    """One request's tokens, and its cost in the model's currency (0 where no price is known)."""

    tokens: int
    cost: float


@dataclass(slots=True)
class Spending:
    """The sum of this run."""

    tokens: int = 0
    cost: float = 0.0

    def add(self, spent: Spent) -> None:
        """Count one request."""
        self.tokens += spent.tokens
        self.cost += spent.cost


def count_usage(model: str, prompt: Prompt, answer: Answer) -> Spent:
    """What a request used: as the endpoint counted, estimated where the stream was cut short."""
    usage = answer.usage or Usage(
        estimate_tokens(_prompt_text(prompt)), estimate_tokens(answer.text)
    )
    cost = load_catalogue().find(model).cost(usage.input, usage.output)
    return Spent(usage.input + usage.output, cost or 0.0)


def _prompt_text(prompt: Prompt) -> str:
    match prompt:
        case FimPrompt():
            return prompt.text
        case PartialPrompt():
            return "".join(message.content for message in prompt.messages)
        case _:
            return prompt.prefix + prompt.suffix + "".join(text for _, text in prompt.extra)
