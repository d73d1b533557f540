"""What the catalogue tells of prices, sampling and thinking."""

from __future__ import annotations

import pytest

from lsp_server.actions.region import MAX_READ_TOKENS
from lsp_server.models.catalogue import Model, Sampling, Tier, load_catalogue, parse_catalogue

CATALOGUE = load_catalogue()
TIERS = (Tier(1000, 1.0, 2.0), Tier(5000, 3.0, 4.0))


@pytest.mark.parametrize(
    ("ratio", "used", "expected"),
    [
        (0.2, (1000, 0, 0), 1000e-6),
        (0.2, (1000, 0, 500), 600e-6),
        (0.2, (1000, 10, 1000), 220e-6),
        (0.2, (1000, 0, 9000), 200e-6),
        (1.0, (1000, 0, 500), 1000e-6),
        # What comes from the cache counts for the tier all the same.
        (0.2, (2000, 0, 1500), (500 + 300) * 3e-6),
        (0.2, (6000, 0, 6000), None),
    ],
)
def test_cached_input_costs_less(
    ratio: float, used: tuple[int, int, int], expected: float | None
) -> None:
    cost = Model("a", prices=TIERS, cached_ratio=ratio).cost(*used)
    assert cost == (None if expected is None else pytest.approx(expected))


def test_hosted_models_with_an_implicit_cache() -> None:
    for name in ("qwen3-coder-flash", "qwen3-coder-plus", "qwen3.7-plus"):
        assert CATALOGUE.find(name).cached_ratio == 0.2
    assert CATALOGUE.find("qwen2.5-coder:7b").cached_ratio == 1.0


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (Model("a", prices=TIERS), 1000),
        (Model("a", prices=TIERS, max_input=800, context=1200), 800),
        (Model("a", max_input=800, context=1200), 800),
        (Model("a", context=1200), 1200),
        (Model("a"), None),
        (CATALOGUE.find("qwen3-coder-plus"), 32768),
        (CATALOGUE.find("qwen-coder-plus"), 129024),
        (CATALOGUE.find("nobody's"), None),
    ],
)
def test_the_cheapest_tier(model: Model, expected: int | None) -> None:
    assert model.tier_limit() == expected


def test_the_prompts_of_actions_stay_in_it() -> None:
    catalogue = load_catalogue()
    limits = [catalogue.models[name].tier_limit() for name in catalogue.lanes["strong"]]
    # The region or the text read, the window around it, and what other files lend.
    assert all(limit is None or limit >= MAX_READ_TOKENS + 10_000 for limit in limits)


CODER = {"temperature": 0.7, "top_p": 0.8, "top_k": 20, "repetition_penalty": 1.05}
REASONER = {"temperature": 0.6, "top_p": 0.95}


@pytest.mark.parametrize(
    ("model_id", "expected"),
    [
        ("qwen3-coder-plus", CODER),
        ("qwen3-coder-480b-a35b-instruct", CODER),
        ("Qwen/Qwen3-Coder-30B-A3B-Instruct-FP8", CODER),
        ("qwen3-coder:30b", CODER),
        ("Qwen3_Coder-Q4_K_M.gguf", CODER),
        ("qwq-32b", REASONER),
        ("qwq:32b", REASONER),
        ("qwen-coder-plus", {}),
        ("qwen2.5-coder-32b-instruct", {}),
        ("llama3.1:8b", {}),
    ],
)
def test_sampling_for_chat(model_id: str, expected: dict[str, object]) -> None:
    assert CATALOGUE.find(model_id).sampling.parameters() == expected


def test_sampling_for_completion() -> None:
    assert CATALOGUE.completion == Sampling(temperature=0.0)
    source = "[lanes]\n[completion]\ntemperature = 0.1\n[[model]]\nid = 'a'"
    assert parse_catalogue(source).completion == Sampling(temperature=0.1)
    assert parse_catalogue("[lanes]\n[[model]]\nid = 'a'").completion == Sampling(temperature=0.0)


ALWAYS = Model("a", thinks=True)
HYBRID = Model("a", hybrid=True, takes_budget=True, max_thinking=1000)
UNBUDGETED = Model("a", hybrid=True)


@pytest.mark.parametrize(
    ("model", "think", "budget", "expected"),
    [
        (Model("a"), True, 500, {}),
        (Model("a"), False, None, {}),
        (ALWAYS, True, 500, {}),
        (ALWAYS, False, None, {}),
        (HYBRID, False, None, {"enable_thinking": False}),
        (HYBRID, False, 500, {"enable_thinking": False}),
        (HYBRID, True, 0, {"enable_thinking": False}),
        (HYBRID, True, None, {"enable_thinking": True}),
        (HYBRID, True, 500, {"enable_thinking": True, "thinking_budget": 500}),
        (HYBRID, True, 5000, {"enable_thinking": True, "thinking_budget": 1000}),
        (UNBUDGETED, True, 500, {"enable_thinking": True}),
    ],
)
def test_thinking(
    model: Model, think: bool, budget: int | None, expected: dict[str, object]
) -> None:
    assert model.thinking_parameters(think=think, budget=budget) == expected


def test_the_reasoning_lane_thinks() -> None:
    models = [CATALOGUE.find(name) for name in CATALOGUE.lanes["reasoning"]]
    assert all(model.can_think for model in models)
    assert any(model.retires is None for model in models)
    assert CATALOGUE.find("qwq:32b").thinks
    assert not CATALOGUE.find("qwen3-coder:30b").can_think
