"""The kinds of endpoint and the forms they are asked in, for the tests of the providers."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass

from lsp_server.context.base import Context, Snippet
from lsp_server.prompt.base import Form, Prompt
from lsp_server.prompt.fim import build_fim_prompt, build_infill_prompt
from lsp_server.prompt.partial import build_partial_prompt
from lsp_server.provider.base import Endpoint, Provider, Request, Text, Usage
from lsp_server.provider.discover import make_provider
from tests.fakes import FakeEndpoint
from tests.fakes.models import MODELS
from tests.fakes.values import Kind

CONTEXT = Context(
    "shop/cart.py", "python", "total = ", "\nprint(total)", "shop", (Snippet("a.py", "VAT = 0.2"),)
)
PROMPTS: dict[Form, Prompt] = {
    "fim": build_fim_prompt(CONTEXT),
    "infill": build_infill_prompt(CONTEXT),
    "partial": build_partial_prompt(CONTEXT),
}


@dataclass(frozen=True)
class Way:
    """One kind of endpoint asked in one form."""

    kind: Kind
    form: Form
    path: str

    def __str__(self) -> str:
        return f"{self.kind}-{self.form}"

    @property
    def model(self) -> str:
        return MODELS[self.kind][0].name

    @property
    def request(self) -> Request:
        return Request(self.model, PROMPTS[self.form], 64, deadline_ms=1500)


WAYS = [
    Way("dashscope", "fim", "/compatible-mode/v1/completions"),
    Way("dashscope", "partial", "/compatible-mode/v1/chat/completions"),
    Way("openai", "fim", "/v1/completions"),
    Way("openai", "partial", "/v1/chat/completions"),
    Way("vllm", "fim", "/v1/completions"),
    Way("vllm", "partial", "/v1/chat/completions"),
    Way("lmstudio", "fim", "/v1/completions"),
    Way("llamacpp", "infill", "/infill"),
    Way("llamacpp", "fim", "/v1/completions"),
    Way("llamacpp", "partial", "/v1/chat/completions"),
    Way("ollama", "infill", "/api/generate"),
    Way("ollama", "fim", "/api/generate"),
    Way("ollama", "partial", "/v1/chat/completions"),
]


def connect(endpoint: FakeEndpoint, key: str | None = "sk-test") -> Provider:
    return make_provider(Endpoint(endpoint.kind, endpoint.base_url, key))


async def read(provider: Provider, request: Request) -> tuple[str, Usage | None]:
    text, usage = "", None
    try:
        async with aclosing(provider.stream(request)) as pieces:
            async for piece in pieces:
                if isinstance(piece, Text):
                    text += piece.text
                else:
                    usage = piece
    finally:
        await provider.close()
    return text, usage
