"""Who can answer: a model's endpoint, and the engine that needs none."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from lsp_server.completion.ask import Reply
from lsp_server.completion.base import Ask, Outcome
from lsp_server.completion.breaker import Breaker
from lsp_server.completion.place import make_items, text_around
from lsp_server.embedded.engine import Suggestion
from lsp_server.models.route import Route
from lsp_server.postprocess.hidden_characters import hides
from lsp_server.privacy.gate import Verdict
from lsp_server.provider.base import Provider
from lsp_server.provider.errors import Fault
from lsp_server.settings import Completion

# What the embedded engine is shown around the cursor, in lines.
_LINES_BEFORE = 2000
_LINES_AFTER = 500
# From the fault, or the deadline, to the answer.
_FALL_BACK_S = 0.05


class Embedded(Protocol):
    """The engine that needs no model."""

    async def suggest(
        self, path: str, language: str, before: str, after: str, *, limit: int, eager: bool
    ) -> list[Suggestion]:
        """Suggestions, best first."""


@dataclass(frozen=True, slots=True)
class Hosted:
    """A connected endpoint with its lane's route and its breaker. `redacts`: it gets no secrets."""

    provider: Provider
    route: Route
    breaker: Breaker
    note_reply: Callable[[Reply], None]
    note_fault: Callable[[Fault], None]
    redacts: bool = True

    @property
    def name(self) -> str:
        """The engine's name, as status and items show it."""
        return self.provider.endpoint.provider


@dataclass(frozen=True, slots=True)
class Engines:
    """Who can answer. `check` tells whether the document may be sent, and is called before it is;
    `why_no_model` says why there is no `hosted`."""

    embedded: Embedded
    check: Callable[[], Verdict]
    hosted: Hosted | None = None
    why_no_model: str = ""


def why_no_model(ask: Ask, engines: Engines, settings: Completion) -> str:
    """Why no model is asked, in a sentence; "" where one is."""
    if settings.embedded == "only":
        return "qwen.completion.embedded is set to only."
    if engines.hosted is None:
        return engines.why_no_model
    verdict = engines.check()
    if not verdict.allowed:
        return f"This file is not sent to a model: {verdict.reason}"
    if not ask.explicit and not engines.hosted.breaker.allows(time.monotonic()):
        return "The endpoint failed lately and is left alone for a moment."
    return ""


async def ask_embedded(ask: Ask, engines: Engines) -> list[Suggestion]:
    """What the embedded engine suggests, best first."""
    before, after = text_around(ask, _LINES_BEFORE, _LINES_AFTER)
    found = await engines.embedded.suggest(
        ask.file,
        ask.snapshot.language,
        before,
        after,
        limit=3 if ask.explicit else 1,
        eager=ask.explicit,
    )
    # It copies from the project, where a stranger may have hidden something.
    return [one for one in found if not hides(one.text)]


async def fall_back(ask: Ask, engines: Engines, why: str) -> Outcome:
    """What the embedded engine says in the place of a model that failed or is late.

    A typist has waited long enough by then: past some milliseconds nothing is shown.
    """
    try:
        # By hand, whatever comes is better than nothing.
        seconds = None if ask.explicit else _FALL_BACK_S
        found = await asyncio.wait_for(ask_embedded(ask, engines), seconds)
    except asyncio.TimeoutError:
        return Outcome("empty", f"{why} The embedded engine was too late.", "embedded")
    return embedded_outcome(ask, found, why)


def embedded_outcome(ask: Ask, found: list[Suggestion], why: str) -> Outcome:
    """The outcome where the embedded engine is left to answer, and `why` it is."""
    if not found:
        reason = f"{why} The embedded engine knows nothing like this place."
        return Outcome("empty", reason.strip(), "embedded")
    return Outcome("shown", why, "embedded", None, make_items(ask, [one.text for one in found]))
