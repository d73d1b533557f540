"""Every file of tests/cases, run through the whole core against a fake endpoint."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lsp_server.buffer import Encoding
from lsp_server.completion.base import Outcome
from lsp_server.handlers.commands import why
from lsp_server.session import Session
from tests.fakes import Reply
from tests.pipeline.case import Case, read_case, show_item
from tests.pipeline.sections import check_golden
from tests.pipeline.stage import set_stage

CASES = sorted((Path(__file__).parents[1] / "cases").glob("*.txt"))
# Those in which nothing is shown.
SILENT = [file for file in CASES if "\nnothing: " in file.read_text("utf-8")]


@pytest.mark.asyncio
@pytest.mark.parametrize("file", CASES, ids=[file.stem for file in CASES])
async def test_case(file: Path, tmp_path: Path, rewrite: bool) -> None:
    case = read_case(file)
    check_golden(file, case, await run(case, tmp_path), rewrite=rewrite)


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


async def run(case: Case, folder: Path) -> dict[str, str]:
    """The golden sections as they come out."""
    async with set_stage(case, folder, case.embedded) as stage:
        stage.endpoint.reply(Reply(case.reply, **case.setup.reply))
        await stage.configure()
        await stage.session.wait_until_connected()
        outcome, shown = await _complete(case, stage.session, folder)
        told = why(stage.session, [{"uri": (folder / case.path).as_uri()}])
    head = "expect embedded" if shown and outcome.engine == "embedded" else "expect"
    return stage.tell(
        {
            head: shown or f"nothing: {outcome.reason}",
            "reason": outcome.reason,
            "why": f"{told['outcome']}: {told['reason']}",
        }
    )


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
