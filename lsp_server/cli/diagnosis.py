"""What `qwen-lsp doctor` finds, as values, and their stable form in JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lsp_server.prompt.base import Form
from lsp_server.provider.base import Endpoint


@dataclass(frozen=True, slots=True)
class Key:
    """Where a key comes from, and its last characters; never the key."""

    source: str
    hint: str


@dataclass(frozen=True, slots=True)
class Config:
    """The user's own settings file."""

    path: str
    exists: bool
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Engine:
    """Who will answer; without `base_url` it is the embedded engine."""

    provider: str
    reason: str
    base_url: str | None = None
    origin: str | None = None
    key: Key | None = None


@dataclass(frozen=True, slots=True)
class Network:
    """The way to the endpoint: a proxy without its password, and whom to trust."""

    proxy: str | None
    proxy_reason: str
    extra_certificates: str | None


@dataclass(frozen=True, slots=True)
class Lane:
    """The models asked in turn; `served` are those the endpoint lists, None where it lists none."""

    name: str
    chain: tuple[str, ...]
    served: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Trial:
    """A tiny real request; the times are in milliseconds."""

    model: str
    form: Form
    first_token_ms: float | None
    total_ms: float


@dataclass(frozen=True, slots=True)
class Reading:
    """What the embedded engine has read."""

    files: int
    tokens: int
    is_whole: bool


@dataclass(frozen=True, slots=True)
class FileReport:
    """What holds for one file.

    `secrets` counts by kind what is replaced before its text is sent, None where that is switched
    off or the file is no text; `why_no_context` says why other files' requests leave it out.
    """

    path: str
    language: str
    may_be_sent: bool
    reason: str
    completion: bool
    secrets: Mapping[str, int] | None = None
    why_no_context: str = ""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Everything; `problems` are broken and `advice` is not, a sentence each.

    `served` are the models that the endpoint lists, None where it lists none; `local` the servers
    on this machine that hold a coder model.
    """

    version: str
    python: str
    config: Config
    engine: Engine
    network: Network
    lanes: tuple[Lane, ...]
    trial: Trial | None
    embedded: Reading
    grammars: Mapping[str, tuple[str, ...]]
    file: FileReport | None = None
    problems: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()
    served: tuple[str, ...] | None = None
    local: tuple[Endpoint, ...] = ()


def describe(found: Diagnosis) -> dict[str, object]:
    """The tree of `qwen-lsp doctor --json`; names stay, new ones may come."""
    key, trial, file = found.engine.key, found.trial, found.file
    return {
        "version": found.version,
        "python": found.python,
        "ok": not found.problems,
        "engine": {
            "provider": found.engine.provider,
            "baseUrl": found.engine.base_url,
            "origin": found.engine.origin,
            "reason": found.engine.reason,
        },
        "key": key and {"source": key.source, "hint": key.hint},
        "proxy": {"url": found.network.proxy, "reason": found.network.proxy_reason},
        "certificates": {"system": True, "file": found.network.extra_certificates},
        "lanes": {
            lane.name: {
                "chain": list(lane.chain),
                "served": None if lane.served is None else list(lane.served),
            }
            for lane in found.lanes
        },
        "completion": trial
        and {
            "model": trial.model,
            "form": trial.form,
            "firstTokenMs": trial.first_token_ms,
            "totalMs": trial.total_ms,
        },
        "embedded": {
            "files": found.embedded.files,
            "tokens": found.embedded.tokens,
            "whole": found.embedded.is_whole,
        },
        "grammars": {origin: list(names) for origin, names in found.grammars.items()},
        "config": {
            "path": found.config.path,
            "exists": found.config.exists,
            "unknown": list(found.config.unknown),
        },
        "file": file
        and {
            "path": file.path,
            "language": file.language,
            "maySend": file.may_be_sent,
            "reason": file.reason,
            "completion": file.completion,
            "secrets": None if file.secrets is None else dict(file.secrets),
            "contextReason": file.why_no_context,
        },
        "served": None if found.served is None else list(found.served),
        "local": [
            {"provider": each.provider, "baseUrl": each.base_url, "reason": each.reason}
            for each in found.local
        ],
        "problems": list(found.problems),
        "advice": list(found.advice),
    }
