"""The spine: a place in a snapshot -> gate -> context -> prompt -> provider -> filters -> edit.

Answers are looked for in this order, the first two without any wait: the text now shown, when it
was typed along; what is known already; the request in flight; a new request. The embedded engine,
which needs milliseconds, is asked when the model fails or is late.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from lsp_server.completion.base import Ask, Outcome
from lsp_server.completion.engines import (
    Engines,
    Hosted,
    ask_embedded,
    embedded_outcome,
    fall_back,
    why_no_model,
)
from lsp_server.completion.origin import Origin
from lsp_server.completion.place import make_items, make_place, with_syntax
from lsp_server.completion.requests import Requests, Spawn
from lsp_server.completion.reuse import AnswerStore, Known
from lsp_server.completion.track import Shown, Track
from lsp_server.context.client import ContextClient
from lsp_server.postprocess import refine
from lsp_server.postprocess.base import Dropped
from lsp_server.provider.errors import ProviderError
from lsp_server.settings import Completion

# `completion.embedded: "first"`: sure enough to answer alone.
_SURE = 0.9
# Asked for by hand again and again, a place has so many candidates to cycle through.
_CANDIDATES = 3
# At which temperature the second and the third are drawn.
_TEMPERATURES = (0.7, 1.0)
# So few characters before the end of a text that is typed along, the next request goes out, if the
# text is as long as this: who types a word along may be about to type another.
_NEARLY_TYPED, _LONG = 24, 48
# It goes out behind the answer to the key.
_BEHIND_S = 0.02
# A text that is looked at for so long without a key may well be accepted.
_LINGER_S = 0.4


class Completer:
    """Answers requests for ghost text. Keeps past answers, and the rate of requests."""

    def __init__(self, spawn: Spawn, context: ContextClient) -> None:
        self._spawn = spawn
        self._store = AnswerStore()
        self._requests = Requests(spawn, self._store, context)

    async def complete(
        self, ask: Ask, track: Track, engines: Engines, settings: Completion
    ) -> Outcome:
        """The outcome of one request; always one, whatever fails."""
        started = time.monotonic()
        outcome = await self._complete(ask, track, engines, settings)
        self._show(ask, track, engines, settings, outcome)
        return outcome.took(time.monotonic() - started)

    def forget(self) -> None:
        """Forget past answers: another model is in use."""
        self._store.clear()

    async def _complete(
        self, ask: Ask, track: Track, engines: Engines, settings: Completion
    ) -> Outcome:
        language = ask.snapshot.language
        if not settings.enabled:
            return Outcome("off", "Ghost text is switched off (qwen.completion.enabled).")
        if not settings.allows(language):
            return Outcome("off", f"Ghost text is switched off for {language}.")
        along = _type_along(ask, track)
        if along is not None:
            return along
        known = self._list_known(ask, track, settings)
        # Asked for by hand where a text stands already: other candidates are wanted.
        is_again = ask.explicit and track.shown is not None and track.shown.text in known
        if known and (not is_again or len(known) >= _CANDIDATES):
            return _known_outcome(ask, known, "It was answered before.")
        hosted = engines.hosted
        why_not = why_no_model(ask, engines, settings)
        if hosted is None or why_not:
            if known:
                return _known_outcome(ask, known, why_not)
            if settings.embedded == "off":
                return Outcome("empty", f"{why_not} The embedded engine is switched off.")
            return embedded_outcome(ask, await ask_embedded(ask, engines), why_not)

        if settings.embedded == "first" and not known:
            found = await ask_embedded(ask, engines)
            if found and found[0].confidence >= _SURE:
                return embedded_outcome(ask, found, "The embedded engine is sure.")
        try:
            if known:
                return await self._find_more(ask, track, hosted, settings, known)
            return await self._requests.ask(ask, track, hosted, settings)
        except ProviderError as error:
            why = error.fault.sentence
            if known:
                return _known_outcome(ask, known, why)
            if settings.embedded == "off":
                return Outcome("failed", why, hosted.name)
            return await fall_back(ask, engines, why)

    def _list_known(self, ask: Ask, track: Track, settings: Completion) -> dict[str, Known]:
        """What is known for a place by the text it would show, the text now shown first."""
        found = self._store.find(ask.snapshot, ask.position)
        if not found:
            return {}
        place = with_syntax(make_place(ask, settings, track.syntax), ask, track.syntax)
        texts: dict[str, Known] = {}
        for known in found:
            refined = refine(known.text, place)
            if not isinstance(refined, Dropped):
                texts.setdefault(refined, known)
        shown = track.shown
        if shown is not None and shown.text in texts:
            # The others in the order in which they came, so that a user who cycles finds them.
            return {shown.text: texts.pop(shown.text), **dict(reversed(texts.items()))}
        return texts

    async def _find_more(
        self,
        ask: Ask,
        track: Track,
        hosted: Hosted,
        settings: Completion,
        known: dict[str, Known],
    ) -> Outcome:
        """The candidates that are known and, by a request less bound to the likeliest, another."""
        temperature = _TEMPERATURES[len(known) - 1]
        outcome = await self._requests.ask_anew(ask, track, hosted, settings, temperature)
        more = [item.text for item in outcome.items if item.text not in known]
        if not more:
            return _known_outcome(ask, known, "The model had nothing else to offer.")
        return replace(outcome, items=make_items(ask, [*known, *more]))

    def _show(
        self, ask: Ask, track: Track, engines: Engines, settings: Completion, outcome: Outcome
    ) -> None:
        """Remember what is shown, and think ahead of the user."""
        if not outcome.items:
            return
        text = outcome.items[0].text
        origin = Origin(ask.snapshot, ask.position)
        shown = track.shown
        is_typed_along = shown is not None and shown.left_at(*_at(origin)) == text
        if not is_typed_along:
            track.show(Shown(origin, text, outcome.engine, outcome.model))
        hosted = engines.hosted
        if hosted is None or outcome.engine != hosted.name or settings.embedded == "only":
            return
        is_long = is_typed_along and shown is not None and len(shown.text) >= _LONG
        delay = _BEHIND_S if is_long and len(text) <= _NEARLY_TYPED else _LINGER_S
        track.ask_ahead(
            self._spawn(
                self._requests.speculate(ask, track, hosted, settings, engines.check, text, delay),
                "speculate",
            )
        )


def _type_along(ask: Ask, track: Track) -> Outcome | None:
    """What is left of the text now shown, where it was typed along."""
    shown = track.shown
    left = shown.left_at(ask.snapshot, ask.position) if shown is not None else None
    if shown is None or left is None or (ask.explicit and left == shown.text):
        return None
    items = make_items(ask, [left])
    return Outcome("shown", "It was shown and typed along.", shown.engine, shown.model, items)


def _known_outcome(ask: Ask, known: dict[str, Known], why: str) -> Outcome:
    first = next(iter(known.values()))
    return Outcome("shown", why, first.engine, first.model, make_items(ask, list(known)))


def _at(origin: Origin) -> tuple[Any, Any]:
    return origin.snapshot, origin.position
