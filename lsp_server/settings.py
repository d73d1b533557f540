"""Settings: raw JSON trees in several layers -> one frozen `Settings` and the problems found.

`OPTIONS` is the one source of the keys: the README's table is generated from it.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal
from urllib.parse import urlsplit

Auto = Literal["auto"]


@dataclass(frozen=True, slots=True)
class Completion:
    """Section `completion`: ghost text."""

    enabled: bool = True
    model: str | None = None
    mode: Literal["auto", "fim", "partial"] = "auto"
    multiline: Literal["auto", "always", "never"] = "auto"
    max_prompt_tokens: int = 1536
    max_output_tokens: int = 256
    debounce_ms: int | Auto = "auto"
    deadline_ms: int | Auto = "auto"
    embedded: Literal["first", "fallback", "only", "off"] = "fallback"
    languages: Mapping[str, bool] = field(default_factory=lambda: MappingProxyType({"*": True}))

    def allows(self, language: str) -> bool:
        """Whether ghost text is on for this language id."""
        return self.enabled and self.languages.get(language, self.languages.get("*", True))


@dataclass(frozen=True, slots=True)
class Actions:
    """Section `actions`: fix, refactor, explain, document, test."""

    model: str | None = None
    reasoning_model: str | None = None
    thinking_budget: int | None = None
    checks: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Privacy:
    """Section `privacy`: what may leave the machine."""

    ignore_files: tuple[str, ...] = (".gitignore", ".qwenignore")
    redact_secrets: bool = True


@dataclass(frozen=True, slots=True)
class Budget:
    """Section `budget`: past it, automatic completions use the embedded engine."""

    daily_tokens: int | None = None
    daily_cost: float | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings, resolved and valid."""

    provider: str = "auto"
    base_url: str | None = None
    region: str = "beijing"
    api_key: str | None = field(default=None, repr=False)
    trusted: bool = True
    completion: Completion = field(default_factory=Completion)
    actions: Actions = field(default_factory=Actions)
    privacy: Privacy = field(default_factory=Privacy)
    budget: Budget = field(default_factory=Budget)


@dataclass(frozen=True, slots=True)
class Option:
    """One setting: dotted key, what it accepts in words, its check and its meaning."""

    key: str
    accepts: str
    parse: Callable[[object], object]
    meaning: str
    default: str


@dataclass(frozen=True, slots=True)
class Layer:
    """One source of settings, named as the user knows it."""

    name: str
    tree: Mapping[str, Any]
    may_hold_key: bool = False


@dataclass(frozen=True, slots=True)
class Resolved:
    """Settings with one sentence for each wrong value, and the keys nobody knows."""

    settings: Settings
    problems: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


def resolve_settings(layers: Sequence[Layer]) -> Resolved:
    """Merge `layers`, strongest first; a wrong value is named and the next weaker one counts."""
    problems: list[str] = []
    unknown: list[str] = []
    chosen: dict[str, object] = {}
    for layer in layers:
        for key, value in _flatten(layer.tree):
            option = _BY_KEY.get(key)
            if option is None:
                unknown.append(f"{key} ({layer.name})")
            elif key == "apiKey" and value is not None and not layer.may_hold_key:
                problems.append(
                    f"qwen.apiKey ({layer.name}) is ignored: a key does not belong into a settings "
                    "file; run `qwen-lsp login`, or set DASHSCOPE_API_KEY or OPENAI_API_KEY."
                )
            elif value is not None and key not in chosen:
                try:
                    chosen[key] = option.parse(value)
                except (TypeError, ValueError):
                    problems.append(_describe_problem(option, layer.name))
    return Resolved(_build(chosen), tuple(problems), tuple(unknown))


def _describe_problem(option: Option, layer: str) -> str:
    # The value itself stays out: a key pasted into the wrong setting must not reach a log.
    return (
        f"qwen.{option.key} ({layer}) is not usable and keeps {option.default}: "
        f"it takes {option.accepts}."
    )


def _flatten(tree: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, object]]:
    """Dotted keys of a tree; clients send nested objects, dotted names, or a mixture."""
    for name, value in tree.items():
        key = f"{prefix}{name}"
        if isinstance(value, Mapping) and key not in _BY_KEY:
            yield from _flatten(value, f"{key}.")
        else:
            yield key, value


def _build(chosen: Mapping[str, object]) -> Settings:
    sections: dict[str, dict[str, Any]] = {"": {}}
    for key, value in chosen.items():
        section, _, name = key.rpartition(".")
        sections.setdefault(section, {})[_snake(name)] = value
    settings = Settings(**sections.pop(""))
    for section, values in sections.items():
        part = dataclasses.replace(getattr(settings, section), **values)
        settings = dataclasses.replace(settings, **{section: part})
    return settings


def _snake(name: str) -> str:
    return re.sub(r"[A-Z]", lambda match: "_" + match.group().lower(), name)


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _text(value: object) -> str | None:
    if not isinstance(value, str):
        raise TypeError
    return value.strip() or None


def _address(value: object) -> str | None:
    text = _text(value)
    if text is None:
        return None
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError
    _ = parts.port  # A port out of range raises ValueError only when it is read.
    return text.rstrip("/")


def _one_of(*names: str) -> Callable[[object], object]:
    def parse(value: object) -> object:
        if value not in names:
            raise ValueError
        return value

    return parse


def _whole(low: int, high: int) -> Callable[[object], object]:
    def parse(value: object) -> object:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ValueError
        return value

    return parse


def _whole_or_auto(low: int, high: int) -> Callable[[object], object]:
    whole = _whole(low, high)
    return lambda value: "auto" if value == "auto" else whole(value)


def _amount(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e9:
        raise ValueError
    return float(value)


def _switches(value: object) -> Mapping[str, bool]:
    if not isinstance(value, Mapping) or not all(isinstance(on, bool) for on in value.values()):
        raise ValueError
    return MappingProxyType({"*": True, **value})


def _names(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise ValueError
    return tuple(value)


def _checks(value: object) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise TypeError
    for command in value.values():
        _names(command)
    return MappingProxyType(dict(value))


def _choices(*names: str) -> tuple[str, Callable[[object], object]]:
    return "one of " + ", ".join(f'"{name}"' for name in names), _one_of(*names)


_PROVIDERS = _choices(
    "auto", "dashscope", "openai", "llamacpp", "ollama", "vllm", "lmstudio", "embedded"
)
_REGIONS = _choices("beijing", "singapore", "us", "hongkong")
_YES_NO = ("true or false", _boolean)
_A_MODEL = ("a model id", _text)

OPTIONS: tuple[Option, ...] = (
    Option("provider", *_PROVIDERS, "who answers; `auto` finds out and says which", '"auto"'),
    Option(
        "baseUrl",
        "an http or https address up to its version path, without key or query",
        _address,
        "endpoint, up to and with its version path (`…/v1`)",
        "by provider",
    ),
    Option("region", *_REGIONS, "the DashScope region that the key belongs to", '"beijing"'),
    Option(
        "apiKey",
        "a key as text",
        _text,
        "only from the editor's secret store, through `initializationOptions`",
        "none",
    ),
    Option(
        "trusted",
        *_YES_NO,
        "the workspace is trusted; `false`: embedded engine only, no network, no checks",
        "true",
    ),
    Option("completion.enabled", *_YES_NO, "ghost text on or off", "true"),
    Option("completion.model", *_A_MODEL, "the fast lane's model", "by catalogue"),
    Option(
        "completion.mode",
        *_choices("auto", "fim", "partial"),
        "fill-in-the-middle tokens, partial mode, or what the endpoint takes",
        '"auto"',
    ),
    Option(
        "completion.multiline",
        *_choices("auto", "always", "never"),
        "whether a suggestion may have several lines",
        '"auto"',
    ),
    Option(
        "completion.maxPromptTokens",
        "a whole number from 128 to 32000",
        _whole(128, 32_000),
        "the whole prompt",
        "1536",
    ),
    Option(
        "completion.maxOutputTokens",
        "a whole number from 1 to 4096",
        _whole(1, 4096),
        "the longest answer asked for",
        "256",
    ),
    Option(
        "completion.debounceMs",
        'a whole number from 0 to 5000, or "auto"',
        _whole_or_auto(0, 5000),
        "wait before a request; never applied to an answer that is already known",
        '"auto"',
    ),
    Option(
        "completion.deadlineMs",
        'a whole number from 50 to 60000, or "auto"',
        _whole_or_auto(50, 60_000),
        "past it the embedded engine answers; `auto` is 1500 remote, 3000 local",
        '"auto"',
    ),
    Option(
        "completion.embedded",
        *_choices("first", "fallback", "only", "off"),
        "`first`: answers alone when sure; `fallback`: when the model cannot; `only`; `off`",
        '"fallback"',
    ),
    Option(
        "completion.languages",
        "an object of language ids with true or false",
        _switches,
        "ghost text by language id",
        '{"*": true}',
    ),
    Option("actions.model", *_A_MODEL, "the strong lane's model", "by catalogue"),
    Option(
        "actions.reasoningModel", *_A_MODEL, "a reasoner for explanations and hard fixes", "none"
    ),
    Option(
        "actions.thinkingBudget",
        "a whole number of tokens from 0 to 100000",
        _whole(0, 100_000),
        "thinking tokens allowed for a request",
        "none",
    ),
    Option(
        "actions.checks",
        "an object of names with commands, each a list of words",
        _checks,
        "commands a verified fix may run; the user's own settings only",
        "{}",
    ),
    Option(
        "privacy.ignoreFiles",
        "a list of file names",
        _names,
        "files with ignore rules: what they match is neither read nor sent",
        '[".gitignore", ".qwenignore"]',
    ),
    Option("privacy.redactSecrets", *_YES_NO, "replace secrets before text is sent", "true"),
    Option(
        "budget.dailyTokens",
        "a whole number of tokens",
        _whole(0, 10**12),
        "past it automatic completions use the embedded engine",
        "none",
    ),
    Option("budget.dailyCost", "an amount of money", _amount, "the same in money", "none"),
)

_BY_KEY: dict[str, Option] = {option.key: option for option in OPTIONS}
