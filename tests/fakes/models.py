"""The models that each kind of server holds unless a test says otherwise."""

from __future__ import annotations

from tests.fakes.values import Kind, Model

_OPEN_SIZES = ("32b", "14b", "7b", "3b", "1.5b", "0.5b")

HOSTED = (
    Model("qwen-coder-turbo"),
    *(Model(f"qwen2.5-coder-{size}-instruct") for size in _OPEN_SIZES),
    Model("qwen-coder-plus", fim=False),
    Model("qwen3-coder-plus", fim=False),
    Model("qwen3-coder-flash", fim=False),
    Model("qwen3-coder-next", fim=False),
    Model("qwen3-coder-480b-a35b-instruct", fim=False),
    Model("qwen3-coder-30b-a3b-instruct", fim=False),
    Model("qwen3.6-plus", fim=False, thinking="hybrid"),
    Model("qwen3.7-plus", fim=False, thinking="hybrid"),
    Model("qwq-32b", fim=False, thinking="always"),
)

MODELS: dict[Kind, tuple[Model, ...]] = {
    "dashscope": HOSTED,
    "openai": (Model("qwen2.5-coder-7b-instruct"), Model("qwen3-coder-30b-a3b-instruct")),
    "vllm": (Model("Qwen/Qwen2.5-Coder-7B-Instruct"),),
    "llamacpp": (Model("qwen2.5-coder-7b-q8_0.gguf"),),
    "ollama": (
        Model("qwen2.5-coder:7b"),
        Model("qwen2.5-coder:1.5b-base"),
        Model("llama3.1:8b", fim=False),
    ),
    "lmstudio": (Model("qwen2.5-coder-7b-instruct"),),
}
