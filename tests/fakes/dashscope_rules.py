"""What DashScope asks of a chat on both of its protocols: partial mode, and when it may think."""

from __future__ import annotations

from tests.fakes.checks import bad_request
from tests.fakes.values import JsonObject, Manner, Model


def is_partial(messages: list[JsonObject]) -> bool:
    """Partial mode: the last message is the assistant's, and marked so."""
    last = messages[-1]
    return last["role"] == "assistant" and last.get("partial") is True


def choose_manner(messages: list[JsonObject]) -> Manner:
    """Continued in partial mode; a prefix given in any other way is not seen as one."""
    if is_partial(messages):
        return "continued"
    marked = any(message.get("partial") for message in messages)
    return "fresh" if marked or messages[-1]["role"] == "assistant" else "verbatim"


def decide_thinking(model: Model, asked: JsonObject, *, partial: bool, streamed: bool) -> bool:
    """Whether this model thinks, raising RefusedError where that clashes with the rest."""
    wish = asked.get("enable_thinking")
    if model.thinking == "always":
        if wish is False:
            raise bad_request("The value of the enable_thinking parameter is restricted to True.")
        if not streamed:
            message = "This model only support stream mode, please enable the stream parameter"
            raise bad_request(f"{message} to access the model. ")
        thinking = True
    else:
        thinking = model.thinking == "hybrid" and wish is not False
    if partial and (thinking or wish is True):
        raise bad_request("Partial mode is not supported when enable_thinking is true.")
    if thinking and not streamed:
        message = "parameter.enable_thinking must be set to false for non-streaming calls"
        raise bad_request(message)
    if thinking and (asked.get("response_format") or {}).get("type") == "json_object":
        raise bad_request("Json mode response is not supported when enable_thinking is true")
    return thinking
