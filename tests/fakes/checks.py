"""The checks that the servers have in common, each raising RefusedError."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tests.fakes.values import JsonObject, Model, RecordedRequest, RefusedError, World, count_tokens

MOST_STOP_STRINGS = 4

_LOCAL_KINDS = ("vllm", "llamacpp", "ollama", "lmstudio")

_RETIREMENTS = {
    "model_not_found": (404, "The model `{}` does not exist or you do not have access to it."),
    "model_not_supported": (404, "Unsupported model `{}` for OpenAI compatibility mode."),
    "Model not exist.": (400, "Model not exist."),
    "Endpoint.AccessDenied": (403, "Endpoint access denied."),
    "Model.AccessDenied": (403, "Model access denied."),
    "AccessDenied.Unpurchased": (403, "Access to model denied. Please make sure you are eligible."),
    "AllocationQuota.FreeTierOnly": (403, "The free tier of the model has been exhausted."),
}
"""The ways in which a hosted model is gone: code to status and message."""


def needs_no_key(kind: str) -> bool:
    """Whether a server of this kind runs without keys unless told otherwise."""
    return kind in _LOCAL_KINDS


def check_key(world: World, request: RecordedRequest) -> None:
    """A key is good for one region, and a stranger's is answered in the same words."""
    if world.keys is None:
        return
    if request.key is None or world.keys.get(request.key) != world.region:
        message = "Incorrect API key provided."
        if world.kind == "dashscope":
            message += " For details, see the page on error codes (apikey-error)."
        raise RefusedError(401, "invalid_api_key", message)


def read_object(request: RecordedRequest) -> JsonObject:
    if not isinstance(request.json, dict):
        raise bad_request("Required body invalid, please check the request body format.")
    return request.json


def find_model(world: World, asked: JsonObject) -> Model:
    """The model asked for; llama.cpp serves the one it has loaded whatever the name says."""
    if world.kind == "llamacpp":
        return world.models[0]
    name = asked.get("model")
    if not isinstance(name, str) or not name:
        raise bad_request("you must provide a model parameter")
    if name in world.retired:
        raise retired_model(name, world.retired[name])
    for model in world.models:
        if model.name == name:
            return model
    raise retired_model(name, "model_not_found")


def retired_model(name: str, code: str) -> RefusedError:
    status, message = _RETIREMENTS[code]
    code = "invalid_parameter_error" if code == "Model not exist." else code
    return RefusedError(status, code, message.format(name))


def check_retirements(codes: Iterable[str]) -> None:
    """Raises ValueError for a code that no retired model is answered with."""
    for code in codes:
        if code not in _RETIREMENTS:
            raise ValueError(f"{code!r} is none of {sorted(_RETIREMENTS)}")


def read_messages(value: Any) -> list[JsonObject]:
    if not isinstance(value, list) or not value:
        raise bad_request("[] is too short - 'messages'")
    for message in value:
        if not isinstance(message, dict) or "role" not in message:
            raise bad_request("Input should be a valid dictionary - 'messages'")
        if not isinstance(message.get("content"), str):
            raise bad_request("input content must be a string.")
    return value


def read_stop(value: Any) -> tuple[str, ...]:
    """The stop strings; more than four are refused, as many servers do."""
    if value is None:
        return ()
    strings = [value] if isinstance(value, str) else value
    if not isinstance(strings, list) or not all(isinstance(each, str) for each in strings):
        raise bad_request('The "stop" parameter must be of type "str" or "list[str]".')
    if len(strings) > MOST_STOP_STRINGS:
        raise bad_request(f"stop: at most {MOST_STOP_STRINGS} sequences are allowed.")
    return tuple(each for each in strings if each)


def read_limit(asked: JsonObject, *names: str) -> int | None:
    """The first of the limits of tokens that is given; below zero is none."""
    for name in names:
        value = asked.get(name)
        if value is None:
            continue
        if not isinstance(value, int) or isinstance(value, bool):
            raise bad_request(f"{name} must be an integer")
        return value if value >= 0 else None
    return None


def check_parameters(world: World, asked: JsonObject) -> None:
    """Refuses the parameters that this endpoint has been set to refuse."""
    for name in sorted(world.refused_parameters & asked.keys()):
        message = f"Unsupported parameter: '{name}' is not supported with this model."
        if name == "max_tokens":
            message += " Use 'max_completion_tokens' instead."
        raise RefusedError(400, "unsupported_parameter", message)


def measure_prompt(world: World, *texts: str) -> int:
    """The tokens of the prompt, refused in the words of the server where there are too many."""
    tokens = sum(map(count_tokens, texts))
    most = world.max_input
    if most is None or tokens <= most or world.kind == "ollama":
        # Ollama cuts what does not fit and says nothing.
        return tokens
    if world.kind == "vllm":
        message = f"This model's maximum context length is {most} tokens, your prompt has {tokens}."
    elif world.kind == "llamacpp":
        message = f"the request exceeds the available context size ({most} tokens)"
        raise RefusedError(400, "exceed_context_size_error", message)
    else:
        message = (
            "<400> InternalError.Algo.InvalidParameter: "
            f"Range of input length should be [1, {most}]"
        )
    raise bad_request(message)


def bad_request(message: str) -> RefusedError:
    return RefusedError(400, "invalid_parameter_error", message)
