"""A tiny real request, to see whether a model answers, in which form and how fast."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing

from lsp_server.cli.diagnosis import Trial
from lsp_server.completion.ask import ask_models
from lsp_server.completion.pipeline import Hosted
from lsp_server.context.base import Context
from lsp_server.models.route import Route
from lsp_server.postprocess.base import Place
from lsp_server.prompt.base import Form
from lsp_server.provider.base import Endpoint, Piece, Provider, Request, Text
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
    provider = Stopwatch(hosted.provider)
    asking = ask_models(
        provider,
        Route(hosted.route.chain, hosted.route.mode),
        lambda _tokens: _CONTEXT,
        _PLACE,
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
    trial = Trial(reply.model, reply.form, provider.first_ms, _milliseconds_since(started))
    return trial, tuple(fault.sentence for fault in reply.passed_over)


class Stopwatch:
    """A provider that notes when the first text of its last answer came, in milliseconds."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self.first_ms: float | None = None

    @property
    def endpoint(self) -> Endpoint:
        """See `Provider`, as for all that follows."""
        return self._provider.endpoint

    def forms(self, model: str) -> tuple[Form, ...]:
        """Handed on."""
        return self._provider.forms(model)

    async def prepare(self) -> None:
        """Handed on."""
        await self._provider.prepare()

    async def stream(self, request: Request) -> AsyncGenerator[Piece, None]:
        """Handed on piece by piece."""
        self.first_ms = None
        started = time.monotonic()
        async with aclosing(self._provider.stream(request)) as pieces:
            async for piece in pieces:
                if self.first_ms is None and isinstance(piece, Text):
                    self.first_ms = _milliseconds_since(started)
                yield piece

    async def list_models(self) -> tuple[str, ...]:
        """Handed on."""
        return await self._provider.list_models()

    async def close(self) -> None:
        """Handed on."""
        await self._provider.close()


def _milliseconds_since(started: float) -> float:
    return round((time.monotonic() - started) * 1000, 1)
