"""T3: secrets sent as context. Sixty and more canaries through every source; none leaves."""

from __future__ import annotations

import ast
import random
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from lsp_server.buffer import Position, Snapshot, split_lines
from lsp_server.completion.guard import guard_cursor
from lsp_server.context.base import Context, Snippet
from lsp_server.context.window import gather_window
from lsp_server.prompt.actions import (
    ActionContext,
    add_findings,
    add_plan,
    build_action_messages,
    build_plan_messages,
)
from lsp_server.prompt.base import ChatPrompt, FimPrompt, InfillPrompt, PartialPrompt, Prompt
from lsp_server.prompt.fim import build_fim_prompt, build_infill_prompt
from lsp_server.prompt.partial import build_partial_prompt
from lsp_server.provider import redacting
from lsp_server.provider.base import Request
from lsp_server.provider.errors import ProviderError
from lsp_server.provider.redacting import redact_prompt
from tests.fakes.canaries import Canary, leaks, make_canaries

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "lsp_server"
REQUESTS = 10_000
FORMS = (build_fim_prompt, build_infill_prompt, build_partial_prompt)
ACTION_SOURCES = ("region", "before", "after", "snippet", "detail", "task", "findings", "plan")


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


def build_completion(canary: Canary, code: str, chance: random.Random) -> Prompt | None:
    """A prompt for ghost text, the canary in the file around the cursor or in another file."""
    lines = chance.choices(code.splitlines(keepends=True), k=chance.randrange(8, 30))
    snippets: tuple[Snippet, ...] = ()
    place = chance.randrange(len(lines))
    indent = " " * chance.choice((0, 4)) if canary.text.count("\n") == 1 else ""
    held = indent + canary.text
    if chance.random() < 0.25:
        snippets = (Snippet("other.py", "".join([*lines[:place], held, *lines[place:]])),)
    else:
        lines.insert(place, held)
    end = chance.choice(("\n", "\r\n"))
    text = "".join(lines).replace("\n", end)
    snapshot = Snapshot("file:///a.py", 1, canary.language, tuple(split_lines(text)))
    number = chance.randrange(len(snapshot.lines))
    position = Position(number, chance.randrange(len(snapshot.line_text(number)) + 1))
    prefix, suffix = gather_window(snapshot, position, chance.choice((60, 400, 2_000)))
    context = Context("src/a.py", canary.language, prefix, suffix, "shop", snippets)
    line = snapshot.lines[number]
    try:
        context = guard_cursor(context, line[: position.column], line[position.column :])
    except ProviderError:
        return None
    return chance.choice(FORMS)(context)


def build_action(canary: Canary, code: str, chance: random.Random) -> ChatPrompt:
    """A question of an action, the canary in one of its sources."""
    lines = chance.choices(code.splitlines(), k=12)
    text = canary.text.rstrip("\n")
    plain, held = "\n".join(lines), "\n".join([*lines[:6], text, *lines[6:]])
    source = chance.choice(ACTION_SOURCES)

    def fill(name: str) -> str:
        return held if source == name else plain

    context = ActionContext(
        "src/a.py",
        canary.language,
        fill("region"),
        fill("before"),
        fill("after"),
        (Snippet("other.py", fill("snippet")),),
        f"Fix the diagnostics. {text}" if source == "task" else "Fix the diagnostics.",
        (f"error: not expected: {text}",) if source == "detail" else (),
        chance.choice(("whole", "search_replace", "markdown")),
    )
    messages = build_action_messages(context)
    if source == "findings":
        messages = add_findings(messages, held, f"The check says:\n{text}")
        if chance.random() < 0.5:
            messages = build_plan_messages(messages, f"The check says:\n{text}")
    elif source == "plan":
        messages = add_plan(messages, held)
    return ChatPrompt(messages)


def read_prompt(prompt: Prompt | ChatPrompt) -> str:
    match prompt:
        case FimPrompt():
            return prompt.text
        case InfillPrompt():
            return "\n".join([prompt.prefix, prompt.suffix, *(text for _, text in prompt.extra)])
        case PartialPrompt() | ChatPrompt():
            return "\n".join(message.content for message in prompt.messages)


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


def test_it_fails_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RecursionError("a secret that must not be logged")

    class Inner:
        def stream(self, _request: object) -> None:
            raise AssertionError("it was sent")

    monkeypatch.setattr(redacting, "redact", fail)
    request = Request("model", build_fim_prompt(Context("a.py", "python", "x", "y")), 10)
    with pytest.raises(ProviderError) as raised:
        redacting.Redacting(Inner()).stream(request)  # type: ignore[arg-type]
    assert raised.value.fault.code == "redaction"
    assert raised.value.__cause__ is None
