"""DashScope's own protocol: `/api/v1/services/aigc/text-generation/generation`.

It streams when a header says so, leaves no blank after `data:`, writes the string "null" as the
finish reason until the end, and tells the text so far unless `incremental_output` is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate

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
from tests.fakes.dashscope_rules import choose_manner, decide_thinking, is_partial
from tests.fakes.openai_shape import REQUEST_ID
from tests.fakes.values import (
    Frames,
    Generation,
    JsonObject,
    RecordedRequest,
    RefusedError,
    Route,
    Routes,
    Told,
    World,
    count_tokens,
    dump_json,
)

PATH = "/api/v1/services/aigc/text-generation/generation"

_CODES = {
    "invalid_api_key": "InvalidApiKey",
    "invalid_parameter_error": "InvalidParameter",
    "unsupported_parameter": "InvalidParameter",
    "model_not_found": "ModelNotFound",
    "model_not_supported": "ModelNotFound",
    "limit_requests": "Throttling.RateQuota",
    "limit_burst_rate": "Throttling.BurstRate",
    "insufficient_quota": "Throttling.AllocationQuota",
    "data_inspection_failed": "DataInspectionFailed",
    "internal_error": "InternalError",
}
"""The native name of a code of the compatible table; the others have one name only."""


def make_routes() -> Routes:
    return {("POST", PATH): Route(generate, word_error, generates=True)}


def word_error(_world: World, refusal: RefusedError) -> JsonObject:
    return {
        "code": _CODES.get(refusal.code, refusal.code),
        "message": refusal.message,
        "request_id": REQUEST_ID,
    }


def generate(world: World, request: RecordedRequest) -> Generation:
    check_key(world, request)
    asked = read_object(request)
    model = find_model(world, asked)
    parameters = asked.get("parameters") or {}
    check_parameters(world, parameters)
    messages = read_messages((asked.get("input") or {}).get("messages"))
    streamed = _wants_stream(request)
    incremental = parameters.get("incremental_output") is True
    as_message = parameters.get("result_format") == "message"
    partial = is_partial(messages)
    thinking = decide_thinking(model, parameters, partial=partial, streamed=streamed)
    if thinking and not incremental:
        name = "incremental_output"
        raise bad_request(f'The {name} parameter must be "true" when enable_thinking is true')
    if thinking and not as_message:
        name = "result_format"
        raise bad_request(f'The {name} parameter must be "message" when enable_thinking is true')
    return Generation(
        shape=_NativeShape(incremental, as_message),
        streamed=streamed,
        prompt_tokens=measure_prompt(world, *(message["content"] for message in messages)),
        max_tokens=read_limit(parameters, "max_tokens"),
        stop=read_stop(parameters.get("stop")),
        manner=choose_manner(messages),
        prefix=messages[-1]["content"] if partial else "",
        thinking=thinking,
    )


def _wants_stream(request: RecordedRequest) -> bool:
    accepted = request.headers.get("accept", "")
    return request.headers.get("x-dashscope-sse") == "enable" or accepted == "text/event-stream"


@dataclass(frozen=True)
class _NativeShape:
    incremental: bool
    as_message: bool

    stream_type = "text/event-stream;charset=UTF-8"

    def frame(self, value: JsonObject) -> bytes:
        return _frame(1, "result", 200, value)

    def bare(self) -> JsonObject:
        return {"output": {"choices": []} if self.as_message else {}, "request_id": REQUEST_ID}

    def error_event(self, refusal: RefusedError) -> bytes:
        value = {
            "code": _CODES.get(refusal.code, refusal.code),
            "message": refusal.message,
            "request_id": REQUEST_ID,
        }
        return _frame(1, "error", refusal.status, value)

    def whole(self, told: Told) -> JsonObject:
        thought = "".join(told.thoughts)
        return self._value(told.text, thought, told.finish, told, told.output_tokens)

    def stream(self, told: Told) -> Frames:
        pieces = list(told.pieces)
        if not self.incremental and None not in pieces:
            pieces = list(accumulate(filter(None, pieces)))
        values = [self._value("", thought, "null", told, 0) for thought in told.thoughts]
        done = 0
        for shown, piece in zip(pieces, told.pieces, strict=True):
            done += count_tokens(piece or "")
            values.append(self._value(shown, "", "null", told, done))
        last = "" if self.incremental else told.text
        values.append(self._value(last, "", told.finish, told, told.output_tokens))
        frames = [_frame(number, "result", 200, value) for number, value in enumerate(values, 1)]
        return Frames(tuple(frames[:-1]), (frames[-1],))

    def _value(
        self, text: str | None, thought: str, finish: str, told: Told, tokens: int
    ) -> JsonObject:
        output: JsonObject = {"text": text, "finish_reason": finish}
        if self.as_message:
            message = {"role": "assistant", "content": text}
            if thought:
                message["reasoning_content"] = thought
            output = {"choices": [{"message": message, "finish_reason": finish}]}
        usage = {
            "input_tokens": told.prompt_tokens,
            "output_tokens": tokens,
            "total_tokens": told.prompt_tokens + tokens,
        }
        return {"output": output, "usage": usage, "request_id": REQUEST_ID}


def _frame(number: int, event: str, status: int, value: JsonObject) -> bytes:
    head = f"id:{number}\nevent:{event}\n:HTTP_STATUS/{status}\ndata:"
    return head.encode() + dump_json(value) + b"\n\n"
