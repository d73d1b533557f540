"""Where a case is played: its files on the disk, its endpoint, and a session between the two."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from lsp_server.provider.discover import Environment
from lsp_server.session import Session
from lsp_server.settings import Layer, resolve_settings
from tests.fakes import FakeEndpoint, Model, RecordedRequest
from tests.fakes.sessions import FakeEmbedded
from tests.pipeline.sections import Given, show_characters


@dataclass(frozen=True)
class Stage:
    """A session that has not been told its settings yet. `notices` are what its user was shown."""

    case: Given
    folder: Path
    endpoint: FakeEndpoint
    session: Session
    notices: list[str]

    async def configure(self) -> None:
        """The session has the settings of the case, and the endpoint."""
        server = {"provider": self.endpoint.kind, "baseUrl": self.endpoint.base_url}
        resolved = resolve_settings(
            [Layer("the case", self.case.settings), Layer("the endpoint", server)]
        )
        assert not resolved.problems
        assert not resolved.unknown
        await self.session.configure(resolved.settings, (self.folder,))

    def tell(self, found: Mapping[str, str]) -> dict[str, str]:
        """The golden sections as they came out: those found, and what every case has."""
        requests = self.endpoint.generations
        asked = [f"{request.path} {request.json.get('model', '-')}" for request in requests]
        told = {
            **found,
            "notices": "\n".join(self.notices),
            "asked": "\n".join(asked) or "nobody",
            "prompt": show_prompt(requests[-1]) if requests else "",
        }
        return {
            name: show_characters(text.replace(self.endpoint.origin, "ENDPOINT"))
            for name, text in told.items()
        }


@asynccontextmanager
async def set_stage(case: Given, folder: Path, embedded: str | None = None) -> AsyncIterator[Stage]:
    """All of a case but what its model says; the embedded engine says `embedded`."""
    for path, text in case.files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, "utf-8", newline="")
    options = dict(case.setup.options)
    if "models" in options:
        options["models"] = [Model(**model) for model in options["models"]]
    notices: list[str] = []
    async with FakeEndpoint(case.setup.kind, **options) as endpoint:
        for failure in case.setup.fail:
            endpoint.fail(**failure)
        session = Session(
            Environment(),
            lambda _origin: "sk-test",
            notify=notices.append,
            show_status=lambda _status: None,
        )
        session.embedded = FakeEmbedded(embedded)
        try:
            yield Stage(case, folder, endpoint, session, notices)
        finally:
            await session.shut_down()


def show_prompt(request: RecordedRequest) -> str:
    """The text in a request, each part under its name where there are several."""
    body = request.json
    parts: dict[str, str] = {}
    for message in body.get("messages", ()):
        name = "assistant, partial" if message.get("partial") else message["role"]
        parts[name] = message["content"]
    for name in ("input_prefix", "input_suffix", "prompt", "suffix"):
        if name in body:
            parts[name] = body[name]
    for extra in body.get("input_extra", ()):
        parts[f"input_extra {extra['filename']}"] = extra["text"]
    if list(parts) == ["prompt"]:
        return parts["prompt"]
    return "\n".join(f"[{name}]\n{text}" for name, text in parts.items())
