"""Every file of tests/cases, run through the whole core against a fake endpoint."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lsp_server.buffer import Encoding
from lsp_server.completion.base import Outcome
from lsp_server.handlers.commands import why
from lsp_server.provider.discover import Environment
from lsp_server.session import Session
from lsp_server.settings import Layer, Settings, resolve_settings
from tests.fakes import FakeEndpoint, Model, Reply
from tests.fakes.sessions import FakeEmbedded
from tests.pipeline.case import (
    GOLDEN,
    Case,
    read_case,
    show_characters,
    show_item,
    show_prompt,
    write_case,
)

CASES = sorted((Path(__file__).parents[1] / "cases").glob("*.txt"))
# Those in which nothing is shown.
SILENT = [file for file in CASES if "\nnothing: " in file.read_text("utf-8")]


@pytest.mark.asyncio
@pytest.mark.parametrize("file", CASES, ids=[file.stem for file in CASES])
async def test_case(file: Path, tmp_path: Path, rewrite: bool) -> None:
    await check(file, tmp_path, rewrite=rewrite)


@pytest.mark.asyncio
@pytest.mark.parametrize("file", SILENT, ids=[file.stem for file in SILENT])
async def test_every_silence_has_its_reason(file: Path, tmp_path: Path) -> None:
    """`qwen.why` names it in whole sentences."""
    found = await run(read_case(file), tmp_path)
    fate, _, reason = found["why"].partition(": ")
    assert fate in {"empty", "off", "failed"}
    assert reason == found["reason"]
    assert re.fullmatch(r"([A-Z].+[.)] ?)+", reason)


def test_there_are_cases() -> None:
    assert CASES
    assert SILENT


async def check(file: Path, folder: Path, *, rewrite: bool) -> None:
    """What the case's golden sections say is what happens."""
    case = read_case(file)
    found = await run(case, folder)
    given = {head: body for head, body in case.sections.items() if head.split(" ")[0] in GOLDEN}
    wanted = {name for name in given if not name.startswith("expect")}
    golden = {
        head: body
        for head, body in found.items()
        if head in wanted or head.startswith("expect") or (head == "notices" and body)
    }
    if rewrite:
        write_case(file, case, golden)
    else:
        assert golden == given, case.intent


async def run(case: Case, folder: Path) -> dict[str, str]:
    """The golden sections as they come out."""
    for path, text in case.files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, "utf-8")
    options = dict(case.setup.options)
    if "models" in options:
        options["models"] = [Model(**model) for model in options["models"]]
    notices: list[str] = []
    async with FakeEndpoint(case.setup.kind, **options) as endpoint:
        endpoint.reply(Reply(case.reply, **case.setup.reply))
        for failure in case.setup.fail:
            endpoint.fail(**failure)
        session = Session(
            Environment(),
            lambda _origin: "sk-test",
            notify=notices.append,
            show_status=lambda _status: None,
        )
        session.embedded = FakeEmbedded(case.embedded)
        try:
            await session.configure(_settings(case, endpoint), (folder,))
            await session.wait_until_connected()
            outcome, shown = await _complete(case, session, folder)
            told = why(session, [{"uri": (folder / case.path).as_uri()}])
        finally:
            await session.shut_down()
        asked = [
            f"{request.path} {request.json.get('model', '-')}" for request in endpoint.generations
        ]
        prompt = show_prompt(endpoint.generations[-1]) if asked else ""
        found = {
            "expect embedded" if shown and outcome.engine == "embedded" else "expect": (
                shown or f"nothing: {outcome.reason}"
            ),
            "reason": outcome.reason,
            "why": f"{told['outcome']}: {told['reason']}",
            "notices": "\n".join(notices),
            "asked": "\n".join(asked) or "nobody",
            "prompt": prompt,
        }
        return {
            name: show_characters(text.replace(endpoint.origin, "ENDPOINT"))
            for name, text in found.items()
        }


async def _complete(case: Case, session: Session, folder: Path) -> tuple[Outcome, str]:
    uri = (folder / case.path).as_uri()
    session.open(uri, case.language, 1, case.text, Encoding.UTF16)
    snapshot = session.documents[uri].buffer.snapshot()
    outcome = await session.complete(uri, case.cursor, explicit=True)
    assert (outcome.fate == "shown") == bool(outcome.items)
    assert outcome.reason
    if not outcome.items:
        return outcome, ""
    return outcome, show_item(snapshot, case.cursor, outcome.items[0])


def _settings(case: Case, endpoint: FakeEndpoint) -> Settings:
    layers = [
        Layer("the case", case.settings),
        Layer("the endpoint", {"provider": endpoint.kind, "baseUrl": endpoint.base_url}),
    ]
    resolved = resolve_settings(layers)
    assert not resolved.problems
    assert not resolved.unknown
    return resolved.settings
