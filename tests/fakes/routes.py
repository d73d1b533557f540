"""Which paths each kind of server has, and what it says to the others."""

from __future__ import annotations

from tests.fakes import llamacpp_shape, native_shape, ollama_shape, openai_shape
from tests.fakes.values import Document, Kind, RecordedRequest, RefusedError, Routes, World

VERSION_PATHS: dict[Kind, str] = {
    "dashscope": "/compatible-mode/v1",
    "openai": "/v1",
    "vllm": "/v1",
    "lmstudio": "/v1",
    "llamacpp": "",
    "ollama": "",
}


def make_routes(kind: Kind) -> Routes:
    if kind == "dashscope":
        return openai_shape.make_routes("/compatible-mode/v1") | native_shape.make_routes()
    routes = openai_shape.make_routes("/v1")
    if kind == "vllm":
        return routes | openai_shape.vllm_routes()
    if kind == "llamacpp":
        return routes | llamacpp_shape.make_routes()
    if kind == "ollama":
        return routes | ollama_shape.make_routes()
    return routes


def not_found(world: World, record: RecordedRequest) -> Document:
    """What an unknown path is answered with, which differs more than anything else."""
    if world.kind == "lmstudio":
        # LM Studio answers 200 to whatever it does not know, which misleads a probe.
        path = f"{record.method} {record.path}"
        return Document({"error": f"Unexpected endpoint or method. ({path})"})
    if world.kind == "ollama":
        return Document("404 page not found", 404)
    if world.kind == "vllm":
        return Document({"detail": "Not Found"}, 404)
    refusal = RefusedError(404, "not_found", "File Not Found")
    return Document(openai_shape.word_error(world, refusal), 404)
