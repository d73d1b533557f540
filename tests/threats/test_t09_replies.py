"""T9: replies that are huge, deep, or made to be slow. Figure: at most 8 KB and 64 lines shown,
each filter in one pass; the milliseconds are printed, not asserted.
"""

from __future__ import annotations

import re
import time
import unicodedata
from typing import Any

import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lsp_server.postprocess import refine
from lsp_server.postprocess.base import Dropped
from lsp_server.postprocess.size import MAX_BYTES, MAX_LINES
from tests.fakes import FakeEndpoint, Reply
from tests.fakes.editor import Editor
from tests.fakes.values import Fault
from tests.marks import read_place

_ANSWER = st.text(alphabet="ab (){}:\n\t`\"'<|>#¦\x1b\u202e🙂", max_size=60)


_FILE = st.text(alphabet="ab (){}:\n\t`\"'#", max_size=40)


@given(_FILE, _FILE, _ANSWER, st.booleans(), st.sampled_from(["python", "rust", "markdown"]))
@settings(max_examples=400, deadline=None, derandomize=True)
def test_whatever_comes_what_is_shown_is_fit_to_be_shown(
    before: str, after: str, answer: str, multiline: bool, language: str
) -> None:
    place = read_place(f"{before}█{after}", language, multiline=multiline)
    shown = refine(answer, place)
    if isinstance(shown, Dropped):
        assert shown.reason.endswith(".")
        return
    assert shown.strip()
    assert multiline or "\n" not in shown
    assert "\r" not in shown
    assert not any(unicodedata.category(each) == "Cc" and each not in "\n\t" for each in shown)
    assert not re.search(r"<\|[a-z0-9_]{1,32}\|>", answer) or len(shown) < len(answer)
    assert len(shown) <= MAX_BYTES
    assert shown.count("\n") < MAX_LINES


@pytest.mark.parametrize(
    "unit",
    ["a", "(", "()", "\n", "a\n", "`", "```\n", "<|", "¦", "ab ", "    x\n", '"', "}\n", "\t"],
)
def test_hostile_answers_are_read_in_one_pass(unit: str) -> None:
    # Were a filter quadratic, this would take minutes and not milliseconds.
    text = unit * (MAX_BYTES // len(unit))
    for source in ("█", "    x = █)\n}", f"{text}█{text}"):
        place = read_place(source)
        started = time.perf_counter()
        refine(text, place)
        print(f"T9: {unit!r} in {1000 * (time.perf_counter() - started):.1f} ms")


HUGE: list[tuple[str, Fault | None]] = [
    ("x = 1\n", "endless"),
    ("x = 1\n", "hundred_megabytes"),
    ("x" * 9_000_000, None),
    ("x = 1\n" * 900_000, None),
    ("(" * 3_000_000, None),
    ("```\n" * 500_000, None),
    ("x", "gzip_bomb"),
]


@pytest.mark.asyncio
async def test_a_flood_is_cut_off() -> None:
    """The real server: it takes what it can show, closes the line, and stays small."""
    options: dict[str, Any] = {
        "provider": "openai",
        "apiKey": "sk-test",
        "completion": {"model": "qwen2.5-coder-7b-instruct", "embedded": "off", "mode": "fim"},
    }
    async with FakeEndpoint("openai") as endpoint:
        options["baseUrl"] = endpoint.base_url
        async with Editor(options=options) as editor:
            await editor.initialize()
            for number, (text, fault) in enumerate(HUGE):
                uri = f"untitled:{number}.py"
                endpoint.reply(Reply(text, chunk_size=0 if fault is None else 4, fault=fault))
                editor.open(uri, f"a_{number} = 1\n")
                for item in await editor.inline(uri, 1, 0):
                    assert len(item["insertText"]) <= MAX_BYTES
                    assert item["insertText"].count("\n") < MAX_LINES
                await endpoint.wait_for(lambda _: not endpoint.running)
                assert (await editor.command("qwen.status"))["engine"] == "openai"
            memory = psutil.Process(editor.process.pid).memory_info().rss / 1e6
    assert memory < 300
    print(f"T9: {len(HUGE)} floods, the server then holds {memory:.0f} MB")
