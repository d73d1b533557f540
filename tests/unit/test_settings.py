"""Settings: every option, every wrong value, and who wins."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

import pytest

from lsp_server.settings import OPTIONS, Layer, Option, Settings, resolve_settings

BY_KEY = {option.key: option for option in OPTIONS}

GOOD: list[tuple[str, Any, Any]] = [
    ("provider", "ollama", "ollama"),
    ("baseUrl", "https://models.example.com/v1/", "https://models.example.com/v1"),
    ("baseUrl", " http://127.0.0.1:8080 ", "http://127.0.0.1:8080"),
    ("baseUrl", "http://[::1]:8080/v1", "http://[::1]:8080/v1"),
    ("baseUrl", "", None),
    ("region", "hongkong", "hongkong"),
    ("trusted", False, False),
    ("completion.enabled", False, False),
    ("completion.model", " qwen-coder-turbo ", "qwen-coder-turbo"),
    ("completion.model", "", None),
    ("completion.mode", "partial", "partial"),
    ("completion.multiline", "never", "never"),
    ("completion.maxPromptTokens", 128, 128),
    ("completion.maxOutputTokens", 4096, 4096),
    ("completion.debounceMs", 0, 0),
    ("completion.debounceMs", "auto", "auto"),
    ("completion.deadlineMs", 60_000, 60_000),
    ("completion.embedded", "first", "first"),
    ("completion.languages", {"markdown": False}, {"*": True, "markdown": False}),
    ("completion.languages", {"*": False, "go": True}, {"*": False, "go": True}),
    ("actions.model", "qwen-coder-plus", "qwen-coder-plus"),
    ("actions.reasoningModel", "qwq-32b", "qwq-32b"),
    ("actions.thinkingBudget", 0, 0),
    ("actions.checks", {"test": ["make", "test"]}, {"test": ["make", "test"]}),
    ("privacy.ignoreFiles", [], ()),
    ("privacy.ignoreFiles", [".gitignore"], (".gitignore",)),
    ("privacy.redactSecrets", False, False),
    ("budget.dailyTokens", 100_000, 100_000),
    ("budget.dailyCost", 1, 1.0),
]
BAD: list[tuple[str, Any]] = [
    ("provider", "openrouter"),
    ("provider", 1),
    ("provider", ["ollama"]),
    ("baseUrl", "models.example.com/v1"),
    ("baseUrl", "ftp://models.example.com"),
    ("baseUrl", "https://"),
    ("baseUrl", "https://user:secret@models.example.com/v1"),
    ("baseUrl", "https://models.example.com/v1?key=secret"),
    ("baseUrl", "https://models.example.com/v1#secret"),
    ("baseUrl", "https://models.example.com:99999/v1"),
    ("baseUrl", "https://[::1/v1"),
    ("baseUrl", 8080),
    ("region", "beijing2"),
    ("trusted", "false"),
    ("completion.enabled", 0),
    ("completion.model", 7),
    ("completion.mode", "chat"),
    ("completion.multiline", True),
    ("completion.maxPromptTokens", 127),
    ("completion.maxPromptTokens", 32_001),
    ("completion.maxPromptTokens", "1536"),
    ("completion.maxPromptTokens", 1536.0),
    ("completion.maxOutputTokens", True),
    ("completion.debounceMs", -1),
    ("completion.debounceMs", "fast"),
    ("completion.deadlineMs", 49),
    ("completion.embedded", "on"),
    ("completion.languages", {"python": "no"}),
    ("completion.languages", ["python"]),
    ("actions.thinkingBudget", -1),
    ("actions.checks", {"test": "make test"}),
    ("actions.checks", ["make", "test"]),
    ("privacy.ignoreFiles", ".gitignore"),
    ("privacy.ignoreFiles", [1]),
    ("privacy.redactSecrets", "yes"),
    ("budget.dailyTokens", 1.5),
    ("budget.dailyCost", -0.01),
    ("budget.dailyCost", float("nan")),
    ("budget.dailyCost", True),
]


def read(settings: Settings, key: str) -> Any:
    """The value of a dotted key."""
    value: Any = settings
    for name in key.split("."):
        value = getattr(value, re.sub("[A-Z]", lambda match: "_" + match.group().lower(), name))
    return value


def tree_of(key: str, value: Any) -> dict[str, Any]:
    """The nested tree with one value."""
    for name in reversed(key.split(".")):
        value = {name: value}
    return dict(value)


@pytest.mark.parametrize(("key", "value", "expected"), GOOD)
def test_good_values(key: str, value: Any, expected: Any) -> None:
    resolved = resolve_settings([Layer("here", tree_of(key, value))])
    assert (resolved.problems, resolved.unknown) == ((), ())
    assert read(resolved.settings, key) == expected


@pytest.mark.parametrize(("key", "value"), BAD)
def test_a_wrong_value_keeps_the_default_and_says_so(key: str, value: Any) -> None:
    resolved = resolve_settings([Layer("the editor's settings", tree_of(key, value))])
    option = BY_KEY[key]
    assert resolved.settings == Settings()
    assert resolved.problems == (
        f"qwen.{key} (the editor's settings) is not usable and keeps {option.default}: "
        f"it takes {option.accepts}.",
    )
    # A key pasted into the wrong setting must not get into a message or a log.
    assert "secret" not in resolved.problems[0]


@pytest.mark.parametrize("option", OPTIONS, ids=[option.key for option in OPTIONS])
def test_every_option_is_a_field_with_the_default_that_is_told(option: Option) -> None:
    told = {"none": None, "by provider": None, "by catalogue": None, "true": True}
    texts = {'{"*": true}': {"*": True}, "{}": {}}
    value = read(Settings(), option.key)
    expected: Any = told.get(option.default, texts.get(option.default, option.default.strip('"')))
    if isinstance(value, tuple):
        value, expected = list(value), [".gitignore", ".qwenignore"]
    assert value == (int(expected) if str(expected).isdigit() else expected)
    assert option.meaning
    assert option.accepts


def test_every_field_is_an_option() -> None:
    fields = set()
    for field in dataclasses.fields(Settings):
        section = getattr(Settings(), field.name)
        if dataclasses.is_dataclass(section):
            fields |= {f"{field.name}.{inner.name}" for inner in dataclasses.fields(section)}
        else:
            fields.add(field.name)
    keys = {re.sub("[A-Z]", lambda match: "_" + match.group().lower(), key) for key in BY_KEY}
    assert keys == fields


def test_the_strongest_layer_that_is_right_wins() -> None:
    layers = [
        Layer("strong", {"completion": {"mode": "chat", "model": "a"}, "region": None}),
        Layer("middle", {"completion": {"mode": "fim", "model": "b"}, "region": "us"}),
        Layer("weak", {"completion": {"mode": "partial", "enabled": False}}),
    ]
    resolved = resolve_settings(layers)
    completion = resolved.settings.completion
    assert (completion.mode, completion.model, completion.enabled) == ("fim", "a", False)
    assert resolved.settings.region == "us"
    assert len(resolved.problems) == 1
    assert resolved.problems[0].startswith("qwen.completion.mode (strong) ")


@pytest.mark.parametrize(
    "tree",
    [
        {"completion": {"mode": "fim"}},
        {"completion.mode": "fim"},
        {"completion": {}, "completion.mode": "fim"},
    ],
)
def test_nested_and_dotted_keys(tree: dict[str, Any]) -> None:
    assert resolve_settings([Layer("here", tree)]).settings.completion.mode == "fim"


def test_languages_are_one_value_and_not_a_tree() -> None:
    tree = {"completion": {"languages": {"a.b": False, "c": {"d": True}}}}
    assert len(resolve_settings([Layer("here", tree)]).problems) == 1
    completion = resolve_settings(
        [Layer("here", {"completion": {"languages": {"go": False}}})]
    ).settings.completion
    assert (completion.allows("go"), completion.allows("python")) == (False, True)


def test_unknown_keys_are_named_with_their_layer() -> None:
    resolved = resolve_settings([Layer("here", {"completion": {"modell": "x"}, "color": 1})])
    assert resolved.unknown == ("completion.modell (here)", "color (here)")
    assert resolved.problems == ()


def test_a_key_counts_only_from_the_secret_store() -> None:
    stores = [Layer("config.toml", {"apiKey": "sk-1"}), Layer("store", {"apiKey": "sk-2"}, True)]
    resolved = resolve_settings(stores)
    assert resolved.settings.api_key == "sk-2"
    assert len(resolved.problems) == 1
    assert "qwen-lsp login" in resolved.problems[0]
    assert "sk-" not in resolved.problems[0]
    assert "sk-" not in repr(resolved)
