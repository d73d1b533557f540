"""`qwen-lsp models`: the catalogue, wide and narrow, and as JSON."""

from __future__ import annotations

import datetime
import io

import pytest
from rich.console import Console

from lsp_server.cli.models import describe, show
from lsp_server.models.catalogue import load_catalogue, parse_catalogue
from tests.fakes.command import run_command

TODAY = datetime.date(2030, 1, 1)
CATALOGUE = parse_catalogue(
    """
[lanes]
fast = ["old", "tiered"]
strong = ["tiered"]

[[model]]
id = "old"
context = 32768
fim = "hosted"
hosted = true
local = true
memory_gib = 16
retires = 2029-12-31

[[model]]
id = "tiered"
context = 1000000
max_output = 4096
currency = "CNY"
prices = [{ up_to = 32768, input = 1.0, output = 4.0 }, { up_to = 131072, input = 1.5, output = 6 }]
hosted = true
hybrid = true

[[model]]
id = "thinker"
currency = "USD"
prices = [{ up_to = 131072, input = 0.5, output = 1.0 }]
fim = "local"
local = true
thinks = true
retires = 2030-01-02
"""
)


def check(width: int, expected: str) -> None:
    console = Console(
        file=io.StringIO(), width=width, force_terminal=True, color_system=None, _environ={}
    )
    show(CATALOGUE, TODAY, console)
    assert isinstance(console.file, io.StringIO)
    shown = "\n".join(line.rstrip() for line in console.file.getvalue().splitlines())
    assert shown == expected.strip("\n")


def test_shows_a_table() -> None:
    check(
        120,
        """
model    lanes   context  price           hosted   local  memory  until
────────────────────────────────────────────────────────────────────────────
tiered   fast    1M       ¥1 / 4 ≤32K     partial
         strong           ¥1.5 / 6 ≤128K
thinker                   $0.5 / 1                 FIM            2030-01-02

old      fast    32K                      FIM      FIM    16 GiB  2029-12-31

fast lane: old → tiered
strong lane: tiered
""",
    )


def test_a_narrow_terminal_gets_fewer_columns() -> None:
    check(
        56,
        """
model    price           hosted   local  until
───────────────────────────────────────────────────
tiered   ¥1 / 4 ≤32K     partial
         ¥1.5 / 6 ≤128K
thinker  $0.5 / 1                 FIM    2030-01-02

old                      FIM      FIM    2029-12-31

fast lane: old → tiered
strong lane: tiered
A wider terminal, or a pipe, shows more columns: lanes,
memory, context.
""",
    )


def test_describes_every_figure() -> None:
    described = describe(CATALOGUE, TODAY)
    assert described["lanes"] == {"fast": ["old", "tiered"], "strong": ["tiered"]}
    models = described["models"]
    assert isinstance(models, list)
    assert models[1] == {
        "id": "tiered",
        "lanes": ["fast", "strong"],
        "context": 1000000,
        "maxInput": None,
        "maxOutput": 4096,
        "currency": "CNY",
        "prices": [
            {"upTo": 32768, "input": 1.0, "output": 4.0},
            {"upTo": 131072, "input": 1.5, "output": 6},
        ],
        "hosted": True,
        "local": False,
        "fim": None,
        "memoryGiB": None,
        "retires": None,
        "retired": False,
    }
    assert [model["retired"] for model in models] == [True, False, False]


@pytest.mark.asyncio
async def test_prints_the_catalogue_that_ships() -> None:
    done = await run_command("models", "--json")
    assert (done.code, done.err) == (0, "")
    assert [model["id"] for model in done.json["models"]] == list(load_catalogue().models)
    done = await run_command("models")
    assert (done.code, done.err) == (0, "")
    assert all(model_id in done.out for model_id in load_catalogue().models)
