"""DashScope's own protocol: plain HTTP and server-sent events, on the path `/api/v1`.

It has partial mode and chat, and no raw fill-in-the-middle. What differs from the compatible mode:
the finish reason is the text "null" until the end, each event counts the tokens so far, errors have
no object around them, and streaming is asked for by a header.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from lsp_server.models.catalogue import load_catalogue
from lsp_server.prompt.base import ChatPrompt, Form, Message, PartialPrompt
from lsp_server.provider.base import Endpoint, Piece, Request, Text, Usage
from lsp_server.provider.errors import (
    Action,
    Fault,
    ProviderError,
    classify,
    cut_short,
    not_an_answer,
    too_long_an_answer,
)
from lsp_server.provider.flow import Flow
from lsp_server.provider.http import (
    decode_json,
    read_body,
    read_end,
    reading,
    require_stream,
    translate,
)
from lsp_server.provider.link import Link

if TYPE_CHECKING:
    import httpx2

_VERSION_PATH = "/api/v1"
_GENERATION = "/services/aigc/text-generation/generation"
_COMPATIBLE = "/compatible-mode/v1"
_STREAMING = {"Accept": "text/event-stream", "X-DashScope-SSE": "enable"}


def is_native(base_url: str) -> bool:
    """Whether an address of DashScope's names its own protocol."""
    return urlsplit(base_url).path.rstrip("/").endswith(_VERSION_PATH)


class DashScope:
    """Partial mode and chat on `/services/aigc/text-generation/generation`."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._base = endpoint.base_url.rstrip("/")
        self._link = Link(endpoint)

    @property
    def endpoint(self) -> Endpoint:
        """Where it asks."""
        return self._endpoint

    def forms(self, model: str) -> tuple[Form, ...]:
        """Partial mode, which a model that always thinks refuses."""
        return () if load_catalogue().find(model).thinks else ("partial",)

    async def prepare(self) -> None:
        """Load the HTTP client and the trust store, off the event loop."""
        await self._link.prepare()

    async def stream(self, request: Request) -> AsyncGenerator[Piece, None]:
        """See `Provider.stream`. The tokens so far come with each event that tells them anew."""
        try:
            async with aclosing(self._stream(request)) as pieces:
                async for piece in pieces:
                    yield piece
        except Exception as error:
            raise self._translate(error) from None

    async def list_models(self) -> tuple[str, ...]:
        """Ids from the compatible mode's `/models` at the same origin; this protocol has no list
        of its own."""
        address = self._base.removesuffix(_VERSION_PATH) + _COMPATIBLE
        models = await self._link.get_items(f"{address}/models", "data")
        try:
            return tuple(str(model["id"]) for model in models)
        except Exception as error:
            raise self._translate(error) from None

    async def close(self) -> None:
        """Close the connections kept open."""
        await self._link.close()

    async def _stream(self, request: Request) -> AsyncGenerator[Piece, None]:
        from httpx2 import EventSource

        body = self._make_body(request)
        address = self._base + _GENERATION
        async with self._link.post(address, body, request.model, _STREAMING) as response:
            await self._require_events(response, request.model)
            flow = Flow(self._endpoint.origin, request.max_tokens)
            counted: Usage | None = None
            async with reading(aiter(EventSource(response))) as events:
                async for event in events:
                    data = event.json()
                    if not isinstance(data, dict):
                        raise ValueError("an event that is no object")
                    if event.event == "error" or (data.get("code") and not data.get("output")):
                        raise ProviderError(self._classify(data, request.model))
                    usage = _read_usage(data.get("usage"))
                    if usage is not None and usage != counted:
                        # Before the text, so that whoever has read enough knows what it has cost.
                        counted = usage
                        yield usage
                    text, finish = _read_output(data.get("output"))
                    is_empty = not (text.text or text.thoughts)
                    if not is_empty:
                        yield text
                    if finish == "length" and isinstance(request.prompt, ChatPrompt):
                        # Half a rewritten region is none; half a completion may well be shown.
                        fault = too_long_an_answer(request.model, request.max_tokens)
                        raise ProviderError(fault)
                    if finish:
                        await read_end(events)
                        return
                    await flow.take(is_empty=is_empty)
        raise ProviderError(cut_short(self._endpoint.origin))

    def _make_body(self, request: Request) -> dict[str, object]:
        entry = load_catalogue().find(request.model)
        parameters: dict[str, object] = {
            "result_format": "message",
            "incremental_output": True,
            "max_tokens": request.max_tokens,
        }
        match request.prompt:
            case PartialPrompt() as prompt:
                messages = _write_messages(prompt.messages, takes_system=entry.takes_system)
                messages[-1]["partial"] = True
                parameters["temperature"] = request.temperature
                parameters |= entry.thinking_parameters(think=False)
            case ChatPrompt() as prompt:
                messages = _write_messages(prompt.messages, takes_system=entry.takes_system)
                parameters |= entry.sampling.parameters()
                parameters |= entry.thinking_parameters(
                    think=prompt.thinks, budget=prompt.thinking_budget
                )
            case _:
                raise ProviderError(_no_raw_text(self._endpoint.origin))
        if prompt.stop:
            parameters["stop"] = list(prompt.stop)
        return {"model": request.model, "input": {"messages": messages}, "parameters": parameters}

    async def _require_events(self, response: httpx2.Response, model: str) -> None:
        """A 200 may be no stream and carry an error's code."""
        if response.headers.get("content-type", "").startswith("application/json"):
            value = decode_json(await read_body(response))
            if isinstance(value, Mapping) and value.get("code"):
                raise ProviderError(self._classify(value, model))
        require_stream(response.headers, self._endpoint, "text/event-stream")

    def _classify(self, body: object, model: str) -> Fault:
        return classify(None, body, model=model, origin=self._endpoint.origin)

    def _translate(self, error: Exception) -> ProviderError:
        import httpx2

        if isinstance(error, httpx2.SSEError):
            # An event of more than a megabyte, which is no model's.
            return ProviderError(not_an_answer(self._endpoint.origin, "something endless"))
        return translate(error, self._endpoint)


def _write_messages(
    messages: tuple[Message, ...], *, takes_system: bool
) -> list[dict[str, object]]:
    """As they go out; where a model takes no rules, the first question begins with them."""
    written: list[dict[str, object]] = []
    rules = ""
    for message in messages:
        if message.role == "system" and not takes_system:
            rules += f"{message.content}\n\n"
            continue
        begins = message.role == "user" and rules
        content = rules + message.content if begins else message.content
        rules = "" if begins else rules
        written.append({"role": message.role, "content": content})
    return written


def _read_output(output: object) -> tuple[Text, str]:
    """The piece that one event brings, and the reason to end with it, empty before the end."""
    choices = output.get("choices") if isinstance(output, Mapping) else None
    if not isinstance(choices, list) or not choices:
        return Text(""), ""
    choice = choices[0]
    message: Any = choice.get("message") or {}
    thought = message.get("reasoning_content") or ""
    finish = str(choice.get("finish_reason") or "null")
    text = Text(_read_content(message.get("content")), len(thought))
    return text, "" if finish == "null" else finish


def _read_content(content: object) -> str:
    """Models that see pictures too answer in a list of parts."""
    if isinstance(content, list):
        return "".join(str(part.get("text") or "") for part in content)
    return str(content or "")


def _read_usage(usage: object) -> Usage | None:
    """Tokens so far; thinking counts as output."""
    if not isinstance(usage, Mapping):
        return None
    details: Any = usage.get("prompt_tokens_details") or {}
    return Usage(
        int(usage.get("input_tokens") or 0),
        int(usage.get("output_tokens") or 0),
        int(details.get("cached_tokens") or 0),
    )


def _no_raw_text(origin: str) -> Fault:
    return Fault(
        Action.TELL,
        f"{origin} takes no fill-in-the-middle tokens on {_VERSION_PATH}; set qwen.completion.mode "
        f"to auto, or let qwen.baseUrl end with {_COMPATIBLE}.",
        "unsupported_form",
    )
