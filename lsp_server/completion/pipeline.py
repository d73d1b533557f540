"""The spine: a place in a snapshot -> gate -> context -> prompt -> provider -> filters -> edit.

Answers are looked for in this order, the first two without any wait: the text now shown, when it
was typed along; what is known already; the request in flight; a new request. The embedded engine,
which needs milliseconds, is asked when the model fails or is late.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Protocol

from aiolimiter import AsyncLimiter

from lsp_server.completion.ask import Reply, ask_models
from lsp_server.completion.base import Ask, Item, Outcome
from lsp_server.completion.breaker import Breaker
from lsp_server.completion.flight import Flight
from lsp_server.completion.origin import Origin, unix
from lsp_server.completion.reuse import AnswerStore, Known
from lsp_server.completion.stream import is_complete
from lsp_server.completion.track import Shown, Track
from lsp_server.completion.trigger import (
    choose_deadline,
    choose_debounce,
    choose_max_tokens,
    wants_lines,
    why_not_ask,
)
from lsp_server.context.base import Context
from lsp_server.context.window import gather_window
from lsp_server.edit import accept, make_inline_edit
from lsp_server.embedded.engine import Suggestion
from lsp_server.models.route import Route
from lsp_server.postprocess import refine
from lsp_server.postprocess.base import Dropped, Place
from lsp_server.postprocess.hidden_characters import hides
from lsp_server.privacy.gate import Verdict
from lsp_server.prompt.base import Form
from lsp_server.provider.base import Provider
from lsp_server.provider.errors import Action, Fault, ProviderError
from lsp_server.settings import Completion

# What the embedded engine is shown around the cursor, in lines.
_LINES_BEFORE = 2000
_LINES_AFTER = 500
# The filters look near the cursor only; a bound keeps them quick in a large file.
_LINES_NEAR = 200
# `completion.embedded: "first"`: sure enough to answer alone.
_SURE = 0.9
# Automatic requests: two a second on average, ten in a burst.
_BURST, _BURST_S = 10, 5.0
# So few characters before the end of a text that is typed along, the next request goes out.
_NEARLY_TYPED = 24
# A text that is looked at for so long may well be accepted.
_LINGER_S = 0.4
# A request that nobody waits for any more is closed, unless another comes for it within this time.
_ORPHAN_S = 0.03
# After an edit that goes along with it, the editor's next request may take so long to come.
_PAUSE_S = 0.2

_FORM_NAMES: dict[Form, str] = {
    "fim": "fill-in-the-middle tokens",
    "partial": "partial mode",
    "infill": "infill",
}


class Embedded(Protocol):
    """The engine that needs no model."""

    async def suggest(
        self, path: str, language: str, before: str, after: str, *, limit: int, eager: bool
    ) -> list[Suggestion]:
        """Suggestions, best first."""


@dataclass(frozen=True, slots=True)
class Hosted:
    """A connected endpoint with its lane's route and its breaker."""

    provider: Provider
    route: Route
    breaker: Breaker
    note_reply: Callable[[Reply], None]
    note_fault: Callable[[Fault], None]

    @property
    def name(self) -> str:
        """The engine's name, as status and items show it."""
        return self.provider.endpoint.provider


@dataclass(frozen=True, slots=True)
class Engines:
    """Who can answer. `why_no_model` says why there is no `hosted`."""

    embedded: Embedded
    hosted: Hosted | None = None
    why_no_model: str = ""


# Starts a task that the session owns.
Spawn = Callable[[Coroutine[Any, Any, Any], str], "asyncio.Task[Any]"]


class Completer:
    """Answers requests for ghost text. Keeps past answers, and the rate of requests."""

    def __init__(self, spawn: Spawn) -> None:
        self._spawn = spawn
        self._store = AnswerStore()
        self._limiter = AsyncLimiter(_BURST, _BURST_S)

    async def complete(
        self, ask: Ask, track: Track, engines: Engines, settings: Completion, verdict: Verdict
    ) -> Outcome:
        """The outcome of one request; always one, whatever fails."""
        started = time.monotonic()
        outcome = await self._complete(ask, track, engines, settings, verdict)
        self._show(ask, track, engines, settings, outcome)
        return outcome.took(time.monotonic() - started)

    def forget(self) -> None:
        """Forget past answers: another model is in use."""
        self._store = AnswerStore()

    async def _complete(
        self, ask: Ask, track: Track, engines: Engines, settings: Completion, verdict: Verdict
    ) -> Outcome:
        language = ask.snapshot.language
        if not settings.enabled:
            return Outcome("off", "Ghost text is switched off (qwen.completion.enabled).")
        if not settings.allows(language):
            return Outcome("off", f"Ghost text is switched off for {language}.")
        known = self._find_known(ask, track, settings)
        if known is not None:
            return known
        hosted = engines.hosted
        why_not = _why_no_model(ask, engines, settings, verdict)
        if hosted is None or why_not:
            if settings.embedded == "off":
                return Outcome("empty", f"{why_not} The embedded engine is switched off.")
            return _embedded_outcome(ask, await _ask_embedded(ask, engines), why_not)

        if settings.embedded == "first":
            found = await _ask_embedded(ask, engines)
            if found and found[0].confidence >= _SURE:
                return _embedded_outcome(ask, found, "The embedded engine is sure.")
        try:
            return await self._ask_hosted(ask, track, hosted, settings)
        except ProviderError as error:
            if settings.embedded == "off":
                return Outcome("failed", error.fault.sentence, hosted.name)
            found = await _ask_embedded(ask, engines)
            return _embedded_outcome(ask, found, error.fault.sentence)

    def _find_known(self, ask: Ask, track: Track, settings: Completion) -> Outcome | None:
        shown = track.shown
        if shown is not None:
            left = shown.left_at(ask.snapshot, ask.position)
            # Asked for by hand where it stands already: other candidates are wanted.
            if left is not None and not (ask.explicit and left == shown.text):
                items = _make_items(ask, [left])
                return Outcome(
                    "shown", "It was shown and typed along.", shown.engine, shown.model, items
                )
        place = _make_place(ask, settings)
        texts: dict[str, Known] = {}
        for known in self._store.find(ask.snapshot, ask.position):
            refined = refine(known.text, place)
            if not isinstance(refined, Dropped):
                texts.setdefault(refined, known)
        if not texts or (ask.explicit and shown is not None and shown.text in texts):
            return None
        first = next(iter(texts.values()))
        return Outcome(
            "shown",
            "It was answered before.",
            first.engine,
            first.model,
            _make_items(ask, list(texts)),
        )

    async def _ask_hosted(
        self, ask: Ask, track: Track, hosted: Hosted, settings: Completion
    ) -> Outcome:
        """Raises `ProviderError`, also when the deadline passes."""
        flight = track.flight
        if flight is not None:
            outcome = await self._join(flight, ask, hosted, settings)
            if outcome is not None:
                return outcome
            if track.flight is flight:
                track.close_flight()
        if not ask.explicit:
            reason = why_not_ask(ask.snapshot, ask.position)
            if reason:
                return Outcome("empty", reason, hosted.name)
            delay = choose_debounce(settings, ask.snapshot, ask.position, track.rejected)
            if delay:
                await asyncio.sleep(delay)
            if not self._limiter.has_capacity():
                return Outcome(
                    "empty", "Requests come too fast; this one was held back.", hosted.name
                )
            await self._limiter.acquire()
        flight = self._launch(ask, track, hosted, settings)
        outcome = await self._join(flight, ask, hosted, settings)
        return outcome or Outcome("empty", "The model had nothing to add here.", hosted.name)

    async def _join(
        self, flight: Flight, ask: Ask, hosted: Hosted, settings: Completion
    ) -> Outcome | None:
        """The outcome from a request in flight, None where it cannot serve this place."""
        typed = flight.typed_at(ask.snapshot, ask.position)
        if typed is None:
            return None
        place = _make_place(ask, settings)

        def is_enough(answer: str) -> bool:
            if not flight.agrees(typed):
                return True
            rest = answer[len(typed) :]
            return bool(rest) and is_complete(rest, place)

        seconds = choose_deadline(settings, local=hosted.provider.endpoint.is_loopback)
        try:
            in_time = await flight.wait_until(is_enough, flight.started + seconds)
        except asyncio.CancelledError:
            self._spawn(_close_orphan(flight), "close-orphan")
            raise
        rest = flight.answer[len(typed) :] if flight.agrees(typed) else ""
        if not in_time:
            # Whole lines that have come are worth more than another engine's guess.
            rest = rest[: rest.rfind("\n") + 1]
            flight.cancel()
            if not rest.strip():
                fault = _deadline_fault(hosted.provider.endpoint.origin, seconds)
                hosted.note_fault(fault)
                raise ProviderError(fault)
        if flight.error is not None:
            raise flight.error
        if not rest:
            return None
        refined = refine(rest, place)
        if isinstance(refined, Dropped):
            return Outcome("empty", refined.reason, hosted.name, flight.model)
        return Outcome(
            "shown", flight.reason, hosted.name, flight.model, _make_items(ask, [refined])
        )

    def _launch(
        self, ask: Ask, track: Track, hosted: Hosted, settings: Completion, assumed: str = ""
    ) -> Flight:
        """Send a request; with `assumed`, as if that text had been accepted at the place."""
        flight = Flight(Origin(ask.snapshot, ask.position), assumed)
        track.flight = flight
        if assumed:
            edit = make_inline_edit(ask.snapshot, ask.position, assumed)
            snapshot, position = accept(ask.snapshot, edit)
            ask = Ask(snapshot, position, ask.path, ask.file, ask.repository)
        flight.carry(self._spawn(self._fly(flight, ask, hosted, settings), "flight"))
        return flight

    async def _fly(self, flight: Flight, ask: Ask, hosted: Hosted, settings: Completion) -> None:
        snapshot, position = ask.snapshot, ask.position
        place = _make_place(ask, settings)
        deadline = choose_deadline(settings, local=hosted.provider.endpoint.is_loopback)

        def gather(tokens: int) -> Context:
            prefix, suffix = gather_window(snapshot, position, tokens)
            return Context(ask.path, snapshot.language, prefix, suffix, ask.repository)

        try:
            reply = await ask_models(
                hosted.provider,
                hosted.route,
                gather,
                place,
                flight,
                max_prompt_tokens=settings.max_prompt_tokens,
                max_tokens=choose_max_tokens(settings, multiline=place.multiline),
                deadline_ms=int(deadline * 1000),
            )
        except ProviderError as error:
            hosted.note_fault(error.fault)
            flight.error = error
            return
        flight.model = reply.model
        flight.reason = f"{reply.model} answered, asked by {_FORM_NAMES[reply.form]}."
        self._store.put(snapshot, position, Known(flight.text, hosted.name, reply.model))
        hosted.note_reply(reply)

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
        delay = 0.0 if is_typed_along and len(text) <= _NEARLY_TYPED else _LINGER_S
        self._spawn(self._speculate(ask, track, hosted, settings, text, delay), "speculate")

    async def _speculate(
        self,
        ask: Ask,
        track: Track,
        hosted: Hosted,
        settings: Completion,
        text: str,
        delay: float,
    ) -> None:
        """Ask as if the shown text had been accepted, unless that is known or asked already."""
        shown = track.shown
        await asyncio.sleep(delay)
        flight = track.flight
        is_busy = flight is not None and not flight.is_over
        if track.shown is not shown or is_busy or not self._limiter.has_capacity():
            return
        if not hosted.breaker.allows(time.monotonic()):
            return
        snapshot, position = accept(
            ask.snapshot, make_inline_edit(ask.snapshot, ask.position, text)
        )
        if self._store.find(snapshot, position):
            return
        await self._limiter.acquire()
        self._launch(ask, track, hosted, settings, text)


async def _close_orphan(flight: Flight) -> None:
    """Close a request that was cancelled, unless another still waits for it."""
    await asyncio.sleep(_ORPHAN_S)
    since_edit = asyncio.get_running_loop().time() - flight.followed
    if not flight.waiting and since_edit > _PAUSE_S:
        flight.cancel()


def _why_no_model(ask: Ask, engines: Engines, settings: Completion, verdict: Verdict) -> str:
    if settings.embedded == "only":
        return "qwen.completion.embedded is set to only."
    if engines.hosted is None:
        return engines.why_no_model
    if not verdict.allowed:
        return f"This file is not sent to a model: {verdict.reason}"
    if not ask.explicit and not engines.hosted.breaker.allows(time.monotonic()):
        return "The endpoint failed lately and is left alone for a moment."
    return ""


async def _ask_embedded(ask: Ask, engines: Engines) -> list[Suggestion]:
    before, after = _text_around(ask, _LINES_BEFORE, _LINES_AFTER)
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


def _embedded_outcome(ask: Ask, found: list[Suggestion], why: str) -> Outcome:
    if not found:
        reason = f"{why} The embedded engine knows nothing like this place."
        return Outcome("empty", reason.strip(), "embedded")
    return Outcome("shown", why, "embedded", None, _make_items(ask, [one.text for one in found]))


def _make_place(ask: Ask, settings: Completion) -> Place:
    before, after = _text_around(ask, _LINES_NEAR, _LINES_NEAR)
    multiline = wants_lines(ask.snapshot, ask.position, settings.multiline)
    return Place(ask.snapshot.language, before, after, multiline)


def _text_around(ask: Ask, above: int, below: int) -> tuple[str, str]:
    """The text before and after the cursor, so many lines of it, "\\n" line ends."""
    lines, position = ask.snapshot.lines, ask.position
    line = lines[position.line]
    before = "".join(lines[max(0, position.line - above) : position.line])
    after = "".join(lines[position.line + 1 : position.line + below])
    return unix(before + line[: position.column]), unix(line[position.column :] + after)


def _make_items(ask: Ask, texts: list[str]) -> tuple[Item, ...]:
    return tuple(Item(text, make_inline_edit(ask.snapshot, ask.position, text)) for text in texts)


def _at(origin: Origin) -> tuple[Any, Any]:
    return origin.snapshot, origin.position


def _deadline_fault(origin: str, seconds: float) -> Fault:
    return Fault(
        Action.RETRY,
        f"{origin} did not answer within {seconds:g} s (qwen.completion.deadlineMs).",
        "deadline",
    )
