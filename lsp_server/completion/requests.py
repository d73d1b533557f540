"""Requests to a model: sent within the rate, joined while they fly, made ahead of the user."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from aiolimiter import AsyncLimiter

from lsp_server.completion.ask import ask_models
from lsp_server.completion.base import Ask, Outcome
from lsp_server.completion.engines import Hosted
from lsp_server.completion.flight import Flight
from lsp_server.completion.guard import IN_SECRET, guard_cursor
from lsp_server.completion.origin import Origin
from lsp_server.completion.place import (
    find_spot_beside,
    make_items,
    make_place,
    parse_ahead,
    parse_document,
    with_syntax,
)
from lsp_server.completion.reuse import AnswerStore, Known
from lsp_server.completion.stream import Reader
from lsp_server.completion.track import Track
from lsp_server.completion.trigger import (
    choose_deadline,
    choose_debounce,
    choose_max_tokens,
    why_not_ask,
)
from lsp_server.context.base import Context
from lsp_server.context.client import AHEAD_S, AT_KEY_S, BY_HAND_S, ContextClient
from lsp_server.edit import accept, make_inline_edit
from lsp_server.postprocess import refine
from lsp_server.postprocess.base import Dropped, Place
from lsp_server.postprocess.empty import NOTHING
from lsp_server.postprocess.reparse import count_allowed
from lsp_server.privacy.gate import Verdict
from lsp_server.provider.errors import Action, Fault, ProviderError
from lsp_server.settings import Completion
from lsp_server.syntax.tree import SyntaxTree

# Automatic requests: two a second on average, ten in a burst.
_BURST, _BURST_S = 10, 5.0
# A request that nobody waits for any more is closed, unless another comes for it within this time.
_ORPHAN_S = 0.03
# After an edit that goes along with it, the editor's next request may take so long to come.
_PAUSE_S = 0.2


# So long after a request was made it is on its way.
_PARSE_S = 0.003

# Starts a task that the session owns.
Spawn = Callable[[Coroutine[Any, Any, Any], str], "asyncio.Task[Any]"]


class Requests:
    """Sends requests, at most one in flight a document. Keeps what comes in `store`."""

    def __init__(self, spawn: Spawn, store: AnswerStore, context: ContextClient) -> None:
        self._spawn = spawn
        self._store = store
        self._context = context
        self._limiter = AsyncLimiter(_BURST, _BURST_S)

    async def ask(self, ask: Ask, track: Track, hosted: Hosted, settings: Completion) -> Outcome:
        """Raises `ProviderError`, also when the deadline passes."""
        flight = track.flight
        if flight is not None:
            outcome = await self._join(flight, ask, track, hosted, settings)
            if outcome is not None:
                return outcome
            if track.flight is flight:
                track.close_flight()
        if not ask.explicit:
            parse = partial(parse_document, ask.snapshot, track.syntax)
            reason = why_not_ask(ask.snapshot, ask.position, track.rejected, parse)
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
        outcome = await self._join(flight, ask, track, hosted, settings)
        return outcome or Outcome("empty", NOTHING, hosted.name)

    async def ask_anew(
        self, ask: Ask, track: Track, hosted: Hosted, settings: Completion, temperature: float
    ) -> Outcome:
        """Another answer for a place that has one. Raises as `ask` does."""
        track.close_flight()
        flight = self._launch(ask, track, hosted, settings, temperature=temperature)
        outcome = await self._join(flight, ask, track, hosted, settings)
        return outcome or Outcome("empty", NOTHING, hosted.name)

    async def _join(
        self, flight: Flight, ask: Ask, track: Track, hosted: Hosted, settings: Completion
    ) -> Outcome | None:
        """The outcome from a request in flight, None where it cannot serve this place."""
        typed = flight.typed_at(ask.snapshot, ask.position)
        if typed is None:
            return None
        place = make_place(ask, settings, track.syntax)

        reader = Reader(place, partial(find_spot_beside, ask, track.syntax))
        is_read_for_it = typed == flight.assumed and place == flight.place

        def is_enough(answer: str) -> bool:
            if is_read_for_it:
                # Its own reader ends it.
                return False
            if not flight.agrees(typed):
                return True
            rest = answer[len(typed) :]
            return bool(rest) and reader.has_enough(rest)

        seconds = choose_deadline(settings, local=hosted.provider.endpoint.is_loopback)
        # What the answer is judged by is needed when it has come; till then the processor is idle.
        preparing = self._spawn(_prepare(place, ask, track.syntax, _PARSE_S), "parse")
        try:
            in_time = await flight.wait_until(is_enough, flight.started + seconds)
        except asyncio.CancelledError:
            self._spawn(_close_orphan(flight), "close-orphan")
            raise
        finally:
            preparing.cancel()
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
        if preparing.done() and not preparing.cancelled():
            place = preparing.result()
        else:
            place = await _prepare(place, ask, track.syntax)
        refined = refine(rest, place)
        if isinstance(refined, Dropped):
            return Outcome("empty", refined.reason, hosted.name, flight.model)
        return Outcome(
            "shown", flight.reason, hosted.name, flight.model, make_items(ask, [refined])
        )

    def _launch(
        self,
        ask: Ask,
        track: Track,
        hosted: Hosted,
        settings: Completion,
        assumed: str = "",
        temperature: float = 0.0,
    ) -> Flight:
        """Send a request; with `assumed`, as if that text had been accepted at the place."""
        origin = Origin(ask.snapshot, ask.position)
        if assumed:
            edit = make_inline_edit(ask.snapshot, ask.position, assumed)
            snapshot, position = accept(ask.snapshot, edit)
            ask = Ask(snapshot, position, ask.path, ask.file, ask.repository)
        # A document that is only assumed has no tree.
        place = make_place(ask, settings, None if assumed else track.syntax)
        keep = partial(self._keep, ask, hosted, is_cut=True)
        track.flight = flight = Flight(origin, place, keep, assumed)
        fly = self._fly(flight, ask, track.syntax, hosted, settings, temperature)
        flight.carry(self._spawn(fly, "flight"))
        return flight

    async def _fly(
        self,
        flight: Flight,
        ask: Ask,
        syntax: SyntaxTree,
        hosted: Hosted,
        settings: Completion,
        temperature: float,
    ) -> None:
        snapshot, position = ask.snapshot, ask.position
        deadline = choose_deadline(settings, local=hosted.provider.endpoint.is_loopback)

        async def gather(tokens: int) -> Context:
            seconds = AHEAD_S if flight.assumed else BY_HAND_S if ask.explicit else AT_KEY_S
            context = await self._context.gather(
                snapshot, position, ask.path, ask.repository, tokens, seconds=seconds
            )
            if not hosted.redacts:
                return context
            line = snapshot.line_text(position.line)
            return guard_cursor(context, line[: position.column], line[position.column :])

        try:
            reply = await ask_models(
                hosted.provider,
                hosted.route,
                gather,
                flight.place,
                flight,
                max_prompt_tokens=settings.max_prompt_tokens,
                max_tokens=choose_max_tokens(settings, multiline=flight.place.multiline),
                deadline_ms=int(deadline * 1000),
                temperature=temperature,
                find_spot=partial(find_spot_beside, ask, syntax),
            )
        except ProviderError as error:
            if error.fault.code != IN_SECRET:
                hosted.note_fault(error.fault)
            flight.error = error
            return
        if not flight.is_over:
            self._keep(ask, hosted, flight, is_cut=False)
        hosted.note_reply(reply)

    def _keep(self, ask: Ask, hosted: Hosted, flight: Flight, *, is_cut: bool) -> None:
        """Keep an answer; `is_cut` where the model would have gone on."""
        known = Known(flight.text, hosted.name, flight.model, is_cut)
        self._store.put(ask.snapshot, ask.position, known)

    async def speculate(
        self,
        ask: Ask,
        track: Track,
        hosted: Hosted,
        settings: Completion,
        check: Callable[[], Verdict],
        text: str,
        delay: float,
    ) -> None:
        """Ask as if the shown text had been accepted, unless that is known or asked already, or the
        document may not be sent any more."""
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
        if self._store.find(snapshot, position) or not check().allowed:
            return
        await self._limiter.acquire()
        self._launch(ask, track, hosted, settings, text)


async def _prepare(place: Place, ask: Ask, syntax: SyntaxTree, delay: float = 0.0) -> Place:
    """The place with its spot in the tree, after `delay` seconds."""
    await parse_ahead(ask.snapshot, syntax, delay)
    place = with_syntax(place, ask, syntax)
    if place.spot is not None:
        # It is remembered.
        count_allowed(place.spot)
    return place


async def _close_orphan(flight: Flight) -> None:
    """Close a request that was cancelled, unless another still waits for it."""
    await asyncio.sleep(_ORPHAN_S)
    since_edit = asyncio.get_running_loop().time() - flight.followed
    if not flight.waiting and since_edit > _PAUSE_S:
        flight.cancel()


def _deadline_fault(origin: str, seconds: float) -> Fault:
    return Fault(
        Action.RETRY,
        f"{origin} did not answer within {seconds:g} s (qwen.completion.deadlineMs).",
        "deadline",
    )
