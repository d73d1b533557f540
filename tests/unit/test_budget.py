"""Daily budgets: when they are used up, and what is said then."""

from __future__ import annotations

import pytest

from lsp_server.models.budget import over_budget
from lsp_server.models.ledger import Today
from lsp_server.settings import Budget

TODAY = Today(1000, {"CNY": 0.5, "USD": 0.1})
TOKENS, COST = "qwen.budget.dailyTokens", "qwen.budget.dailyCost"


@pytest.mark.parametrize(
    ("budget", "today", "expected"),
    [
        (Budget(), TODAY, None),
        (Budget(daily_tokens=1001), TODAY, None),
        (Budget(daily_tokens=1000), TODAY, f"1,000 tokens ({TOKENS})"),
        (Budget(daily_tokens=0), Today(), f"0 tokens ({TOKENS})"),
        (Budget(daily_cost=0.6), TODAY, None),
        # Two currencies have no sum: 0.5 and 0.1 are not 0.6.
        (Budget(daily_cost=0.51), TODAY, None),
        (Budget(daily_cost=0.5), TODAY, f"0.5 CNY ({COST})"),
        (Budget(daily_cost=0.1), Today(5, {"USD": 0.1}), f"0.1 USD ({COST})"),
        (Budget(daily_cost=0.0), Today(), f"0 ({COST})"),
        (Budget(daily_cost=1.0), Today(10**9), None),
        (Budget(daily_tokens=1, daily_cost=0.1), TODAY, f"1 tokens ({TOKENS})"),
        (Budget(daily_tokens=9999, daily_cost=0.1), TODAY, f"0.1 CNY ({COST})"),
    ],
)
def test_over_budget(budget: Budget, today: Today, expected: str | None) -> None:
    sentence = over_budget(budget, lambda: today)
    assert (sentence is None) == (expected is None)
    if sentence is not None and expected is not None:
        assert sentence.startswith(f"Today's budget of {expected} is used up")


def test_the_sentence_stays_the_same_all_day() -> None:
    budget = Budget(daily_tokens=1000)
    other = Today(5000, {"USD": 3.0})
    assert over_budget(budget, lambda: TODAY) == over_budget(budget, lambda: other)
