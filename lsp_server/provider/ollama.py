"""Ollama's `/api/generate`: with `suffix` where the model can insert, else raw tokens."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing

from lsp_server.prompt.base import FimPrompt, Form, InfillPrompt
from lsp_server.provider.base import Endpoint, Piece, Request, Text, Usage
from lsp_server.provider.errors import ProviderError, cut_short
from lsp_server.provider.flow import Flow
from lsp_server.provider.http import read_end, reading, require_stream, translate
from lsp_server.provider.link import Link, require_object
from lsp_server.provider.openai_compatible import OpenAICompatible

# Its own default of 4,096 tokens would silently cut a prompt of the size that may be asked for.
_CONTEXT_TOKENS = 8192


class Ollama:
    """Never raw tokens on its OpenAI-compatible path: there a template wraps them."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._root = endpoint.base_url.removesuffix("/v1")
        self._link = Link(endpoint)
        self._compatible = OpenAICompatible(
            Endpoint("ollama", f"{self._root}/v1", endpoint.key, endpoint.reason)
        )

    @property
    def endpoint(self) -> Endpoint:
        """Where it asks."""
        return self._endpoint

    def forms(self, model: str) -> tuple[Form, ...]:
        """`infill` needs the model's `insert` capability; without it the raw tokens serve."""
        return ("infill", *self._compatible.forms(model))

    async def prepare(self) -> None:
        """Load the HTTP client and the trust store, off the event loop."""
        await self._link.prepare()
        await self._compatible.prepare()

    async def stream(self, request: Request) -> AsyncGenerator[Piece, None]:
        """See `Provider.stream`."""
        match request.prompt:
            case InfillPrompt() as prompt:
                body: dict[str, object] = {"prompt": prompt.prefix, "suffix": prompt.suffix}
            case FimPrompt() as prompt:
                body = {"prompt": prompt.text, "raw": True}
            case _:
                async with aclosing(self._compatible.stream(request)) as pieces:
                    async for piece in pieces:
                        yield piece
                return
        try:
            async with aclosing(self._generate(request, body, prompt.stop)) as pieces:
                async for piece in pieces:
                    yield piece
        except Exception as error:
            raise translate(error, self._endpoint) from None

    async def list_models(self) -> tuple[str, ...]:
        """Names from `/api/tags`."""
        models = await self._link.get_items(f"{self._root}/api/tags", "models")
        try:
            return tuple(str(model["name"]) for model in models)
        except Exception as error:
            raise translate(error, self._endpoint) from None

    async def close(self) -> None:
        """Close the connections kept open."""
        await self._compatible.close()
        await self._link.close()

    async def _generate(
        self, request: Request, body: dict[str, object], stop: tuple[str, ...]
    ) -> AsyncGenerator[Piece, None]:
        body = {
            "model": request.model,
            **body,
            "stream": True,
            "keep_alive": "30m",
            "options": {
                "num_predict": request.max_tokens,
                "num_ctx": _CONTEXT_TOKENS,
                "temperature": request.temperature,
                "stop": list(stop),
            },
        }
        async with self._link.post(f"{self._root}/api/generate", body, request.model) as response:
            require_stream(response.headers, self._endpoint, "application/x-ndjson")
            flow = Flow(self._endpoint.origin, request.max_tokens)
            async with reading(response.aiter_lines()) as lines:
                async for line in lines:
                    part = json.loads(line) if line.strip() else {}
                    data = require_object(part, self._endpoint, request.model)
                    if data.get("response"):
                        yield Text(str(data["response"]))
                    if data.get("done"):
                        yield Usage(
                            int(data.get("prompt_eval_count", 0)), int(data.get("eval_count", 0))
                        )
                        await read_end(lines)
                        return
                    await flow.take(is_empty=not data.get("response"))
            raise ProviderError(cut_short(self._endpoint.origin))
