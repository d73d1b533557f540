"""T8: control tokens stand literally in source. Figure: each of 25 tokens at each place of each
prompt: 0 sent as they were, 0 shown.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lsp_server.context.base import Context, Snippet
from lsp_server.prompt.base import FimPrompt, InfillPrompt, PartialPrompt, Prompt
from lsp_server.prompt.fim import build_fim_prompt, build_infill_prompt
from lsp_server.prompt.partial import build_partial_prompt
from lsp_server.prompt.special import cut_at_control_token, make_plain, restore
from tests.fakes import FakeEndpoint
from tests.fakes.acting_editor import ActingEditor
from tests.fakes.values import Kind

# What Qwen's tokenizers hold, and what the small models are known to leak as text.
CONTROL_TOKENS = [
    *(f"<|{name}|>" for name in """endoftext im_start im_end object_ref_start object_ref_end
    box_start box_end quad_start quad_end vision_start vision_end vision_pad image_pad video_pad
    fim_prefix fim_middle fim_suffix fim_pad repo_name file_sep cursor""".split()),
    *(f"<{name}>" for name in "fim_prefix fim_middle fim_suffix fim_pad".split()),
]  # fmt: skip


@pytest.mark.parametrize("place", ["path", "prefix", "suffix", "repository", "snippet", "name"])
@pytest.mark.parametrize("token", CONTROL_TOKENS)
def test_no_part_of_a_prompt_holds_a_control_token_of_the_users(token: str, place: str) -> None:
    text = f"a{token}b"
    context = Context(
        path=text if place == "path" else "a.py",
        language="python",
        prefix=text if place == "prefix" else "a",
        suffix=text if place == "suffix" else "b",
        repository=text if place == "repository" else "r",
        snippets=(
            Snippet(text if place == "name" else "b.py", text if place == "snippet" else "c"),
        ),
    )
    bare = Context("a.py", "python", "a", "b", "r", (Snippet("b.py", "c"),))
    for build in (build_fim_prompt, build_infill_prompt, build_partial_prompt):
        prompt, own = text_of(build(context)), text_of(build(bare))
        assert prompt.count(token) == own.count(token)


def text_of(prompt: Prompt) -> str:
    match prompt:
        case FimPrompt():
            return prompt.text
        case PartialPrompt():
            return "\n".join(message.content for message in prompt.messages)
        case InfillPrompt():
            extra = "\n".join(f"{name}\n{text}" for name, text in prompt.extra)
            return f"{prompt.prefix}\n{prompt.suffix}\n{extra}"


@pytest.mark.parametrize("token", CONTROL_TOKENS)
def test_control_tokens_come_back_as_they_were(token: str) -> None:
    harmless = make_plain(f'x = "{token}"')
    assert token not in harmless
    assert cut_at_control_token(harmless) == harmless
    assert restore(harmless) == f'x = "{token}"'
    assert cut_at_control_token(f"a{token}b{token}") == "a"


@given(st.text(alphabet="<|>¦fim_pad\n\r ", max_size=40))
@settings(deadline=None, derandomize=True)
def test_nothing_that_looks_like_a_token_is_left(text: str) -> None:
    assert not re.search(r"<\|[a-z0-9_]{1,32}\|>", make_plain(text))


SOURCE = "def total(prices):\n    return sum(prices)  # {0}\n\n\nlast = '{0}'\n"


@pytest.mark.asyncio
@pytest.mark.parametrize("kind", ["dashscope", "openai", "vllm", "llamacpp", "ollama"])
async def test_no_token_of_the_source_is_on_the_wire(kind: Kind, tmp_path: Path) -> None:
    """The real server: ghost text and actions on files full of tokens, by each kind of endpoint."""
    every = "".join(CONTROL_TOKENS)
    plain = await _ask_all(kind, tmp_path, "tokens")
    hostile = await _ask_all(kind, tmp_path, every)
    assert len(hostile) == len(plain)
    for token in CONTROL_TOKENS:
        own = [body.count(token) for body in plain]
        assert [body.count(token) for body in hostile] == own, token


@pytest.mark.asyncio
async def test_no_token_of_an_answer_is_shown() -> None:
    async with FakeEndpoint("openai") as endpoint:
        completion = {"model": "qwen2.5-coder-7b-instruct", "embedded": "off"}
        options = {"provider": "openai", "baseUrl": endpoint.base_url, "completion": completion}
        async with ActingEditor(options={**options, "apiKey": "sk-test"}) as editor:
            await editor.initialize()
            for number, token in enumerate(CONTROL_TOKENS):
                uri = f"untitled:{number}.py"
                endpoint.reply(f"{number} + 1{token}\nleaked = 1\n")
                editor.open(uri, f"value_{number} = \n")
                (item,) = await editor.inline(uri, 0, 9 + len(str(number)))
                assert item["insertText"] == f"value_{number} = {number} + 1"


async def _ask_all(kind: Kind, folder: Path, words: str) -> list[str]:
    """The texts of all requests, with `words` wherever a user or a tool may write."""
    source = SOURCE.format(words)
    path = folder / "cart.py"
    path.write_text(source, "utf-8")
    uri = path.as_uri()
    place = {"start": {"line": 1, "character": 4}, "end": {"line": 1, "character": 8}}
    diagnostic = {"range": place, "message": words, "code": words, "source": words, "severity": 1}
    argument = {"uri": uri, "range": place, "instruction": words, "diagnostics": [diagnostic]}
    async with FakeEndpoint(kind) as endpoint:
        options: dict[str, Any] = {
            "provider": kind,
            "baseUrl": endpoint.base_url,
            # Room for the whole of the longer file: both prompts are of the same form then.
            "completion": {"maxPromptTokens": 8000},
        }
        async with ActingEditor(root=folder, options={**options, "apiKey": "sk-test"}) as editor:
            await editor.initialize()
            editor.open(uri, source)
            editor.open("untitled:other.py", source)
            # An answer would have the next place asked for as well, sooner or later.
            endpoint.reply("")
            await editor.inline(uri, 1, 22)
            endpoint.reply(f"```python\n{words}\n```")
            for action in ("fix", "explain"):
                await editor.command(f"qwen.{action}", argument)
        return ["\n".join(_texts(request.json)) for request in endpoint.generations]


def _texts(value: Any) -> list[str]:
    """Every text in a request but the stop strings, which are ours."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for key, each in value.items() if key != "stop" for text in _texts(each)]
    if isinstance(value, list):
        return [text for each in value for text in _texts(each)]
    return []
