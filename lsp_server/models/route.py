"""From a lane to a model: the chain, less what the endpoint has refused in this run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from lsp_server.models.calibration import Calibration, calibrate
from lsp_server.models.catalogue import Lane, choose_served, is_qwen, load_catalogue
from lsp_server.prompt.base import Form

# The forms that an endpoint takes for a model, best first.
FormsOf: TypeAlias = Callable[[str], tuple[Form, ...]]

_QWENS_OWN = Calibration()


@dataclass(slots=True)
class Route:
    """One lane at one endpoint. What is refused is remembered until the settings change."""

    chain: tuple[str, ...]
    mode: Literal["auto", "fim", "partial"] = "auto"
    # The longest prompt that a model has been found to take, in tokens of Qwen's vocabulary, and
    # what others count by theirs.
    _limits: dict[str, int] = field(default_factory=dict)
    _calibrations: dict[str, Calibration] = field(default_factory=dict)
    _refused_models: set[str] = field(default_factory=set)
    _refused_forms: set[tuple[str, Form]] = field(default_factory=set)

    @property
    def model(self) -> str | None:
        """The first model not refused."""
        return next((model for model in self.chain if model not in self._refused_models), None)

    @property
    def models(self) -> tuple[str, ...]:
        """The models not refused, best first."""
        return tuple(model for model in self.chain if model not in self._refused_models)

    def candidates(self, forms_of: FormsOf) -> Iterator[tuple[str, Form]]:
        """Models of the chain with the forms to try, best first; reads refusals as it goes."""
        for model in self.chain:
            for form in self.forms(forms_of, model):
                if model not in self._refused_models:
                    if (model, form) not in self._refused_forms:
                        yield model, form
                else:
                    break

    def forms(self, forms_of: FormsOf, model: str) -> tuple[Form, ...]:
        """The forms to try with one model, as the setting `completion.mode` allows."""
        forms = forms_of(model)
        if self.mode == "partial":
            return ("partial",)
        if self.mode == "fim":
            return tuple(form for form in forms if form != "partial") or ("fim",)
        return forms

    def limit(self, model: str, tokens: int) -> int:
        """`tokens` of the model's as tokens of Qwen's vocabulary, by which prompts are counted, or
        what the model is known to take where that is less."""
        converted = self._calibrations.get(model, _QWENS_OWN).convert(tokens)
        return min(converted, self._limits.get(model, converted))

    def note_limit(self, model: str, tokens: int) -> None:
        """The model took no longer prompt than this, in tokens of Qwen's vocabulary."""
        self._limits[model] = tokens

    def note_prompt(self, model: str, counted: int, reported: int) -> None:
        """A prompt of `counted` tokens by Qwen's vocabulary has so many by the model's own."""
        if not is_qwen(model):
            before = self._calibrations.get(model, _QWENS_OWN)
            self._calibrations[model] = calibrate(before, counted, reported)

    def refuse_model(self, model: str) -> None:
        """The endpoint does not serve this model."""
        self._refused_models.add(model)

    def refuse_form(self, model: str, form: Form) -> None:
        """The endpoint does not take this form for this model."""
        self._refused_forms.add((model, form))


def choose_chain(lane: Lane, model: str | None, served: Sequence[str] | None) -> tuple[str, ...]:
    """The models that a lane asks in turn: the user's own, else the catalogue's that are served.

    `served` is what the endpoint lists, None where that is not known. Where it serves none of the
    catalogue's, its coder models count, and else its first one.
    """
    if model:
        return (model,)
    chain = load_catalogue().lanes[lane]
    if served is None:
        return chain
    known = tuple(candidate for candidate in chain if candidate in served)
    if known or lane == "reasoning":
        return known
    return choose_served(served, lane) or tuple(served[:1]) or chain
