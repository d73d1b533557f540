"""Every file of tests/cases_actions, run through the session and the whole core of the actions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lsp_server.action_host import SessionHost
from lsp_server.actions.base import ActionRequest, ActionResult, Step
from lsp_server.actions.desk import ActionDesk
from lsp_server.buffer import Change, Encoding
from lsp_server.provider.discover import Environment
from lsp_server.session import Session
from lsp_server.settings import Layer, Settings, resolve_settings
from tests.fakes import FakeEndpoint, Model, RecordedRequest, Reply
from tests.fakes.sessions import FakeEmbedded
from tests.pipeline.action_case import (
    GOLDEN,
    ActionCase,
    read_action_case,
    show_result,
    write_action_case,
)
from tests.pipeline.case import show_characters, show_prompt

CASES = sorted((Path(__file__).parents[1] / "cases_actions").glob("*.txt"))


@pytest.mark.asyncio
@pytest.mark.parametrize("file", CASES, ids=[file.stem for file in CASES])
async def test_case(
    file: Path, tmp_path: Path, rewrite: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A retry waits for a while, which proves nothing here.
    monkeypatch.setattr("lsp_server.actions.retry._FIRST_WAIT_S", 0.0)
    await check(file, tmp_path, rewrite=rewrite)


def test_there_are_cases() -> None:
    assert CASES


async def check(file: Path, folder: Path, *, rewrite: bool) -> None:
    """What the case's golden sections say is what happens."""
    case = read_action_case(file)
    found = await run(case, folder)
    given = {head: body for head, body in case.sections.items() if head.split(" ")[0] in GOLDEN}
    wanted = {name for name in given if not name.startswith("expect")}
    golden = {
        head: body
        for head, body in found.items()
        if head in wanted or head.startswith("expect") or (head == "notices" and body)
    }
    if rewrite:
        write_action_case(file, case, golden)
    else:
        assert golden == given, case.intent


async def run(case: ActionCase, folder: Path) -> dict[str, str]:
    """The golden sections as they come out."""
    for path, text in case.files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, "utf-8", newline="")
    options = dict(case.setup.options)
    if "models" in options:
        options["models"] = [Model(**model) for model in options["models"]]
    notices: list[str] = []
    async with FakeEndpoint(case.setup.kind, **options) as endpoint:
        session = Session(
            Environment(),
            lambda _origin: "sk-test",
            notify=notices.append,
            show_status=lambda _status: None,
        )
        session.embedded = FakeEmbedded(None)
        uri = (folder / case.path).as_uri()
        replies = iter(case.replies)

        def answer(_request: RecordedRequest) -> Reply:
            if case.edited is not None and session.documents[uri].buffer.version == 1:
                session.change(uri, 2, [Change(None, None, case.edited)])
            return Reply(_next(replies, case), **case.setup.reply)

        endpoint.script(answer)
        for failure in case.setup.fail:
            endpoint.fail(**failure)
        try:
            await session.configure(_settings(case, endpoint), (folder,))
            session.open(uri, case.language, 1, case.text, Encoding.UTF16)
            for path, (language, text) in case.opened.items():
                session.open((folder / path).as_uri(), language, 1, text, Encoding.UTF16)
            result = await _perform(case, session, uri)
        finally:
            await session.shut_down()
        asked = [
            f"{request.path} {request.json.get('model', '-')}" for request in endpoint.generations
        ]
        prompt = show_prompt(endpoint.generations[-1]) if asked else ""
        found = {
            f"expect {result.status}": show_result(result),
            "reason": " ".join([result.reason, *result.notes]),
            "notices": "\n".join(notices),
            "asked": "\n".join(asked) or "nobody",
            "prompt": prompt,
        }
        return {
            name: show_characters(text.replace(endpoint.origin, "ENDPOINT"))
            for name, text in found.items()
        }


async def _perform(case: ActionCase, session: Session, uri: str) -> ActionResult:
    desk = ActionDesk(SessionHost(session), dict)
    steps: list[Step] = []
    request = ActionRequest(
        case.kind,
        session.documents[uri].buffer.snapshot(),
        desk.make_path(uri),
        case.start,
        case.end,
        case.instruction,
        case.diagnostics,
    )
    result = await desk.perform(request, steps.append)
    assert result.reason
    assert (result.status == "applied") == (result.file is not None or result.markdown is not None)
    return result


def _next(replies: Iterator[str], case: ActionCase) -> str:
    return next(replies, case.replies[-1] if case.replies else "")


def _settings(case: ActionCase, endpoint: FakeEndpoint) -> Settings:
    layers = [
        Layer("the case", case.settings),
        Layer("the endpoint", {"provider": endpoint.kind, "baseUrl": endpoint.base_url}),
    ]
    resolved = resolve_settings(layers)
    assert not resolved.problems
    assert not resolved.unknown
    return resolved.settings
