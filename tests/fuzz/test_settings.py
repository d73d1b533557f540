"""Settings of any shape: a key keeps its default or takes a value of its kind; nothing raises."""

from __future__ import annotations

import os

from hypothesis import given, settings
from hypothesis import strategies as st

from lsp_server.settings import OPTIONS, Layer, resolve_settings

EXAMPLES = 20_000 if "FUZZ_SECONDS" in os.environ else 400
KEYS = st.sampled_from([option.key for option in OPTIONS]) | st.text(max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(KEYS, VALUES, max_size=6), st.dictionaries(KEYS, VALUES, max_size=3))
@settings(max_examples=EXAMPLES, deadline=None, derandomize=True)
def test_any_tree_makes_settings(strong: dict[str, object], weak: dict[str, object]) -> None:
    layers = [Layer("the editor", strong), Layer("the options", weak, may_hold_key=True)]
    resolved = resolve_settings(layers)
    again = resolve_settings(layers)
    assert again == resolved
    assert all(problem.endswith(".") for problem in resolved.problems)
    key = weak.get("apiKey")
    assert resolved.settings.api_key in {None, key.strip() if isinstance(key, str) else None}
    assert 128 <= resolved.settings.completion.max_prompt_tokens <= 32_000
