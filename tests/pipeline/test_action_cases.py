"""Every file of tests/cases_actions, run through the session and the whole core of the actions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lsp_server.action_host import SessionHost
from lsp_server.actions.base import ActionRequest, ActionResult, Step
from lsp_server.actions.desk import ActionDesk
from lsp_server.buffer import Change, Encoding
from lsp_server.session import Session
from tests.fakes import RecordedRequest, Reply
from tests.pipeline.action_case import ActionCase, read_action_case, show_result
from tests.pipeline.sections import check_golden
from tests.pipeline.stage import set_stage

CASES = sorted((Path(__file__).parents[1] / "cases_actions").glob("*.txt"))


@pytest.mark.asyncio
@pytest.mark.parametrize("file", CASES, ids=[file.stem for file in CASES])
async def test_case(
    file: Path, tmp_path: Path, rewrite: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A retry waits for a while, which proves nothing here.
    monkeypatch.setattr("lsp_server.actions.retry._FIRST_WAIT_S", 0.0)
    case = read_action_case(file)
    check_golden(file, case, await run(case, tmp_path), rewrite=rewrite)


def test_there_are_cases() -> None:
    assert CASES


async def run(case: ActionCase, folder: Path) -> dict[str, str]:
    """The golden sections as they come out."""
    uri = (folder / case.path).as_uri()
    replies = iter(case.replies)
    async with set_stage(case, folder) as stage:
        session = stage.session

        def answer(_request: RecordedRequest) -> Reply:
            if case.edited is not None and session.documents[uri].buffer.version == 1:
                session.change(uri, 2, [Change(None, None, case.edited)])
            return Reply(_next(replies, case), **case.setup.reply)

        stage.endpoint.script(answer)
        await stage.configure()
        session.open(uri, case.language, 1, case.text, Encoding.UTF16)
        for path, (language, text) in case.opened.items():
            session.open((folder / path).as_uri(), language, 1, text, Encoding.UTF16)
        result = await _perform(case, session, uri)
    return stage.tell(
        {
            f"expect {result.status}": show_result(result),
            "reason": " ".join([result.reason, *result.notes]),
        }
    )


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
