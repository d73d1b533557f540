"""Ollama: `/api/generate` streams a JSON record a line, unless told not to."""

from __future__ import annotations

from dataclasses import dataclass

from tests.fakes.checks import (
    check_key,
    measure_prompt,
    read_limit,
    read_object,
    read_stop,
    retired_model,
)
from tests.fakes.values import (
    Document,
    Frames,
    Generation,
    JsonObject,
    Model,
    RecordedRequest,
    RefusedError,
    Route,
    Routes,
    Told,
    World,
    dump_json,
)

USUAL_CONTEXT = 4096
"""Tokens that fit unless `options.num_ctx` says otherwise; what does not fit is cut unsaid."""

_CREATED_AT = "2026-11-01T12:00:00.000000Z"


def make_routes() -> Routes:
    return {
        ("GET", "/"): Route(lambda *_: Document("Ollama is running"), word_error),
        ("GET", "/api/version"): Route(lambda *_: Document({"version": "0.12.6"}), word_error),
        ("GET", "/api/tags"): Route(list_tags, word_error),
        ("POST", "/api/show"): Route(show_model, word_error),
        ("POST", "/api/generate"): Route(generate, word_error, generates=True),
    }


def word_error(_world: World, refusal: RefusedError) -> JsonObject:
    return {"error": refusal.message}


def list_tags(world: World, _request: RecordedRequest) -> Document:
    present = [model.name for model in world.models if model.name not in world.retired]
    return Document(
        {
            "models": [
                {
                    "name": name,
                    "model": name,
                    "modified_at": _CREATED_AT,
                    "size": 4_683_087_332,
                    "digest": "0" * 64,
                    "details": {"format": "gguf", "family": "qwen2", "quantization_level": "Q4_0"},
                }
                for name in present
            ]
        }
    )


def show_model(world: World, request: RecordedRequest) -> Document:
    model = _find_model(world, read_object(request))
    capabilities = ["completion", "tools", *(["insert"] if model.fim else [])]
    return Document(
        {
            "modelfile": "",
            "template": "{{ .Prompt }}",
            "details": {"format": "gguf", "family": "qwen2", "quantization_level": "Q4_0"},
            "model_info": {
                "general.architecture": "qwen2",
                "qwen2.context_length": world.max_input or 32_768,
            },
            "capabilities": capabilities,
        }
    )


def generate(world: World, request: RecordedRequest) -> Generation | Document:
    check_key(world, request)
    asked = read_object(request)
    model = _find_model(world, asked)
    prompt, suffix, raw = asked.get("prompt") or "", asked.get("suffix") or "", asked.get("raw")
    if raw and (asked.get("template") or asked.get("system") or asked.get("context")):
        message = "raw mode does not support template, system, or context"
        raise RefusedError(400, "invalid_parameter_error", message)
    if suffix and not model.fim:
        message = f"registry.ollama.ai/library/{model.name} does not support insert"
        raise RefusedError(400, "invalid_parameter_error", message)
    if not prompt and not suffix:
        # An empty prompt only loads the model.
        record = {"model": model.name, "created_at": _CREATED_AT, "response": "", "done": True}
        return Document(record | {"done_reason": "load"})
    options = asked.get("options") or {}
    context = read_limit(options, "num_ctx") or USUAL_CONTEXT
    # Tokens that are not marked raw become text in the model's chat template.
    templated = not raw and not suffix
    return Generation(
        shape=_OllamaShape(model.name),
        streamed=asked.get("stream", True) is not False,
        prompt_tokens=min(measure_prompt(world, prompt, suffix), context),
        max_tokens=read_limit(options, "num_predict"),
        stop=read_stop(options.get("stop")),
        manner="fresh" if templated and "<|fim_" in prompt else "verbatim",
    )


def _find_model(world: World, asked: JsonObject) -> Model:
    name = asked.get("model") or asked.get("name") or ""
    for model in world.models:
        if name in (model.name, model.name.removesuffix(":latest")) and name not in world.retired:
            return model
    refusal = retired_model(name, "model_not_found")
    raise RefusedError(404, refusal.code, f"model '{name}' not found")


@dataclass(frozen=True)
class _OllamaShape:
    model: str

    stream_type = "application/x-ndjson"

    def frame(self, value: JsonObject) -> bytes:
        return dump_json(value) + b"\n"

    def bare(self) -> JsonObject:
        return {"model": self.model, "created_at": _CREATED_AT, "done": False}

    def error_event(self, refusal: RefusedError) -> bytes:
        return self.frame({"error": refusal.message})

    def whole(self, told: Told) -> JsonObject:
        return self._end(told) | {"response": told.text}

    def stream(self, told: Told) -> Frames:
        body = [self.frame(self.bare() | {"response": piece}) for piece in told.pieces]
        return Frames(tuple(body), (self.frame(self._end(told)),))

    def _end(self, told: Told) -> JsonObject:
        return {
            "model": self.model,
            "created_at": _CREATED_AT,
            "response": "",
            "done": True,
            "done_reason": told.finish,
            "total_duration": 2_000_000,
            "load_duration": 1_000_000,
            "prompt_eval_count": told.prompt_tokens,
            "prompt_eval_duration": 500_000,
            "eval_count": told.output_tokens,
            "eval_duration": 500_000,
        }
