"""Prompts of every form with a canary in one of their sources."""

from __future__ import annotations

import random

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
from lsp_server.provider.errors import ProviderError
from tests.fakes.canaries import Canary

FORMS = (build_fim_prompt, build_infill_prompt, build_partial_prompt)
_ACTION_SOURCES = ("region", "before", "after", "snippet", "detail", "task", "findings", "plan")


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
    source = chance.choice(_ACTION_SOURCES)

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
    """All the text of a prompt."""
    match prompt:
        case FimPrompt():
            return prompt.text
        case InfillPrompt():
            return "\n".join([prompt.prefix, prompt.suffix, *(text for _, text in prompt.extra)])
        case PartialPrompt() | ChatPrompt():
            return "\n".join(message.content for message in prompt.messages)
