"""llama.cpp's own `/infill`, which builds the repository prompt itself."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from contextlib import aclosing

from lsp_server.prompt.base import Form, InfillPrompt
from lsp_server.provider.base import Endpoint, Piece, Request, Text, Usage
from lsp_server.provider.errors import ProviderError, cut_short
from lsp_server.provider.flow import Flow
from lsp_server.provider.http import read_end, reading, require_stream, translate
from lsp_server.provider.link import Link, require_object
from lsp_server.provider.openai_compatible import OpenAICompatible


class LlamaCpp:
    """`/infill` first; raw tokens and partial mode on its OpenAI-compatible paths after that."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._root = endpoint.base_url.removesuffix("/v1")
        self._link = Link(endpoint)
        self._compatible = OpenAICompatible(
            Endpoint("llamacpp", f"{self._root}/v1", endpoint.key, endpoint.reason)
        )

    @property
    def endpoint(self) -> Endpoint:
        """Where it asks."""
        return self._endpoint

    def forms(self, model: str) -> tuple[Form, ...]:
        """Its own path knows the model's tokens, whatever the family."""
        return ("infill", *self._compatible.forms(model))

    async def prepare(self) -> None:
        """Load the HTTP client and the trust store, off the event loop."""
        await self._link.prepare()
        await self._compatible.prepare()

    async def stream(self, request: Request) -> AsyncGenerator[Piece, None]:
        """See `Provider.stream`."""
        if not isinstance(request.prompt, InfillPrompt):
            async with aclosing(self._compatible.stream(request)) as pieces:
                async for piece in pieces:
                    yield piece
            return
        try:
            async with aclosing(self._stream_infill(request, request.prompt)) as pieces:
                async for piece in pieces:
                    yield piece
        except Exception as error:
            raise translate(error, self._endpoint) from None

    async def list_models(self) -> tuple[str, ...]:
        """Names from `/v1/models`, where a model's id is the whole path of its file."""
        return tuple(
            re.split(r"[/\\]", model)[-1] for model in await self._compatible.list_models()
        )

    async def close(self) -> None:
        """Close the connections kept open."""
        await self._compatible.close()
        await self._link.close()

    async def _stream_infill(
        self, request: Request, prompt: InfillPrompt
    ) -> AsyncGenerator[Piece, None]:
        from httpx2 import EventSource

        body = {
            "input_prefix": prompt.prefix,
            "input_suffix": prompt.suffix,
            "input_extra": [{"filename": name, "text": text} for name, text in prompt.extra],
            "n_predict": request.max_tokens,
            "t_max_predict_ms": request.deadline_ms,
            "temperature": request.temperature,
            "stop": list(prompt.stop),
            "cache_prompt": True,
            "stream": True,
        }
        async with self._link.post(f"{self._root}/infill", body, request.model) as response:
            require_stream(response.headers, self._endpoint, "text/event-stream")
            flow = Flow(self._endpoint.origin, request.max_tokens)
            async with reading(aiter(EventSource(response))) as events:
                async for event in events:
                    if event.data == "[DONE]":
                        await read_end(events)
                        return
                    data = require_object(event.json(), self._endpoint, request.model)
                    if data.get("content"):
                        yield Text(str(data["content"]))
                    if data.get("stop"):
                        # `tokens_evaluated` counts the prompt, `tokens_cached` what was kept of it.
                        yield Usage(
                            int(data.get("tokens_evaluated", 0)),
                            int(data.get("tokens_predicted", 0)),
                        )
                        await read_end(events)
                        return
                    await flow.take(is_empty=not data.get("content"))
            raise ProviderError(cut_short(self._endpoint.origin))
