"""`/completions`, `/chat/completions`, `/models`: the shape that all servers have in common.

What they refuse, how they are told to go on from an assistant's message, and how they word errors
differs, and is kept here by kind.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.fakes import dashscope_rules
from tests.fakes.checks import (
    bad_request,
    check_key,
    check_parameters,
    find_model,
    measure_prompt,
    read_limit,
    read_messages,
    read_object,
    read_stop,
)
from tests.fakes.values import (
    Document,
    Frames,
    Generation,
    JsonObject,
    Manner,
    RecordedRequest,
    RefusedError,
    Route,
    Routes,
    Told,
    World,
    dump_json,
)

OWNERS = {
    "dashscope": "system",
    "openai": "system",
    "vllm": "vllm",
    "llamacpp": "llamacpp",
    "ollama": "library",
    "lmstudio": "organization_owner",
}

_REQUEST_ERRORS = {
    "invalid_api_key",
    "invalid_parameter_error",
    "model_not_found",
    "model_not_supported",
    "unsupported_parameter",
}
_VLLM_TYPES = {400: "BadRequestError", 401: "AuthenticationError", 404: "NotFoundError"}
_LLAMACPP_TYPES = {
    401: "authentication_error",
    404: "not_found_error",
    500: "server_error",
    501: "not_supported_error",
    503: "unavailable_error",
}
_CREATED = 1_762_000_000
"""Seconds since 1970: every answer was made in the same moment, so that answers can be compared."""


def make_routes(version_path: str) -> Routes:
    """The routes below `version_path`, such as `/v1`."""
    return {
        ("POST", f"{version_path}/completions"): Route(complete, word_error, generates=True),
        ("POST", f"{version_path}/chat/completions"): Route(chat, word_error, generates=True),
        ("GET", f"{version_path}/models"): Route(list_models, word_error),
    }


def vllm_routes() -> Routes:
    return {
        ("GET", "/version"): Route(lambda *_: Document({"version": "0.11.0"}), word_error),
        ("GET", "/health"): Route(lambda *_: Document(""), word_error),
    }


def word_error(world: World, refusal: RefusedError) -> JsonObject:
    """The error in the words of this kind of server."""
    status, code, message = refusal.status, refusal.code, refusal.message
    if world.kind == "vllm":
        kind = _VLLM_TYPES.get(status, "InternalServerError" if status >= 500 else code)
        return {"error": {"message": message, "type": kind, "param": None, "code": status}}
    if world.kind == "llamacpp":
        kind = _LLAMACPP_TYPES.get(status, "invalid_request_error")
        if code.endswith("_size_error"):
            kind = code
        return {"error": {"code": status, "message": message, "type": kind}}
    if world.kind == "ollama":
        kind = {404: "not_found_error", 400: "invalid_request_error"}.get(status, "api_error")
        return {"error": {"message": message, "type": kind, "param": None, "code": None}}
    kind = "invalid_request_error" if code in _REQUEST_ERRORS else code
    error = {"message": message, "type": kind, "param": None, "code": code}
    if world.kind == "dashscope":
        return {"error": error, "request_id": REQUEST_ID}
    return {"error": error}


REQUEST_ID = "7e5f1c2a-4b1d-9c3e-8a77-0f2d6b1c9e55"


def list_models(world: World, request: RecordedRequest) -> Document:
    check_key(world, request)
    owner = OWNERS[world.kind]
    present = [model for model in world.models if model.name not in world.retired]
    return Document(
        {
            "object": "list",
            "data": [
                {"id": model.name, "object": "model", "created": _CREATED, "owned_by": owner}
                for model in present
            ],
        }
    )


def complete(world: World, request: RecordedRequest) -> Generation:
    """Raw completion: the prompt goes to the model as it stands, special tokens and all."""
    check_key(world, request)
    asked = read_object(request)
    model = find_model(world, asked)
    if world.kind == "dashscope" and (not model.fim or world.region != "beijing"):
        message = f"Unsupported model `{model.name}` for OpenAI compatibility mode."
        raise RefusedError(404, "model_not_supported", message)
    check_parameters(world, asked)
    prompt = asked.get("prompt")
    if not isinstance(prompt, str):
        raise bad_request("prompt must be a string")
    if asked.get("suffix") is not None:
        if world.kind == "vllm":
            raise bad_request("suffix is not currently supported")
        if world.kind == "dashscope":
            raise bad_request("Unexpected parameter: suffix")
    # Ollama wraps what comes in here into the model's chat template.
    templated = world.kind == "ollama" and "<|fim_" in prompt
    return Generation(
        shape=_TextShape(model.name, **_stream_options(asked)),
        streamed=asked.get("stream") is True,
        prompt_tokens=measure_prompt(world, prompt),
        max_tokens=read_limit(asked, "max_tokens"),
        stop=read_stop(asked.get("stop")),
        manner="fresh" if templated else "verbatim",
    )


def chat(world: World, request: RecordedRequest) -> Generation:
    check_key(world, request)
    asked = read_object(request)
    model = find_model(world, asked)
    check_parameters(world, asked)
    messages = read_messages(asked.get("messages"))
    streamed = asked.get("stream") is True
    partial = dashscope_rules.is_partial(messages)
    thinking = False
    if world.kind == "dashscope":
        thinking = dashscope_rules.decide_thinking(model, asked, partial=partial, streamed=streamed)
    manner = _choose_manner(world, asked, messages)
    last = messages[-1]
    return Generation(
        shape=_ChatShape(model.name, **_stream_options(asked)),
        streamed=streamed,
        prompt_tokens=measure_prompt(world, *(message["content"] for message in messages)),
        max_tokens=read_limit(asked, "max_completion_tokens", "max_tokens"),
        stop=read_stop(asked.get("stop")),
        manner=manner,
        prefix=last["content"] if manner == "continued" else "",
        thinking=thinking,
    )


def _choose_manner(world: World, asked: JsonObject, messages: list[JsonObject]) -> Manner:
    if world.kind == "dashscope":
        return dashscope_rules.choose_manner(messages)
    prefilled = messages[-1]["role"] == "assistant"
    if world.kind == "vllm":
        if asked.get("continue_final_message") is True:
            if asked.get("add_generation_prompt", True):
                names = "`continue_final_message` and `add_generation_prompt`"
                raise bad_request(f"Cannot set both {names} to True.")
            if not prefilled:
                raise bad_request("The final message must be the assistant's to be continued.")
            return "continued"
        return "fresh" if prefilled else "verbatim"
    if world.kind in ("llamacpp", "ollama"):
        return "continued" if prefilled else "verbatim"
    return "fresh" if prefilled else "verbatim"


def _stream_options(asked: JsonObject) -> dict[str, bool]:
    options = asked.get("stream_options") or {}
    return {"with_usage": options.get("include_usage") is True}


@dataclass(frozen=True)
class _OpenAIShape:
    """What the two have in common: events, usage, and the end of a stream."""

    model: str
    with_usage: bool

    stream_type = "text/event-stream"
    id_prefix = ""
    chunk_object = ""
    whole_object = ""

    def frame(self, value: JsonObject) -> bytes:
        return b"data: " + dump_json(value) + b"\n\n"

    def bare(self) -> JsonObject:
        return self._head(self.chunk_object) | {"choices": []}

    def error_event(self, refusal: RefusedError) -> bytes:
        error = {"message": refusal.message, "type": refusal.code, "code": refusal.code}
        return self.frame({"error": error | {"param": None}, "request_id": REQUEST_ID})

    def whole(self, told: Told) -> JsonObject:
        choice = self._whole_choice(told) | {
            "index": 0,
            "logprobs": None,
            "finish_reason": told.finish,
        }
        return self._head(self.whole_object) | {"choices": [choice], "usage": _word_usage(told)}

    def stream(self, told: Told) -> Frames:
        body = [self._chunk(choice) for choice in self._stream_choices(told)]
        closing = [self._chunk(self._last_choice(), told.finish)]
        if self.with_usage:
            usage = {"choices": [], "usage": _word_usage(told)}
            closing.append(self.frame(self._head(self.chunk_object) | usage))
        return Frames(tuple(body), (*closing, b"data: [DONE]\n\n"))

    def _stream_choices(self, told: Told) -> list[JsonObject]:
        raise NotImplementedError

    def _last_choice(self) -> JsonObject:
        raise NotImplementedError

    def _whole_choice(self, told: Told) -> JsonObject:
        raise NotImplementedError

    def _head(self, name: str) -> JsonObject:
        return {
            "id": f"{self.id_prefix}-{REQUEST_ID}",
            "object": name,
            "created": _CREATED,
            "model": self.model,
        }

    def _chunk(self, choice: JsonObject, finish: str | None = None) -> bytes:
        choice = choice | {"index": 0, "logprobs": None, "finish_reason": finish}
        return self.frame(self._head(self.chunk_object) | {"choices": [choice], "usage": None})


class _TextShape(_OpenAIShape):
    id_prefix = "cmpl"
    chunk_object = whole_object = "text_completion"

    def _stream_choices(self, told: Told) -> list[JsonObject]:
        return [{"text": piece} for piece in told.pieces]

    def _last_choice(self) -> JsonObject:
        return {"text": ""}

    def _whole_choice(self, told: Told) -> JsonObject:
        return {"text": told.text}


class _ChatShape(_OpenAIShape):
    id_prefix = "chatcmpl"
    chunk_object = "chat.completion.chunk"
    whole_object = "chat.completion"

    def _stream_choices(self, told: Told) -> list[JsonObject]:
        opening: JsonObject = {"role": "assistant", "content": ""}
        thoughts = [{"content": None, "reasoning_content": each} for each in told.thoughts]
        pieces = [{"content": piece} for piece in told.pieces]
        return [{"delta": delta} for delta in (opening, *thoughts, *pieces)]

    def _last_choice(self) -> JsonObject:
        return {"delta": {"content": ""}}

    def _whole_choice(self, told: Told) -> JsonObject:
        message: JsonObject = {"role": "assistant", "content": told.text}
        if told.thoughts:
            message["reasoning_content"] = "".join(told.thoughts)
        return {"message": message}


def _word_usage(told: Told) -> JsonObject:
    usage: JsonObject = {
        "prompt_tokens": told.prompt_tokens,
        "completion_tokens": told.output_tokens,
        "total_tokens": told.prompt_tokens + told.output_tokens,
    }
    if told.thoughts:
        usage["completion_tokens_details"] = {"reasoning_tokens": told.thought_tokens}
    return usage
