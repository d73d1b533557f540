"""OpenAI-compatible endpoints: DashScope's compatible mode, vLLM, LM Studio, llama.cpp, others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, cast

from lsp_server.models.catalogue import load_catalogue
from lsp_server.prompt.base import ChatPrompt, FimPrompt, Form, InfillPrompt, PartialPrompt
from lsp_server.provider.base import Endpoint, Piece, Request, Text, Usage
from lsp_server.provider.completions import stream_completion
from lsp_server.provider.errors import (
    ProviderError,
    classify,
    cut_short,
    not_an_answer,
    too_long_an_answer,
)
from lsp_server.provider.flow import Flow
from lsp_server.provider.http import load_backend, reading, require_stream, translate
from lsp_server.provider.link import Link

if TYPE_CHECKING:
    import openai
    from openai.types.chat import ChatCompletionChunk

# Who goes on from the assistant's own message. Another begins a message anew, in which a fence
# comes before the code, so that it must not be stopped there.
_CONTINUING = frozenset({"dashscope", "vllm", "llamacpp", "ollama"})

# Who knows `top_k` and `repetition_penalty`; another may refuse what it does not know.
_SAMPLING_BY_K = frozenset({"dashscope", "vllm"})


class OpenAICompatible:
    """Raw fill-in-the-middle on `/completions`; partial mode and chat on `/chat/completions`."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._link = Link(endpoint)
        self._client: openai.AsyncOpenAI | None = None
        # Newer models refuse `max_tokens` in a chat, and ask for the other name.
        self._completion_limited: set[str] = set()

    @property
    def endpoint(self) -> Endpoint:
        """Where it asks."""
        return self._endpoint

    def forms(self, model: str) -> tuple[Form, ...]:
        """Fill-in-the-middle first where the catalogue says that model and endpoint take it."""
        entry = load_catalogue().find(model)
        takes_fim = entry.fim == "hosted" or (
            entry.fim == "local" and self._endpoint.provider != "dashscope"
        )
        if entry.thinks:
            return ("fim",) if takes_fim else ()
        return ("fim", "partial") if takes_fim else ("partial",)

    async def prepare(self) -> None:
        """Load the SDK, the trust store and the catalogue, off the event loop."""
        await asyncio.to_thread(self._load)

    async def stream(self, request: Request) -> AsyncGenerator[Piece, None]:
        """See `Provider.stream`."""
        try:
            async with aclosing(self._stream(request)) as pieces:
                async for piece in pieces:
                    yield piece
        except Exception as error:
            raise self._translate(error, request.model) from None

    async def list_models(self) -> tuple[str, ...]:
        """Ids from `/models`."""
        try:
            page = await self._connect().models.list()
            return tuple(model.id for model in page.data or ())
        except Exception as error:
            raise self._translate(error, "") from None

    async def close(self) -> None:
        """Close the connections kept open."""
        await self._link.close()

    async def _stream(self, request: Request) -> AsyncGenerator[Piece, None]:
        match request.prompt:
            case FimPrompt() as prompt:
                pieces = stream_completion(self._link, self._endpoint, request, prompt)
                async with aclosing(pieces):
                    async for piece in pieces:
                        yield piece
                return
            case PartialPrompt() as prompt:
                stream = await self._open_partial(request, prompt)
            case ChatPrompt() as prompt:
                stream = await self._open_chat(request, prompt)
            case InfillPrompt():
                raise TypeError("this endpoint takes no infill prompt")
        async with stream, reading(stream):
            require_stream(stream.response.headers, self._endpoint, "text/event-stream")
            finish: str | None = None
            flow = Flow(self._endpoint.origin, request.max_tokens)
            async for chunk in stream:
                self._raise_embedded_error(chunk, request.model)
                is_empty = True
                for choice in chunk.choices or ():
                    finish = choice.finish_reason or finish
                    text = _read_delta(choice)
                    if text.text or text.thoughts:
                        is_empty = False
                        yield text
                if chunk.usage is not None:
                    yield _usage(chunk.usage)
                await flow.take(is_empty=is_empty)
            if finish is None:
                # The SDK ends a broken stream as if it were whole; only a finish reason tells.
                raise ProviderError(cut_short(self._endpoint.origin))
            if finish == "length" and isinstance(request.prompt, ChatPrompt):
                # Half a rewritten region is none; half a completion may well be shown.
                raise ProviderError(too_long_an_answer(request.model, request.max_tokens))

    async def _open_partial(
        self, request: Request, prompt: PartialPrompt
    ) -> openai.AsyncStream[ChatCompletionChunk]:
        from openai import omit

        return await self._connect().chat.completions.create(
            model=request.model,
            messages=cast(Any, self._messages(prompt)),
            max_tokens=request.max_tokens,
            temperature=request.temperature,
            stop=list(prompt.stop) if self._endpoint.provider in _CONTINUING else omit,
            stream=True,
            stream_options={"include_usage": True},
            extra_body=self._extra_body(request.model),
        )

    async def _open_chat(
        self, request: Request, prompt: ChatPrompt
    ) -> openai.AsyncStream[ChatCompletionChunk]:
        from openai import BadRequestError

        for attempt in ("first", "second"):
            name = "max_tokens"
            if request.model in self._completion_limited:
                name = "max_completion_tokens"
            parameters: dict[str, Any] = {
                "model": request.model,
                "messages": self._chat_messages(request.model, prompt),
                name: request.max_tokens,
                "stream": True,
                "stream_options": {"include_usage": True},
                "extra_body": self._chat_body(request.model, prompt),
            }
            sampling = load_catalogue().find(request.model).sampling
            if sampling.temperature is not None:
                parameters["temperature"] = sampling.temperature
            if sampling.top_p is not None:
                parameters["top_p"] = sampling.top_p
            if prompt.stop:
                parameters["stop"] = list(prompt.stop)
            try:
                return cast(
                    "openai.AsyncStream[ChatCompletionChunk]",
                    await self._connect().chat.completions.create(**parameters),
                )
            except BadRequestError as error:
                asks_for_other = "max_completion_tokens" in str(error.body)
                if attempt == "second" or name != "max_tokens" or not asks_for_other:
                    raise
                self._completion_limited.add(request.model)
        raise AssertionError("the second attempt returns or raises")

    def _chat_messages(self, model: str, prompt: ChatPrompt) -> list[dict[str, object]]:
        messages = [(message.role, message.content) for message in prompt.messages]
        if not load_catalogue().find(model).takes_system and messages[0][0] == "system":
            (_, rules), (role, question), *rest = messages
            messages = [(role, f"{rules}\n\n{question}"), *rest]
        return [{"role": role, "content": content} for role, content in messages]

    def _chat_body(self, model: str, prompt: ChatPrompt) -> dict[str, object]:
        """What the SDK has no parameters for."""
        entry = load_catalogue().find(model)
        provider = self._endpoint.provider
        body: dict[str, object] = {}
        if provider == "dashscope":
            body.update(
                entry.thinking_parameters(think=prompt.thinks, budget=prompt.thinking_budget)
            )
        if provider in _SAMPLING_BY_K and entry.sampling.top_k is not None:
            body["top_k"] = entry.sampling.top_k
        if provider in _SAMPLING_BY_K and entry.sampling.repetition_penalty is not None:
            body["repetition_penalty"] = entry.sampling.repetition_penalty
        return body

    def _messages(self, prompt: PartialPrompt) -> list[dict[str, object]]:
        messages: list[dict[str, object]] = [
            {"role": message.role, "content": message.content} for message in prompt.messages
        ]
        if self._endpoint.provider != "vllm":
            messages[-1]["partial"] = True
        return messages

    def _extra_body(self, model: str) -> dict[str, object]:
        if self._endpoint.provider == "vllm":
            return {"continue_final_message": True, "add_generation_prompt": False}
        # Partial mode and thinking exclude each other.
        return {"enable_thinking": False} if load_catalogue().find(model).hybrid else {}

    def _connect(self) -> openai.AsyncOpenAI:
        if self._client is None:
            # Imported late: half a second that the start of the server does not have.
            import openai

            self._client = openai.AsyncOpenAI(
                # The key itself is set by the client's guard, for its own origin alone.
                api_key="set-by-the-guard",
                base_url=self._endpoint.base_url,
                max_retries=0,
                http_client=self._link.connect(),
            )
            # Else the SDK finds out for its headers what machine this is, for which Python starts
            # `uname`; the guard takes those headers off anyway.
            self._client._platform = "Unknown"
        return self._client

    def _load(self) -> None:
        """All that the first request would load at its own cost."""
        client = self._connect()
        from openai.types.chat import ChatCompletionChunk

        # The SDK imports its resources, and pydantic builds the types, when they are first used.
        _ = client.chat.completions
        ChatCompletionChunk.model_rebuild()
        load_backend()
        load_catalogue()

    def _raise_embedded_error(self, chunk: object, model: str) -> None:
        """A 200 may carry an error's code, and so may a chunk of a stream."""
        extra = getattr(chunk, "model_extra", None) or {}
        code = extra.get("code")
        if code and not getattr(chunk, "choices", None):
            fault = classify(None, extra, model=model, origin=self._endpoint.origin)
            raise ProviderError(fault)

    def _translate(self, error: Exception, model: str) -> ProviderError:
        import openai

        if isinstance(error, openai.APIStatusError):
            fault = classify(
                error.status_code,
                error.body,
                model=model,
                origin=self._endpoint.origin,
                headers=error.response.headers,
            )
            return ProviderError(fault)
        if isinstance(error, openai.APIConnectionError):
            cause = error.__cause__
            return translate(cause if isinstance(cause, Exception) else error, self._endpoint)
        if isinstance(error, openai.APIError):
            return ProviderError(
                classify(None, error.body, model=model, origin=self._endpoint.origin)
                if error.body
                else not_an_answer(self._endpoint.origin, "something unreadable")
            )
        return translate(error, self._endpoint)


def _read_delta(choice: Any) -> Text:
    # Reasoning comes in a field of the servers' own, by two names.
    extra = choice.delta.model_extra or {}
    thoughts = extra.get("reasoning_content") or extra.get("reasoning") or ""
    return Text(choice.delta.content or "", len(thoughts))


def _usage(usage: Any) -> Usage:
    details = getattr(usage, "prompt_tokens_details", None)
    return Usage(
        usage.prompt_tokens or 0,
        usage.completion_tokens or 0,
        getattr(details, "cached_tokens", None) or 0,
    )
