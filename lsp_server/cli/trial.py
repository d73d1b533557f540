"""A tiny real request, to see whether a model answers, in which form and how fast."""

from __future__ import annotations

import asyncio
import time

from lsp_server.cli.diagnosis import Trial
from lsp_server.completion.ask import ask_models
from lsp_server.completion.engines import Hosted
from lsp_server.context.base import Context
from lsp_server.models.route import Route
from lsp_server.postprocess.base import Place
from lsp_server.prompt.base import Form
from lsp_server.provider.errors import ProviderError

# Far past the deadline of a completion: a slow answer is worth telling apart from none.
_PATIENCE_S = 15.0
_MAX_TOKENS = 8
_PROMPT_TOKENS = 256
_CONTEXT = Context("example.py", "python", "def add(a, b):\n    return ", "\n")
_PLACE = Place("python", _CONTEXT.prefix, _CONTEXT.suffix, multiline=False)


async def try_model(hosted: Hosted) -> tuple[Trial | None, tuple[str, ...]]:
    """One completion by the lane's first model that answers, and what went wrong before.

    None where none answers. What the session has learnt of its models is left as it is.
    """
    stopwatch = Stopwatch()
    asking = ask_models(
        hosted.provider,
        Route(hosted.route.chain, hosted.route.mode),
        _gather,
        _PLACE,
        stopwatch,
        max_prompt_tokens=_PROMPT_TOKENS,
        max_tokens=_MAX_TOKENS,
        deadline_ms=int(_PATIENCE_S * 1000),
    )
    started = time.monotonic()
    try:
        reply = await asyncio.wait_for(asking, _PATIENCE_S)
    except ProviderError as error:
        return None, (error.fault.sentence,)
    except asyncio.TimeoutError:
        origin = hosted.provider.endpoint.origin
        return None, (
            f"{origin} did not answer within {_PATIENCE_S:g} s; check that it runs and is not "
            "overloaded.",
        )
    trial = Trial(reply.model, reply.form, stopwatch.first_ms, _milliseconds_since(started))
    return trial, tuple(fault.sentence for fault in reply.passed_over)


async def _gather(_tokens: int) -> Context:
    return _CONTEXT


class Stopwatch:
    """Notes when the first text came, in milliseconds since it was started."""

    def __init__(self) -> None:
        self.first_ms: float | None = None
        self._started = time.monotonic()

    def begin(self, model: str, form: Form) -> None:
        """A model is asked."""

    def extend(self, text: str) -> None:
        """More has come."""
        if self.first_ms is None and text:
            self.first_ms = _milliseconds_since(self._started)

    def end(self) -> None:
        """Enough has come."""


def _milliseconds_since(started: float) -> float:
    return round((time.monotonic() - started) * 1000, 1)
