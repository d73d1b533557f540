"""T7: code hides in characters nobody sees (CVE-2021-42574). Figure: every code point of them at
four places, 0 shown and 0 inserted; emoji, Arabic and Hebrew unharmed.
"""

from __future__ import annotations

import pytest

from lsp_server.actions.base import Refusal, Region
from lsp_server.actions.verify import verify
from lsp_server.buffer import Snapshot, split_lines
from lsp_server.postprocess import refine
from lsp_server.postprocess.base import Dropped
from lsp_server.postprocess.hidden_characters import drop_hidden_characters
from tests.fakes import FakeEndpoint
from tests.fakes.editor import Editor
from tests.marks import read_place

HIDDEN = [
    *range(0x00, 0x09), *range(0x0B, 0x20), *range(0x7F, 0xA0),
    *range(0x202A, 0x202F), *range(0x2066, 0x206A), *range(0xE0000, 0xE0080),
]  # fmt: skip


HELD = Dropped("The model's text held hidden or control characters.")


@pytest.mark.parametrize("code", HIDDEN, ids=hex)
def test_each_hidden_character_at_each_place(code: int) -> None:
    for pattern in ("{}x = 1", "x = '{}'", "x = 1{}", "x = 1\n{}y = 2"):
        text = pattern.format(chr(code))
        assert drop_hidden_characters(text, read_place("█")) == HELD
        # A lone line end is the one that is mended, before this filter sees it.
        assert (refine(text, read_place("█")) == HELD) == (code != 0x0D)


@pytest.mark.parametrize(
    "text",
    ["مرحبا", "שלום", "👩\u200d💻", "👍🏽", "e\u0301", "\t\n", "日本語", "\u00a0", "a\u200bb"],
)
def test_what_people_write_is_unharmed(text: str) -> None:
    assert drop_hidden_characters(text, read_place("█")) == text


PLACES = ["{}x = 1", "x = 1  # {}", "x = '{}'", "x{} = 1"]


@pytest.mark.parametrize("code", HIDDEN)
@pytest.mark.parametrize("place", PLACES)
def test_hidden_characters_are_refused(code: int, place: str) -> None:
    found = verify("fix", _snapshot("x = 0\n"), Region(0, 1), [place.format(chr(code))], tree=None)
    assert isinstance(found, Refusal)


@pytest.mark.parametrize(
    "text", ["x = '🦆👩‍🚀'", "x = 'مرحبا'", "x = 'שלום'", "x = '\u200d\u00a0'"]
)
def test_other_characters_are_taken(text: str) -> None:
    assert not isinstance(
        verify("fix", _snapshot("x = 0\n"), Region(0, 1), [text], tree=None), Refusal
    )


def _snapshot(text: str) -> Snapshot:
    return Snapshot("file:///a.py", 1, "python", tuple(split_lines(text)))


def _options(endpoint: FakeEndpoint, **completion: object) -> dict[str, object]:
    return {
        "provider": "openai",
        "baseUrl": endpoint.base_url,
        "apiKey": "sk-test",
        "completion": {"model": "qwen2.5-coder-7b-instruct", **completion},
    }


@pytest.mark.asyncio
async def test_no_hidden_character_reaches_the_editor() -> None:
    """The real server, with a model that hides something in each of its answers."""
    async with FakeEndpoint("openai") as endpoint:
        async with Editor(options=_options(endpoint, embedded="off")) as editor:
            await editor.initialize()
            for number, code in enumerate(HIDDEN):
                if code == 0x0D:
                    # A lone line end is the one that is mended.
                    continue
                uri = f"untitled:{number}.py"
                endpoint.reply(PLACES[number % 4].format(chr(code)) + "\n")
                editor.open(uri, f"before_{number} = 2\n")
                assert await editor.inline(uri, 1, 0) == [], hex(code)
                editor.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
        asked = len(endpoint.generations)
    assert asked >= len(HIDDEN) - 1
    print(f"T7: {asked} answers with hidden characters, 0 shown")


KNOWN = """\
def read_{0}(path):
    with open(path, encoding="utf-8") as handle:
        content = handle.read(){1}
    return content.strip()
"""


@pytest.mark.asyncio
@pytest.mark.parametrize("mark", ["", "\u202e", "\x1b", "\U000e0041"], ids=ascii)
async def test_the_embedded_engine_copies_none_from_the_project(mark: str) -> None:
    text = "\n\n".join(KNOWN.format(number, mark) for number in range(6))
    async with Editor(options={"provider": "embedded"}) as editor:
        await editor.initialize()
        editor.open("untitled:known.py", text)
        editor.open("untitled:new.py", KNOWN.format("new", "").partition("handle.read")[0])
        items = await editor.inline("untitled:new.py", 2, 18)
    assert not [item for item in items if mark and mark in item["insertText"]]
    assert items or mark
