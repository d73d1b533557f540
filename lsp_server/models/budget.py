"""Daily budgets: past one, automatic completions come from the embedded engine."""

from __future__ import annotations

from collections.abc import Callable

from lsp_server.models.ledger import Today
from lsp_server.settings import Budget


def over_budget(budget: Budget, read_today: Callable[[], Today]) -> str | None:
    """The sentence to tell the user once, None while there is something left.

    `budget.dailyCost` names no currency, so each currency's amount is held against it by itself.
    The sentence is the same for the whole day: it names the budget, not what was spent.
    """
    if budget == Budget():
        return None
    today = read_today()
    if budget.daily_tokens is not None and today.tokens >= budget.daily_tokens:
        return _describe(f"{budget.daily_tokens:,} tokens", "dailyTokens")
    if budget.daily_cost is not None and today.amount() >= budget.daily_cost:
        currency = max(today.cost, key=lambda name: today.cost[name], default="")
        return _describe(f"{budget.daily_cost:g} {currency}".strip(), "dailyCost")
    return None


def _describe(amount: str, key: str) -> str:
    return (
        f"Today's budget of {amount} (qwen.budget.{key}) is used up: until midnight automatic "
        "suggestions come from the embedded engine; a suggestion asked for by hand still comes "
        "from the model."
    )
