"""The catalogue: what ships is sound, and ids are understood as servers spell them."""

from __future__ import annotations

import pytest

from lsp_server.models.catalogue import (
    Lane,
    choose_served,
    is_coder,
    load_catalogue,
    parse_catalogue,
)

CATALOGUE = load_catalogue()


def test_each_lane_is_a_chain_of_known_models() -> None:
    assert set(CATALOGUE.lanes) == {"fast", "strong", "reasoning"}
    for chain in CATALOGUE.lanes.values():
        assert chain
        assert len(set(chain)) == len(chain)
        assert set(chain) <= set(CATALOGUE.models)


def test_ghost_text_comes_from_models_that_do_not_always_think() -> None:
    assert not any(CATALOGUE.find(model).thinks for model in CATALOGUE.lanes["fast"])


def test_a_chain_does_not_end_with_its_models() -> None:
    for chain in CATALOGUE.lanes.values():
        if chain != CATALOGUE.lanes["reasoning"]:
            assert any(CATALOGUE.find(model).retires is None for model in chain)


@pytest.mark.parametrize("model", CATALOGUE.models.values(), ids=lambda model: model.id)
def test_each_entry_is_sound(model: object) -> None:
    entry = CATALOGUE.find(model.id)  # type: ignore[attr-defined]
    assert entry.hosted or entry.local
    assert (entry.currency is None) == (not entry.prices)
    assert [tier.up_to for tier in entry.prices] == sorted({tier.up_to for tier in entry.prices})
    assert entry.context is None or (entry.max_input or 0) <= entry.context
    assert not (entry.thinks and entry.hybrid)


@pytest.mark.parametrize(
    ("model_id", "expected"),
    [
        ("qwen-coder-turbo", True),
        ("qwen2.5-coder-7b-instruct", True),
        ("Qwen/Qwen2.5-Coder-7B-Instruct", True),
        ("Qwen2.5-Coder-1.5B-Q8_0.gguf", True),
        ("qwen2.5-coder:7b", True),
        ("hf.co/unsloth/Qwen3-Coder-30B-A3B-Instruct-GGUF:Q4_K_M", True),
        ("qwen3-coder-next", True),
        ("Qwen3_Coder", True),
        ("qwen3.7-plus", False),
        ("qwq-32b", False),
        ("codeqwen1.5-7b", False),
        ("deepseek-coder-6.7b", False),
        ("llama3.1:8b", False),
        ("", False),
    ],
)
def test_coders(model_id: str, expected: bool) -> None:
    assert is_coder(model_id) is expected


@pytest.mark.parametrize(
    ("lane", "expected"),
    [
        ("fast", ("coder:1.5b", "coder:7b", "coder", "coder-32B-Q4", "coder:0.5b")),
        ("strong", ("coder-32B-Q4", "coder", "coder:7b", "coder:1.5b", "coder:0.5b")),
    ],
)
def test_among_the_models_served(lane: Lane, expected: tuple[str, ...]) -> None:
    served = ["coder:0.5b", "coder", "coder:7b", "llama3.1:8b", "coder-32B-Q4", "coder:1.5b"]
    served = [name.replace("coder", "qwen2.5-coder") for name in served]
    assert choose_served(served, lane) == tuple(
        name.replace("coder", "qwen2.5-coder") for name in expected
    )


def test_an_unknown_model_gets_what_its_name_tells() -> None:
    assert CATALOGUE.find("Qwen2.5-Coder-7B-Q4.gguf").fim == "local"
    unknown = CATALOGUE.find("llama3.1:8b")
    assert (unknown.id, unknown.fim, unknown.prices) == ("llama3.1:8b", None, ())


SOURCE = """
[lanes]
fast = ["a"]
[[model]]
id = "a"
currency = "USD"
prices = [{ up_to = 1000, input = 1.0, output = 2.0 }, { up_to = 5000, input = 3.0, output = 4.0 }]
"""


@pytest.mark.parametrize(
    ("used", "cost"),
    [
        ((0, 0), 0.0),
        ((1000, 1000), 0.003),
        ((1001, 1000), 0.007003),
        ((5000, 0), 0.015),
        ((5001, 0), None),
    ],
)
def test_cost_by_tier(used: tuple[int, int], cost: float | None) -> None:
    found = parse_catalogue(SOURCE).find("a").cost(*used)
    assert found == (cost if cost is None else pytest.approx(cost))


@pytest.mark.parametrize(
    ("source", "error"),
    [
        (SOURCE.replace('["a"]', '["b"]'), ValueError),
        (SOURCE + "colour = 1", TypeError),
        (SOURCE.replace("up_to", "below"), TypeError),
        ("[lanes", ValueError),
    ],
)
def test_a_broken_catalogue_is_an_error(source: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        parse_catalogue(source)
