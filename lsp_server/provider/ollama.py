"""Ollama's `/api/generate`: with `suffix` where the model can insert, else raw tokens."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING

from lsp_server.prompt.base import FimPrompt, Form, InfillPrompt
from lsp_server.provider.base import Endpoint, Piece, Request, Text, Usage
from lsp_server.provider.errors import ProviderError, classify, cut_short
from lsp_server.provider.http import make_client, read_fault, require_stream, translate
from lsp_server.provider.openai_compatible import OpenAICompatible

if TYPE_CHECKING:
    import httpx2

# Its own default of 4,096 tokens would silently cut a prompt of the size that may be asked for.
_CONTEXT_TOKENS = 8192


class Ollama:
    """Never raw tokens on its OpenAI-compatible path: there a template wraps them."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._root = endpoint.base_url.removesuffix("/v1")
        self._client: httpx2.AsyncClient | None = None
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
        await asyncio.to_thread(self._connect)
        await self._compatible.prepare()

    async def stream(self, request: Request) -> AsyncGenerator[Piece, None]:
        """See `Provider.stream`."""
        match request.prompt:
            case InfillPrompt() as prompt:
                body: dict[str, object] = {"prompt": prompt.prefix, "suffix": prompt.suffix}
            case FimPrompt() as prompt:
                body = {"prompt": prompt.text, "raw": True}
            case _:
                async for piece in self._compatible.stream(request):
                    yield piece
                return
        try:
            async for piece in self._generate(request, body, prompt.stop):
                yield piece
        except Exception as error:
            raise translate(error, self._endpoint) from None

    async def list_models(self) -> tuple[str, ...]:
        """Names from `/api/tags`."""
        try:
            response = await self._connect().get(f"{self._root}/api/tags")
            if response.status_code != 200:
                raise ProviderError(await read_fault(response, self._endpoint, ""))
            return tuple(str(model["name"]) for model in response.json()["models"])
        except Exception as error:
            raise translate(error, self._endpoint) from None

    async def close(self) -> None:
        """Close the connections kept open."""
        await self._compatible.close()
        if self._client is not None:
            await self._client.aclose()

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
        client = self._connect()
        async with client.stream("POST", f"{self._root}/api/generate", json=body) as response:
            if response.status_code != 200:
                raise ProviderError(await read_fault(response, self._endpoint, request.model))
            require_stream(response.headers, self._endpoint, "application/x-ndjson")
            async for line in response.aiter_lines():
                data = json.loads(line) if line.strip() else {}
                if not isinstance(data, dict):
                    raise ValueError("a line that is no object")
                if "error" in data:
                    origin = self._endpoint.origin
                    raise ProviderError(classify(None, data, model=request.model, origin=origin))
                if data.get("response"):
                    yield Text(str(data["response"]))
                if data.get("done"):
                    yield Usage(
                        int(data.get("prompt_eval_count", 0)), int(data.get("eval_count", 0))
                    )
                    return
            raise ProviderError(cut_short(self._endpoint.origin))

    def _connect(self) -> httpx2.AsyncClient:
        if self._client is None:
            self._client = make_client(self._endpoint)
        return self._client
