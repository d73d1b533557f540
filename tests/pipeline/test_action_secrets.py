"""Placeholders in an action's reply: secrets come back to where they were, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from lsp_server.action_host import SessionHost
from lsp_server.actions.base import ActionRequest, ActionResult
from lsp_server.actions.desk import ActionDesk
from lsp_server.buffer import Encoding, Position
from lsp_server.privacy.secrets import make_placeholder, redact
from lsp_server.provider.discover import Environment
from lsp_server.session import Session
from lsp_server.settings import Layer, resolve_settings
from tests.fakes import FakeEndpoint, Reply
from tests.fakes.canaries import make_canaries
from tests.fakes.sessions import FakeEmbedded
from tests.pipeline.stage import show_prompt

SOURCE = """\
OTHER = connect(password="marabou")


def run():
    password = "kolibri"
    return connect(pasword)
"""
OWN, OTHER = make_placeholder("kolibri"), make_placeholder("marabou")
REGION = f'def run():\n    password = "{OWN}"\n    return connect(password)'
FIXED = SOURCE.replace("pasword", "password")
BLOCK = """\
<<<<<<< SEARCH
    password = "{old}"
    return connect(pasword)
=======
    password = "{new}"
    return connect(password)
>>>>>>> REPLACE"""


async def perform(folder: Path, text: str, *replies: str) -> tuple[ActionResult, str]:
    """What comes of a fix of the function `run`, and the last prompt."""
    async with FakeEndpoint() as endpoint:
        left = list(replies)
        endpoint.script(lambda _: Reply(left.pop(0) if len(left) > 1 else left[0]))
        session = Session(
            Environment(), lambda _: "sk-test", notify=print, show_status=lambda _: None
        )
        session.embedded = FakeEmbedded(None)
        tree = {"provider": endpoint.kind, "baseUrl": endpoint.base_url}
        try:
            await session.configure(resolve_settings([Layer("test", tree)]).settings, (folder,))
            uri = (folder / "a.py").as_uri()
            session.open(uri, "python", 1, text, Encoding.UTF16)
            snapshot = session.documents[uri].buffer.snapshot()
            place = Position(text[: text.index("def run")].count("\n") + 1, 4)
            request = ActionRequest("refactor", snapshot, "a.py", place, place, "Mend the name.")
            result = await ActionDesk(SessionHost(session), dict).perform(request, lambda _: None)
        finally:
            await session.shut_down()
        return result, show_prompt(endpoint.generations[-1])


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "reply",
    [
        f"```python\n{REGION}\n```",
        BLOCK.format(old=OWN, new=OWN),
    ],
    ids=["whole", "in places"],
)
async def test_a_secret_of_the_region_comes_back(reply: str, tmp_path: Path) -> None:
    result, prompt = await perform(tmp_path, SOURCE, reply)
    assert (result.status, result.file and result.file.after) == ("applied", FIXED)
    assert "kolibri" not in prompt
    assert "marabou" not in prompt
    assert "stand for secrets that you are not shown" in prompt


@pytest.mark.asyncio
async def test_a_secret_may_be_taken_out(tmp_path: Path) -> None:
    region = REGION.replace(f'"{OWN}"', 'os.environ["PASSWORD"]')
    result, _ = await perform(tmp_path, SOURCE, f"```python\n{region}\n```")
    assert result.file is not None
    assert "kolibri" not in result.file.after


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("region", "reason"),
    [
        (REGION.replace(OWN, OTHER), f"{OTHER} stands for a secret that is not in the region"),
        (REGION.replace(OWN, "REDACTED_0123456789"), "REDACTED_0123456789 stands for a secret"),
        (f'{REGION}\n    post("{OWN}")', f"{OWN} stands for a secret and may be moved"),
    ],
    ids=["of another place", "of nothing", "repeated"],
)
async def test_a_placeholder_elsewhere_is_refused(region: str, reason: str, tmp_path: Path) -> None:
    result, prompt = await perform(tmp_path, SOURCE, f"```python\n{region}\n```")
    assert result.status == "failed"
    assert reason in result.reason
    assert "kolibri" not in prompt


@pytest.mark.asyncio
async def test_a_model_may_mend_what_was_refused(tmp_path: Path) -> None:
    wrong = REGION.replace(OWN, OTHER)
    replies = (f"```python\n{wrong}\n```", f"```python\n{REGION}\n```")
    result, prompt = await perform(tmp_path, SOURCE, *replies)
    assert result.file is not None
    assert result.file.after == FIXED
    assert "marabou" not in prompt


@pytest.mark.asyncio
async def test_every_canary_comes_back_as_it_was(tmp_path: Path) -> None:
    for canary in make_canaries(6):
        if canary.language != "python":
            continue
        body = "".join(f"    {line}\n" for line in canary.text.rstrip("\n").split("\n"))
        text = f"def run():\n    pasword = 1\n{body}    return pasword\n"
        shown = redact(text, "python").text.replace("pasword", "word")
        result, _ = await perform(tmp_path, text, f"```python\n{shown}```")
        assert result.file is not None, f"{canary.kind}: {result.reason}"
        assert result.file.after == text.replace("pasword", "word")
