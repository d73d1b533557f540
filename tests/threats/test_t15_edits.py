"""T15: an edit is stale, or wider than asked for. Figure: 5,000 random edits, 0 outside their
region; 3,000 rebases, 0 wrong; 200 races with a typist, 0 edits on another version.
"""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest

from lsp_server.actions.base import Region, apply_edits, region_lines
from lsp_server.actions.difference import make_edits
from lsp_server.actions.rebase import rebase_region
from lsp_server.actions.verify import is_confined
from lsp_server.buffer import Snapshot, split_lines
from tests.fakes import FakeEndpoint, Reply
from tests.fakes.acting_editor import ActingEditor


def _snapshot(text: str) -> Snapshot:
    return Snapshot("file:///a.py", 1, "python", tuple(split_lines(text)))


def _random_lines(randomness: random.Random, eol: str) -> list[str]:
    words = ["", "a", "}", "  b", "\tc", "é🦆", "x = 1", "\f"]
    return [randomness.choice(words) + eol for _ in range(randomness.randint(1, 12))]


def test_five_thousand_random_edits_stay_in_their_region() -> None:
    randomness = random.Random(3)
    for _ in range(5_000):
        eol = randomness.choice(["\n", "\r\n", "\r"])
        text = "".join(_random_lines(randomness, eol))
        text = randomness.choice(["\ufeff", ""]) + (
            text if randomness.random() < 0.5 else text.rstrip("\r\n")
        )
        snapshot = _snapshot(text)
        first = randomness.randrange(len(snapshot.lines))
        last = randomness.randint(first + 1, len(snapshot.lines))
        has_mark = first == 0 and text.startswith("\ufeff")
        region = Region(first, last, "", 1 if has_mark else 0)
        old = region_lines(snapshot, region)
        new = [line.rstrip("\r\n") for line in _random_lines(randomness, "\n")]
        if randomness.random() < 0.5:
            cut = randomness.randint(0, len(old))
            new = [*old[:cut], *new, *old[cut:]]
        after = apply_edits(snapshot, make_edits(snapshot, region, new))
        assert is_confined(snapshot, region, after)
        tail = len(snapshot.lines) - last
        got = split_lines(after)[first:]
        got = [line.rstrip("\r\n") for line in (got[: len(got) - tail] if tail else got)]
        if region.column:
            got[0] = got[0].removeprefix("\ufeff")
        # A region that ends with its line's end has an empty line after it, which is not its own.
        if last == len(snapshot.lines) or tail:
            assert got == new


def test_rebase_finds_the_untouched_region_and_no_other() -> None:
    randomness = random.Random(4)
    for _ in range(3_000):
        lines = [f"line {number}\n" for number in range(30)]
        first = randomness.randrange(5, 20)
        region = Region(first, first + randomness.randint(1, 6))
        old = _snapshot("".join(lines))
        new = list(old.lines)
        touched = randomness.random() < 0.3
        below = [f"new {randomness.random()}\n"] * randomness.randint(0, 3)
        new[region.last + 1 : region.last + 1] = below
        if touched:
            new[randomness.randrange(region.first, region.last)] = "other\n"
        above = randomness.randint(0, 3)
        new[first:first] = ["above\n"] * above
        if randomness.random() < 0.5:
            del new[0]
            above -= 1
        current = _snapshot("".join(new))
        found = rebase_region(old, current, region)
        if touched:
            assert found is None
        else:
            assert found == Region(region.first + above, region.last + above)


def test_rebase_does_not_take_a_copy_for_the_region() -> None:
    old = _snapshot("a\nsame()\nb\nsame()\nc\n")
    edited = _snapshot("x\na\nother()\nb\nsame()\nc\ny\n")
    assert rebase_region(old, edited, Region(1, 2)) is None


LINES = ["import os", "", "", "def total(prices):", "    return sum(prise)", "", "", "last = 1"]
FIXED = ["def total(prices):", "    return sum(prices)"]


@pytest.mark.asyncio
async def test_edits_race_with_a_typist(tmp_path: Path) -> None:
    """The real server: someone types while the model writes; what is applied fits what is there."""
    randomness = random.Random(15)
    applied = stale = 0
    async with FakeEndpoint("openai") as endpoint:
        options = {"provider": "openai", "baseUrl": endpoint.base_url, "apiKey": "sk-test"}
        async with ActingEditor(root=tmp_path, options=options) as editor:
            await editor.initialize()
            for number in range(200):
                uri = (tmp_path / f"a{number}.py").as_uri()
                endpoint.reply(Reply("```python\n" + "\n".join(FIXED) + "\n```", chunk_size=20))
                editor.open(uri, "\n".join(LINES) + "\n")
                seen = len(endpoint.requests)
                place = {"start": {"line": 4, "character": 15}, "end": {"line": 4, "character": 20}}
                argument = {"uri": uri, "range": place, "instruction": "Mend the name."}
                _, reply = editor.send_request(
                    "workspace/executeCommand", {"command": "qwen.fix", "arguments": [argument]}
                )
                if randomness.random() < 0.5:
                    await endpoint.wait_for(seen + 1)
                line = randomness.choice([0, 1, 4, 5, 7])
                text = editor.texts[uri].split("\n")
                text[line] += f"  # typed {number}"
                editor.retype(uri, "\n".join(text))
                result = (await asyncio.wait_for(reply, 30))["result"]
                now = editor.texts[uri].split("\n")
                # What was typed is there, unless it was there before the action began.
                assert any(f"typed {number}" in each for each in now) or line == 4
                if result["status"] == "applied":
                    applied += 1
                    assert FIXED[1] in now
                    assert len(now) == len(text)
                    differing = [i for i in range(len(now)) if now[i] != text[i]]
                    assert differing in ([4], [])
                else:
                    stale += 1
                    assert result["status"] in {"stale", "rejected"}
                    assert now == text
                editor.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
    assert applied
    print(f"T15: {applied} applied, {stale} refused, 0 on another version")
