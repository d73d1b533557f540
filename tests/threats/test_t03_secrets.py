"""T3: secrets sent as context. Sixty and more canaries through every source; none leaves."""

from __future__ import annotations

import ast
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from json import loads
from pathlib import Path
from typing import Any, get_args

import pytest

from lsp_server.action_host import SessionHost
from lsp_server.actions.base import ActionRequest, Diagnostic, Related
from lsp_server.actions.base import Kind as ActionKind
from lsp_server.actions.desk import ActionDesk
from lsp_server.buffer import Encoding, Position
from lsp_server.cli.session import Reading
from lsp_server.context.base import Context, Snippet
from lsp_server.context.scene import NAME
from lsp_server.index.crawl import Limits, find_files, read_found
from lsp_server.privacy.gate import Gate
from lsp_server.prompt.actions import ActionContext, build_action_messages
from lsp_server.prompt.base import ChatPrompt, Prompt
from lsp_server.prompt.fim import build_fim_prompt
from lsp_server.provider import redacting
from lsp_server.provider.base import Request
from lsp_server.provider.discover import Environment
from lsp_server.provider.errors import ProviderError
from lsp_server.provider.redacting import redact_prompt
from lsp_server.session import Session
from lsp_server.settings import Layer, resolve_settings
from tests.fakes import FakeEndpoint, Reply
from tests.fakes.canaries import leaks, make_canaries
from tests.fakes.canary_prompts import FORMS, build_action, build_completion, read_prompt
from tests.fakes.command import run_command
from tests.fakes.sessions import FakeEmbedded
from tests.fakes.values import Kind

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "lsp_server"
REQUESTS = 10_000


def test_none_of_ten_thousand_prompts_holds_a_secret() -> None:
    chance = random.Random(3)
    codes = [file.read_text("utf-8") for file in sorted((PACKAGE / "syntax").glob("*.py"))]
    asked = 0
    for number in range(REQUESTS // 100):
        for canary in chance.sample(make_canaries(number), 50):
            for build in (build_completion, build_action):
                prompt = build(canary, chance.choice(codes), chance)
                if prompt is None:
                    continue
                asked += 1
                sent = read_prompt(redact_prompt(prompt, canary.language))
                assert not leaks(canary, sent), f"{canary.kind}: {sent}"
    # Where the cursor is in the secret nothing is sent.
    assert asked > 0.9 * REQUESTS


def test_each_form_of_prompt_is_redacted() -> None:
    forms = {*get_args(Prompt), ChatPrompt}
    canary = make_canaries(1)[0]
    context = Context("a.py", "python", canary.text, canary.text, "r", (Snippet("b", canary.text),))
    messages = build_action_messages(ActionContext("a.py", "python", canary.text))
    prompts = [*(build(context) for build in FORMS), ChatPrompt(messages)]
    assert {type(prompt) for prompt in prompts} == forms
    for prompt in prompts:
        assert leaks(canary, read_prompt(prompt))
        assert not leaks(canary, read_prompt(redact_prompt(prompt)))


def calls() -> Iterator[tuple[str, str, ast.Call]]:
    """Each call in the package: its module, what is called, the call."""
    for file in sorted(PACKAGE.rglob("*.py")):
        name = file.relative_to(PACKAGE).as_posix()
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                yield name, ast.unparse(node.func), node


def test_nobody_makes_a_provider_that_goes_round_it() -> None:
    speakers = {"DashScope", "LlamaCpp", "Ollama", "OpenAICompatible"}
    makers = {(name, called) for name, called, _ in calls() if called in speakers}
    inner = {
        ("provider/llamacpp.py", "OpenAICompatible"),
        ("provider/ollama.py", "OpenAICompatible"),
    }
    assert makers == inner | {("provider/discover.py", speaker) for speaker in speakers}
    given = {
        (name, *(ast.unparse(keyword) for keyword in call.keywords))
        for name, called, call in calls()
        if called == "make_provider"
    }
    # A probe sends no prompt, and the connection goes by the user's setting.
    assert given == {("provider/discover.py",), ("connection.py", "redacts=redacts")}
    streaming = {
        (name, called)
        for name, called, _ in calls()
        if called.endswith("provider.stream") or called.endswith("_inner.stream")
    }
    assert streaming == {
        ("actions/ask.py", "provider.stream"),
        ("completion/ask.py", "provider.stream"),
        ("provider/redacting.py", "self._inner.stream"),
    }


@pytest.mark.asyncio
@pytest.mark.parametrize("length", [1, 100_000])
async def test_it_fails_closed(length: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RecursionError("a secret that must not be logged")

    class Inner:
        def stream(self, _request: object) -> None:
            raise AssertionError("it was sent")

    monkeypatch.setattr(redacting, "redact", fail)
    request = Request("model", build_fim_prompt(Context("a.py", "python", "x" * length, "y")), 10)
    with pytest.raises(ProviderError) as raised:
        await anext(redacting.Redacting(Inner()).stream(request))  # type: ignore[arg-type]
    assert raised.value.fault.code == "redaction"
    assert raised.value.__cause__ is None


@asynccontextmanager
async def open_session(
    endpoint: FakeEndpoint, folder: Path, privacy: dict[str, object] | None = None
) -> AsyncIterator[Session]:
    session = Session(Environment(), lambda _: "sk-test", notify=print, show_status=lambda _: None)
    session.embedded = FakeEmbedded(None)
    tree = {"provider": endpoint.kind, "baseUrl": endpoint.base_url, "privacy": privacy or {}}
    try:
        await session.configure(resolve_settings([Layer("test", tree)]).settings, (folder,))
        await session.wait_until_connected()
        yield session
    finally:
        await session.shut_down()


def read_sent(endpoint: FakeEndpoint) -> str:
    """All that came in, as it was before it became JSON, and byte for byte."""
    bodies = [request.body.decode("utf-8") for request in endpoint.requests]
    return "\n".join([*bodies, *(text for body in bodies if body for text in walk(loads(body)))])


def walk(tree: Any) -> Iterator[str]:
    match tree:
        case str():
            yield tree
        case dict() | list():
            for value in tree.values() if isinstance(tree, dict) else tree:
                yield from walk(value)


KINDS: tuple[Kind, ...] = ("dashscope", "openai", "vllm", "llamacpp", "ollama", "lmstudio")
CODE = "def total(prices):\n    return \n\n\ndef count(items):\n    return len(items)\n"
# Above the cursor, below it, and on its line behind the cursor.
PLACES = ("{canary}{code}", "{code}{canary}")


@pytest.mark.asyncio
@pytest.mark.parametrize("kind", KINDS)
async def test_ghost_text_sends_none(kind: Kind, tmp_path: Path) -> None:
    canaries = make_canaries(KINDS.index(kind))
    async with FakeEndpoint(kind) as endpoint, open_session(endpoint, tmp_path) as session:
        for number, canary in enumerate(canaries):
            text = PLACES[number % 2].format(canary=canary.text, code=CODE)
            line = text[: text.index("return ")].count("\n")
            uri = (tmp_path / f"file{number}.txt").as_uri()
            session.open(uri, canary.language, 1, text, Encoding.UTF16)
            outcome = await session.complete(uri, Position(line, 11), explicit=True)
            assert outcome.fate in ("shown", "empty"), outcome
        assert len(endpoint.generations) >= len(canaries)
        sent = read_sent(endpoint)
    assert "def count(items)" in sent
    assert [canary.kind for canary in canaries if leaks(canary, sent)] == []


@pytest.mark.asyncio
async def test_a_cursor_in_a_secret_asks_nobody(tmp_path: Path) -> None:
    async with FakeEndpoint() as endpoint, open_session(endpoint, tmp_path) as session:
        for number, canary in enumerate(make_canaries(8)):
            uri = (tmp_path / f"file{number}.txt").as_uri()
            text = f"x = 1\n{canary.text}y = 2\n"
            session.open(uri, canary.language, 1, text, Encoding.UTF16)
            at = text.index(canary.secret[:12]) + 6
            line = text.count("\n", 0, at)
            column = at - text.rfind("\n", 0, at) - 1
            outcome = await session.complete(uri, Position(line, column), explicit=True)
            assert "what looks like a secret" in outcome.reason, canary
        assert endpoint.generations == []
        assert session.status().state == "ready"


@pytest.mark.asyncio
@pytest.mark.parametrize("kind", ["fix", "refactor", "explain", "doc", "test"])
async def test_actions_send_none(kind: ActionKind, tmp_path: Path) -> None:
    """In the region, around it, in open and imported files, diagnostics and the instruction."""
    canaries = make_canaries(9)
    texts = ["".join(canary.text for canary in canaries[part::6]) for part in range(6)]
    (tmp_path / "imported.py").write_text(f"def total():\n    '''{texts[4]}'''\n")
    (tmp_path / "pyproject.toml").write_text(f"# {texts[5]}")
    region = f"def run():\n    total()\n    '''{texts[0]}'''\n"
    text = f"from imported import total\n{texts[1]}\n{region}\n\n{texts[2]}"
    uri, other = (tmp_path / "a.py").as_uri(), (tmp_path / "b.py").as_uri()
    async with FakeEndpoint() as endpoint, open_session(endpoint, tmp_path) as session:
        endpoint.reply(Reply(f"```python\n{texts[0]}\n```"))
        session.open(uri, "python", 1, text, Encoding.UTF16)
        session.open(other, "python", 1, f"def run():\n    '''{texts[3]}'''\n", Encoding.UTF16)
        line = text[: text.index("def run")].count("\n")
        place = Position(line + 1, 4)
        found = Diagnostic(
            place, place, f"unexpected {texts[4]}", related=(Related("b.py", 1, texts[3]),)
        )
        request = ActionRequest(
            kind, session.documents[uri].buffer.snapshot(), "a.py", place, place, texts[5], (found,)
        )
        await ActionDesk(SessionHost(session), dict).perform(request, lambda _: None)
        assert endpoint.generations
        sent = read_sent(endpoint)
    assert [canary.kind for canary in canaries if leaks(canary, sent)] == []


@pytest.mark.asyncio
async def test_actions_send_none_of_what_the_index_knows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In definitions of other files, whole and by their heads, and in what uses the region."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    project = tmp_path / "project"
    project.mkdir()
    canaries = make_canaries(10)
    for number, canary in enumerate(canaries):
        body = f"def use_{number}():\n    '''{canary.text}'''\n    return run()\n"
        (project / f"m{number}.py").write_text(f"{body}\n\n{canary.text}", "utf-8")
    uri = (project / "a.py").as_uri()
    shown = 0
    async with FakeEndpoint() as endpoint, open_session(endpoint, project) as session:
        reading = Reading()
        await session.read_project(reading.note)
        assert await reading.wait(60)
        assert await session.context.process.wait_until_ready(60)
        for first in range(0, len(canaries), 4):
            part = canaries[first : first + 4]
            names = {name for canary in part for name in NAME.findall(canary.text)}
            calls = [f"use_{first + number}()" for number in range(4)]
            calls += [f"{name}()" for name in sorted(names) if name.isascii()]
            text = "def run():\n    " + "\n    ".join(calls) + "\n"
            session.open(uri, "python", 1, text, Encoding.UTF16)
            snapshot = session.documents[uri].buffer.snapshot()
            request = ActionRequest("explain", snapshot, "a.py", Position(0, 5), Position(0, 5))
            await ActionDesk(SessionHost(session), dict).perform(request, lambda _: None)
            prompt = endpoint.generations[-1].json["messages"][1]["content"]
            # The region names the secrets' own words too, but not what they stand in.
            shown += sum(f"def use_{first + number}():\n" in prompt for number in range(4))
            reference = prompt.partition("File: a.py")[0]
            assert [canary.kind for canary in part if leaks(canary, reference)] == []
    assert shown > 0.8 * len(canaries)


@pytest.mark.asyncio
async def test_the_user_may_switch_it_off(tmp_path: Path) -> None:
    canary = make_canaries(1)[0]
    privacy: dict[str, object] = {"redactSecrets": False}
    async with FakeEndpoint() as endpoint, open_session(endpoint, tmp_path, privacy) as session:
        uri = (tmp_path / "a.py").as_uri()
        session.open(uri, "python", 1, canary.text + CODE, Encoding.UTF16)
        await session.complete(uri, Position(2, 11), explicit=True)
        assert leaks(canary, read_sent(endpoint))


NAMES = (".env", "id_rsa", "server.pem", ".aws/credentials", ".bash_history", "a.tfstate.1.backup")


@pytest.mark.asyncio
@pytest.mark.parametrize("name", NAMES)
async def test_files_of_credentials_stay_under_every_name(name: str, tmp_path: Path) -> None:
    canary = make_canaries(2)[0]
    secret = tmp_path / name
    secret.parent.mkdir(exist_ok=True)
    secret.write_text(canary.text, "utf-8")
    link, inner = tmp_path / "harmless.py", tmp_path / "folder"
    link.symlink_to(secret)
    inner.symlink_to(secret.parent, target_is_directory=True)
    spelled = [name.upper(), name.title(), f"{name}.bak", f"{name}~", f"./x/../{name}"]
    paths = [secret, link, inner / secret.name, *(tmp_path / each for each in spelled)]
    uris = [*(path.as_uri() for path in paths), f"untitled:{name}", f"git:{secret}?ref=HEAD"]
    async with FakeEndpoint() as endpoint, open_session(endpoint, tmp_path) as session:
        for uri in uris:
            session.open(uri, "python", 1, CODE, Encoding.UTF16)
            outcome = await session.complete(uri, Position(1, 11), explicit=True)
            assert "not sent to a model" in outcome.reason, uri
            request = ActionRequest(
                "explain", session.documents[uri].buffer.snapshot(), name, Position(0, 0)
            )
            result = await ActionDesk(SessionHost(session), dict).perform(request, print)
            assert result.status == "failed"
        assert endpoint.generations == []
    found = [each for each in find_files(Gate((tmp_path,)), Limits()) if each is not None]
    sources = [source for each in found if (source := read_found(each)) is not None]
    assert not any(leaks(canary, source.text) for source in sources)


@pytest.mark.asyncio
async def test_the_command_line_sends_none(tmp_path: Path) -> None:
    canaries = [canary for canary in make_canaries(4) if canary.language == "python"]
    held = "".join(canary.text for canary in canaries)
    file = tmp_path / "a.py"
    file.write_text(held + CODE, "utf-8")
    line = held.count("\n") + 2
    async with FakeEndpoint("openai") as endpoint:
        environment = {"OPENAI_BASE_URL": endpoint.base_url, "OPENAI_API_KEY": "sk-test"}
        await run_command("complete", f"{file}:{line}", environment=environment, folder=tmp_path)
        await run_command(
            *("refactor", f"{file}:{line}", "--instruction", held),
            environment=environment,
            folder=tmp_path,
        )
        assert len(endpoint.generations) >= 2
        sent = read_sent(endpoint)
    assert [canary.kind for canary in canaries if leaks(canary, sent)] == []
