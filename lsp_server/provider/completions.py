"""Raw fill-in-the-middle on `/completions`, by plain HTTP: what the SDK does around a request and
to each event of the answer takes most of a millisecond at a key."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

from lsp_server.prompt.base import FimPrompt
from lsp_server.provider.base import Endpoint, Piece, Request, Text, Usage
from lsp_server.provider.errors import ProviderError, classify, cut_short
from lsp_server.provider.flow import Flow
from lsp_server.provider.http import read_end, reading, require_stream
from lsp_server.provider.link import Link, require_object

_END = "[DONE]"


async def stream_completion(
    link: Link, endpoint: Endpoint, request: Request, prompt: FimPrompt
) -> AsyncGenerator[Piece, None]:
    """The answer piece by piece. Raises `ProviderError`, or what the transport raises."""
    from httpx2 import EventSource

    body = {
        "model": request.model,
        "prompt": _write(prompt, endpoint),
        "max_tokens": request.max_tokens,
        "temperature": request.temperature,
        "stop": list(prompt.stop),
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    async with link.post(f"{endpoint.base_url}/completions", body, request.model) as response:
        require_stream(response.headers, endpoint, "text/event-stream")
        is_finished = False
        flow = Flow(endpoint.origin, request.max_tokens)
        async with reading(aiter(EventSource(response))) as events:
            async for event in events:
                if event.data == _END:
                    await read_end(events)
                    break
                data = require_object(event.json(), endpoint, request.model)
                choices = data.get("choices") or ()
                if data.get("code") and not choices:
                    # A 200 may carry an error's code, and so may a part of a stream.
                    fault = classify(None, data, model=request.model, origin=endpoint.origin)
                    raise ProviderError(fault)
                text = "".join(choice.get("text") or "" for choice in choices)
                is_finished |= any(choice.get("finish_reason") for choice in choices)
                if text:
                    yield Text(text)
                if data.get("usage"):
                    yield _read_usage(data["usage"])
                await flow.take(is_empty=not text)
        if not is_finished:
            # A stream that broke off may end as if it were whole; only a finish reason tells.
            raise ProviderError(cut_short(endpoint.origin))


def _write(prompt: FimPrompt, endpoint: Endpoint) -> str:
    # DashScope documents the form for a prefix alone without the last token.
    if endpoint.provider == "dashscope":
        return prompt.text.replace("<|fim_suffix|><|fim_middle|>", "<|fim_suffix|>")
    return prompt.text


def _read_usage(usage: dict[str, Any]) -> Usage:
    details = usage.get("prompt_tokens_details") or {}
    return Usage(
        int(usage.get("prompt_tokens") or 0),
        int(usage.get("completion_tokens") or 0),
        int(details.get("cached_tokens") or 0),
    )
