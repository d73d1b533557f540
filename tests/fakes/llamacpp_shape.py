"""llama.cpp's server: `/infill`, `/props`, `/health`, beside the OpenAI-compatible paths."""

from __future__ import annotations

from dataclasses import dataclass

from tests.fakes.checks import (
    bad_request,
    check_key,
    measure_prompt,
    read_limit,
    read_object,
    read_stop,
)
from tests.fakes.openai_shape import list_models, word_error
from tests.fakes.values import (
    Document,
    Frames,
    Generation,
    JsonObject,
    RecordedRequest,
    RefusedError,
    Route,
    Routes,
    Told,
    World,
    dump_json,
)


def make_routes() -> Routes:
    return {
        ("POST", "/infill"): Route(infill, word_error, generates=True),
        ("GET", "/props"): Route(show_props, word_error),
        ("GET", "/health"): Route(show_health, word_error),
        ("GET", "/v1/health"): Route(show_health, word_error),
        # It answers this path of Ollama's too, which misleads a probe.
        ("GET", "/api/tags"): Route(list_models, word_error),
    }


def show_health(_world: World, _request: RecordedRequest) -> Document:
    return Document({"status": "ok"})


def show_props(world: World, request: RecordedRequest) -> Document:
    check_key(world, request)
    context = world.max_input or 32_768
    return Document(
        {
            "default_generation_settings": {"id": 0, "n_ctx": context, "params": {}},
            "total_slots": 1,
            "model_path": f"/models/{world.models[0].name}",
            "chat_template": "{{ messages }}",
            "modalities": {"vision": False, "audio": False},
            "bos_token": "<|endoftext|>",
            "eos_token": "<|im_end|>",
            "build_info": "b6500-fake",
            "is_sleeping": False,
        }
    )


def infill(world: World, request: RecordedRequest) -> Generation:
    check_key(world, request)
    asked = read_object(request)
    if not world.models[0].fim:
        raise RefusedError(501, "not_supported_error", "Infill is not supported by this model")
    texts = [_read_text(asked, name) for name in ("input_prefix", "input_suffix")]
    texts += _read_extra(asked)
    if isinstance(asked.get("prompt"), str):
        texts.append(asked["prompt"])
    return Generation(
        shape=_LlamaShape(world.models[0].name),
        streamed=asked.get("stream") is True,
        prompt_tokens=measure_prompt(world, *texts),
        max_tokens=read_limit(asked, "n_predict"),
        stop=read_stop(asked.get("stop")),
    )


def _read_text(asked: JsonObject, name: str) -> str:
    value = asked.get(name)
    if not isinstance(value, str):
        raise bad_request(f'"{name}" is required')
    return value


def _read_extra(asked: JsonObject) -> list[str]:
    chunks = asked.get("input_extra", [])
    if not isinstance(chunks, list):
        raise bad_request('"input_extra" must be an array of {"filename": string, "text": string}')
    for chunk in chunks:
        if not isinstance(chunk, dict) or not isinstance(chunk.get("text"), str):
            raise bad_request('extra_context chunk must contain a "text" field with a string value')
        if not isinstance(chunk.get("filename", ""), str):
            raise bad_request('extra_context chunk\'s "filename" field must be a string')
    return [chunk["text"] for chunk in chunks]


@dataclass(frozen=True)
class _LlamaShape:
    model: str

    stream_type = "text/event-stream"

    def frame(self, value: JsonObject) -> bytes:
        return b"data: " + dump_json(value) + b"\n\n"

    def bare(self) -> JsonObject:
        return {"index": 0, "tokens": [], "stop": False, "id_slot": 0}

    def error_event(self, refusal: RefusedError) -> bytes:
        error = {"code": refusal.status, "message": refusal.message, "type": "server_error"}
        return self.frame({"error": error})

    def whole(self, told: Told) -> JsonObject:
        return self._end(told) | {"content": told.text}

    def stream(self, told: Told) -> Frames:
        body = [self.frame(self.bare() | {"content": piece}) for piece in told.pieces]
        return Frames(tuple(body), (self.frame(self._end(told)),))

    def _end(self, told: Told) -> JsonObject:
        kind = "limit" if told.finish == "length" else "word" if told.stopped_by else "eos"
        return {
            "index": 0,
            "content": "",
            "tokens": [],
            "id_slot": 0,
            "stop": True,
            "model": self.model,
            "tokens_predicted": told.output_tokens,
            "tokens_evaluated": told.prompt_tokens,
            "truncated": False,
            "stop_type": kind,
            "stopping_word": told.stopped_by,
            "tokens_cached": told.prompt_tokens + told.output_tokens,
            "timings": {"cache_n": 0, "prompt_n": told.prompt_tokens, "predicted_ms": 1.0},
        }
