"""The spine: a place in a snapshot -> gate -> context -> prompt -> provider -> filters -> edit.

The embedded engine is asked at the same time as the model, so that its answer is at hand the moment
the model fails or the deadline passes.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from lsp_server.completion.ask import Reply, ask_models
from lsp_server.completion.base import Ask, Item, Outcome
from lsp_server.completion.breaker import Breaker
from lsp_server.completion.trigger import (
    choose_deadline,
    choose_debounce,
    choose_max_tokens,
    wants_lines,
)
from lsp_server.context.base import Context
from lsp_server.context.window import gather_window
from lsp_server.edit import make_inline_edit
from lsp_server.embedded.engine import Suggestion
from lsp_server.models.route import Route
from lsp_server.postprocess import refine
from lsp_server.postprocess.base import Dropped, Place
from lsp_server.privacy.gate import Verdict
from lsp_server.prompt.base import Form
from lsp_server.provider.base import Provider
from lsp_server.provider.errors import Action, Fault, ProviderError
from lsp_server.settings import Completion

# What the embedded engine is shown around the cursor, in lines.
_LINES_BEFORE = 2000
_LINES_AFTER = 500
# `completion.embedded: "first"`: sure enough to answer alone.
_SURE = 0.9

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


@dataclass(frozen=True, slots=True)
class Engines:
    """Who can answer. `why_no_model` says why there is no `hosted`."""

    embedded: Embedded
    hosted: Hosted | None = None
    why_no_model: str = ""


async def complete(ask: Ask, engines: Engines, settings: Completion, verdict: Verdict) -> Outcome:
    """The outcome of one request; always one, whatever fails.

    Cancelling it closes the connection it holds.
    """
    started = time.monotonic()
    outcome = await _complete(ask, engines, settings, verdict)
    return outcome.took(time.monotonic() - started)


async def _complete(ask: Ask, engines: Engines, settings: Completion, verdict: Verdict) -> Outcome:
    language = ask.snapshot.language
    if not settings.enabled:
        return Outcome("off", "Ghost text is switched off (qwen.completion.enabled).")
    if not settings.allows(language):
        return Outcome("off", f"Ghost text is switched off for {language}.")
    hosted = engines.hosted
    why_not = _why_no_model(ask, engines, settings, verdict)
    if hosted is None or why_not:
        if settings.embedded == "off":
            return Outcome("empty", f"{why_not} The embedded engine is switched off.")
        return _embedded_outcome(ask, await _ask_embedded(ask, engines), why_not)

    embedded = asyncio.create_task(_ask_embedded(ask, engines), name="embedded-suggest")
    try:
        if settings.embedded == "first":
            found = await embedded
            if found and found[0].confidence >= _SURE:
                return _embedded_outcome(ask, found, "The embedded engine is sure.")
        await asyncio.sleep(choose_debounce(settings, explicit=ask.explicit))
        try:
            return await _ask_hosted(ask, hosted, settings)
        except ProviderError as error:
            hosted.note_fault(error.fault)
            if settings.embedded == "off":
                return Outcome("failed", error.fault.sentence)
            found = await embedded
            return _embedded_outcome(ask, found, error.fault.sentence)
    finally:
        embedded.cancel()


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
    snapshot, position = ask.snapshot, ask.position
    first = max(0, position.line - _LINES_BEFORE)
    line = snapshot.lines[position.line]
    before = "".join(snapshot.lines[first : position.line]) + line[: position.column]
    last = position.line + _LINES_AFTER
    after = line[position.column :] + "".join(snapshot.lines[position.line + 1 : last])
    return await engines.embedded.suggest(
        ask.file,
        snapshot.language,
        _unix(before),
        _unix(after),
        limit=3 if ask.explicit else 1,
        eager=ask.explicit,
    )


def _embedded_outcome(ask: Ask, found: list[Suggestion], why: str) -> Outcome:
    if not found:
        reason = f"{why} The embedded engine knows nothing like this place."
        return Outcome("empty", reason.strip(), "embedded")
    return Outcome("shown", why, "embedded", None, _make_items(ask, [one.text for one in found]))


async def _ask_hosted(ask: Ask, hosted: Hosted, settings: Completion) -> Outcome:
    """Raises `ProviderError`, also when the deadline passes."""
    snapshot, position = ask.snapshot, ask.position
    multiline = wants_lines(snapshot, position, settings.multiline)
    place = _make_place(ask, multiline)
    endpoint = hosted.provider.endpoint
    deadline = choose_deadline(settings, local=endpoint.is_loopback)

    def gather(tokens: int) -> Context:
        prefix, suffix = gather_window(snapshot, position, tokens)
        return Context(ask.path, snapshot.language, prefix, suffix, ask.repository)

    try:
        reply = await asyncio.wait_for(
            ask_models(
                hosted.provider,
                hosted.route,
                gather,
                place,
                max_prompt_tokens=settings.max_prompt_tokens,
                max_tokens=choose_max_tokens(settings, multiline=multiline),
                deadline_ms=int(deadline * 1000),
            ),
            deadline,
        )
    except asyncio.TimeoutError:
        raise ProviderError(_deadline_fault(endpoint.origin, deadline)) from None
    hosted.note_reply(reply)
    refined = refine(reply.answer.text, place)
    if isinstance(refined, Dropped):
        return Outcome("empty", refined.reason, endpoint.provider, reply.model)
    items = _make_items(ask, [refined])
    reason = f"{reply.model} answered, asked by {_FORM_NAMES[reply.form]}."
    return Outcome("shown", reason, endpoint.provider, reply.model, items)


def _make_place(ask: Ask, multiline: bool) -> Place:
    # The filters look near the cursor only; a bound keeps them quick in a large file.
    snapshot, position = ask.snapshot, ask.position
    line = snapshot.lines[position.line]
    before = snapshot.lines[max(0, position.line - 200) : position.line]
    after = snapshot.lines[position.line + 1 : position.line + 200]
    return Place(
        snapshot.language,
        _unix("".join(before) + line[: position.column]),
        _unix(line[position.column :] + "".join(after)),
        multiline,
    )


def _make_items(ask: Ask, texts: list[str]) -> tuple[Item, ...]:
    return tuple(Item(text, make_inline_edit(ask.snapshot, ask.position, text)) for text in texts)


def _deadline_fault(origin: str, seconds: float) -> Fault:
    return Fault(
        Action.RETRY,
        f"{origin} did not answer within {seconds:g} s (qwen.completion.deadlineMs).",
        "deadline",
    )


def _unix(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
