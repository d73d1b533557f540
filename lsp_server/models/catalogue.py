"""The catalogue of models, read from `catalogue.toml`; ids, prices and dates live there alone."""

from __future__ import annotations

import datetime
import functools
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from types import MappingProxyType
from typing import Any, Literal

Lane = Literal["fast", "strong", "reasoning"]


@dataclass(frozen=True, slots=True)
class Tier:
    """Prices of a million tokens for prompts of at most `up_to` tokens."""

    up_to: int
    input: float
    output: float


@dataclass(frozen=True, slots=True)
class Model:
    """One model; what is not published is None."""

    id: str
    context: int | None = None
    max_input: int | None = None
    max_output: int | None = None
    currency: str | None = None
    prices: tuple[Tier, ...] = ()
    fim: Literal["hosted", "local"] | None = None
    hosted: bool = False
    local: bool = False
    thinks: bool = False
    hybrid: bool = False
    memory_gib: int | None = None
    retires: datetime.date | None = None

    def cost(self, input_tokens: int, output_tokens: int) -> float | None:
        """Money for one request in `currency`, None where no price is published."""
        for tier in self.prices:
            if input_tokens <= tier.up_to:
                return (input_tokens * tier.input + output_tokens * tier.output) / 1e6
        return None


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All known models by id, and the lanes as chains of ids."""

    models: Mapping[str, Model]
    lanes: Mapping[str, tuple[str, ...]]

    def find(self, model_id: str) -> Model:
        """The entry for an id as servers spell it; an unknown one gets what its name tells.

        Servers name the same weights `Qwen2.5-Coder-7B-Instruct-Q4_K_M.gguf`,
        `qwen2.5-coder:7b` or `Qwen/Qwen2.5-Coder-7B`.
        """
        exact = self.models.get(model_id)
        if exact is not None:
            return exact
        return Model(model_id, fim="local" if is_coder(model_id) else None)


# Qwen's coder families that share the fill-in-the-middle tokens; CodeQwen1.5 has others.
_CODER = re.compile(r"qwen[\d.]*-?_?(?:next-)?coder|qwen-coder", re.IGNORECASE)
_SIZE = re.compile(r"(\d+(?:\.\d+)?)b(?![a-z0-9])", re.IGNORECASE)


def is_coder(model_id: str) -> bool:
    """Whether an id, as any server spells it, names a Qwen coder model."""
    return _CODER.search(model_id) is not None


def choose_served(model_ids: Sequence[str], lane: Lane) -> tuple[str, ...]:
    """The coder models among those a server lists, best for the lane first.

    The fast lane wants the smallest of at least 1.5 billion parameters, the strong lane the
    largest; an id that tells no size stands in the middle.
    """
    coders = [model_id for model_id in model_ids if is_coder(model_id)]
    return tuple(sorted(coders, key=lambda model_id: _lane_order(model_id, lane)))


def _lane_order(model_id: str, lane: Lane) -> float:
    match = _SIZE.search(model_id)
    size = float(match.group(1)) if match else 10.0
    if lane == "strong":
        return -size
    return size if size >= 1.5 else 100.0 + size


@functools.cache
def load_catalogue() -> Catalogue:
    """Read the catalogue that ships with the package."""
    source = resources.files("lsp_server.models").joinpath("catalogue.toml").read_text("utf-8")
    return parse_catalogue(source)


def parse_catalogue(source: str) -> Catalogue:
    """A catalogue from TOML text; raises TypeError or ValueError where it is not well made."""
    # Imported late: the reader costs a few milliseconds, and the start needs no catalogue.
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    tree = tomllib.loads(source)
    models = {entry["id"]: _model(entry) for entry in tree["model"]}
    lanes = {lane: tuple(chain) for lane, chain in tree["lanes"].items()}
    missing = {model_id for chain in lanes.values() for model_id in chain} - models.keys()
    if missing:
        raise ValueError(f"lanes name models without an entry: {', '.join(sorted(missing))}")
    return Catalogue(MappingProxyType(models), MappingProxyType(lanes))


def _model(entry: Mapping[str, Any]) -> Model:
    tiers = tuple(Tier(**tier) for tier in entry.get("prices", ()))
    return Model(**{**entry, "prices": tiers})
