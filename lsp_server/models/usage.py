"""Tokens and money of this run."""

from __future__ import annotations

from dataclasses import dataclass

from lsp_server.models.catalogue import load_catalogue


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


def count_usage(model: str, input_tokens: int, output_tokens: int) -> Spent:
    """What a request to a model used."""
    cost = load_catalogue().find(model).cost(input_tokens, output_tokens)
    return Spent(input_tokens + output_tokens, cost or 0.0)
