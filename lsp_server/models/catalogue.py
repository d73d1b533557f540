"""The catalogue of models, read from `catalogue.toml`; ids, prices and dates live there alone."""

from __future__ import annotations

import datetime
import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib import resources
from types import MappingProxyType
from typing import Any, Literal

Lane = Literal["fast", "strong", "reasoning"]


@dataclass(frozen=True, slots=True)
class Sampling:
    """How an answer is drawn; what is None is not sent, so that the endpoint's default counts."""

    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    repetition_penalty: float | None = None

    def parameters(self) -> dict[str, object]:
        """Those that are given, by their names on the wire."""
        return {name: value for name, value in asdict(self).items() if value is not None}


@dataclass(frozen=True, slots=True)
class Tier:
    """Prices of a million tokens for prompts of at most `up_to` tokens."""

    up_to: int
    input: float
    output: float


@dataclass(frozen=True, slots=True)
class Model:
    """One model; what is not published is None.

    `thinks`: thinking is always on; `hybrid`: it can be switched. `max_thinking` is the longest
    thinking in tokens, `takes_budget` whether a request may set a shorter one. `cached_ratio` is
    the price of input found in the endpoint's cache, as a share of the input's price. `sampling`
    is what its makers advise for chat; completions use `Catalogue.completion`.
    """

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
    takes_budget: bool = False
    max_thinking: int | None = None
    takes_system: bool = True
    cached_ratio: float = 1.0
    sampling: Sampling = Sampling()
    memory_gib: int | None = None
    retires: datetime.date | None = None

    def cost(self, input_tokens: int, output_tokens: int, cached_tokens: int = 0) -> float | None:
        """Money for one request in `currency`, None where no price is published.

        `cached_tokens` are those of the input that the endpoint had in its cache; they count for
        the choice of the tier all the same.
        """
        cached = min(cached_tokens, input_tokens)
        billed = input_tokens - cached + cached * self.cached_ratio
        for tier in self.prices:
            if input_tokens <= tier.up_to:
                return (billed * tier.input + output_tokens * tier.output) / 1e6
        return None

    def tier_limit(self) -> int | None:
        """The longest prompt in tokens that is taken at the lowest price, None where unknown."""
        limits = [self.prices[0].up_to] if self.prices else []
        limits += [limit for limit in (self.max_input, self.context) if limit is not None]
        return min(limits, default=None)

    @property
    def can_think(self) -> bool:
        """Whether it may think before it answers."""
        return self.thinks or self.hybrid

    def thinking_parameters(
        self, *, think: bool, budget: int | None = None
    ) -> Mapping[str, object]:
        """What a request says about thinking, the same on both of DashScope's protocols.

        `budget` is the most tokens to think for, None for the endpoint's own limit. A model that
        always thinks is told nothing, since it refuses to hear of a switch.
        """
        if not self.can_think or not (think or self.hybrid):
            return {}
        wanted = think and budget != 0
        parameters: dict[str, object] = {"enable_thinking": wanted} if self.hybrid else {}
        if wanted and self.takes_budget and budget is not None:
            parameters["thinking_budget"] = min(budget, self.max_thinking or budget)
        return parameters


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All known models by id, the lanes as chains of ids, and how answers are drawn.

    `completion` is for ghost text, whatever the model; `chat` holds what is advised for chat by
    the part of an id that names the family.
    """

    models: Mapping[str, Model]
    lanes: Mapping[str, tuple[str, ...]]
    completion: Sampling = Sampling(temperature=0.0)
    chat: Mapping[str, Sampling] = field(default_factory=lambda: MappingProxyType({}))

    def find(self, model_id: str) -> Model:
        """The entry for an id as servers spell it; an unknown one gets what its name tells.

        Servers name the same weights `Qwen2.5-Coder-7B-Instruct-Q4_K_M.gguf`,
        `qwen2.5-coder:7b` or `Qwen/Qwen2.5-Coder-7B`.
        """
        exact = self.models.get(model_id)
        if exact is not None:
            return exact
        return Model(
            model_id,
            fim="local" if is_coder(model_id) else None,
            thinks=_THINKER.search(model_id) is not None,
            sampling=_choose_sampling(model_id, self.chat),
        )


# Qwen's coder families that share the fill-in-the-middle tokens; CodeQwen1.5 has others.
_CODER = re.compile(r"qwen[\d.]*-?_?(?:next-)?coder|qwen-coder", re.IGNORECASE)
_QWEN = re.compile(r"qwen|qwq", re.IGNORECASE)
_THINKER = re.compile(r"qwq|-thinking", re.IGNORECASE)
_SIZE = re.compile(r"(\d+(?:\.\d+)?)b(?![a-z0-9])", re.IGNORECASE)


def is_coder(model_id: str) -> bool:
    """Whether an id, as any server spells it, names a Qwen coder model."""
    return _CODER.search(model_id) is not None


def is_qwen(model_id: str) -> bool:
    """Whether an id, as any server spells it, names a model of Qwen's, with Qwen's vocabulary."""
    return _QWEN.search(model_id) is not None


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
    import tomli

    tree = tomli.loads(source)
    chat = {name: Sampling(**values) for name, values in tree.get("chat", {}).items()}
    models = {entry["id"]: _model(entry, chat) for entry in tree["model"]}
    lanes = {lane: tuple(chain) for lane, chain in tree["lanes"].items()}
    missing = {model_id for chain in lanes.values() for model_id in chain} - models.keys()
    if missing:
        raise ValueError(f"lanes name models without an entry: {', '.join(sorted(missing))}")
    return Catalogue(
        MappingProxyType(models),
        MappingProxyType(lanes),
        Sampling(**tree["completion"]) if "completion" in tree else Sampling(temperature=0.0),
        MappingProxyType(chat),
    )


def _model(entry: Mapping[str, Any], chat: Mapping[str, Sampling]) -> Model:
    tiers = tuple(Tier(**tier) for tier in entry.get("prices", ()))
    sampling = _choose_sampling(entry["id"], chat)
    return Model(**{**entry, "prices": tiers, "sampling": sampling})


def _choose_sampling(model_id: str, chat: Mapping[str, Sampling]) -> Sampling:
    spelled = model_id.lower().replace("_", "-")
    return next((chat[name] for name in chat if name in spelled), Sampling())
