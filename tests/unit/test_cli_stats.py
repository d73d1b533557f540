"""`qwen-lsp stats`: the ledger added up by day and model, as a table and as JSON."""

from __future__ import annotations

import datetime
import io
import sqlite3
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from lsp_server.cli.stats import describe, show
from lsp_server.errors import UserError
from lsp_server.models.ledger import Ledger
from lsp_server.models.ledger_tally import (
    Kept,
    Tally,
    add_tallies,
    cost_per_character,
    read_tallies,
)
from tests.fakes.command import run_command

FIRST = datetime.date(2026, 11, 1)
DASHSCOPE: dict[str, Any] = {"provider": "dashscope", "origin": "https://dashscope.aliyuncs.com"}


def fill(path: Path, *, last: datetime.date = datetime.date(2026, 11, 22)) -> None:
    """Two days of usage, the later one on `last`."""
    now = datetime.datetime.combine(last, datetime.time(9), datetime.timezone.utc)
    ledger = Ledger(path, now=lambda: now)
    for _ in range(4):
        ledger.note_request("qwen-coder-turbo", 1000, 100, 500, **DASHSCOPE)
    ledger.note_request("qwen2.5-coder:7b", 300, 20, provider="ollama", origin="http://x.example")
    for taken in (None, 10, 0):
        name = ledger.note_shown(40, provider="dashscope", model="qwen-coder-turbo")
        if taken != 0:
            ledger.note_accepted(name, taken)
            ledger.note_kept(name, 30, 10)
    ledger.note_kept(name, 300, 0)
    ledger.note_accepted(ledger.note_shown(12, provider="embedded", model=None))
    ledger.close_now()
    now -= datetime.timedelta(days=1)
    ledger = Ledger(path, now=lambda: now)
    ledger.note_request("qwen3-coder-plus", 2000, 200, lane="strong", **DASHSCOPE)
    ledger.close_now()


TURBO = Tally(
    "2026-11-22",
    "dashscope",
    "qwen-coder-turbo",
    requests=4,
    input=4000,
    output=400,
    cached=2000,
    cost={"CNY": 0.0072},
    shown=3,
    shown_characters=120,
    accepted=2,
    partly_accepted=1,
    accepted_characters=50,
    kept_30s=Kept(2, 20, 50),
)
LOCAL = Tally(
    "2026-11-22", "ollama", "qwen2.5-coder:7b", requests=1, input=300, output=20, unpriced=1
)
EMBEDDED = Tally(
    "2026-11-22",
    "embedded",
    "",
    shown=1,
    shown_characters=12,
    accepted=1,
    accepted_characters=12,
)
STRONG = Tally(
    "2026-11-21",
    "dashscope",
    "qwen3-coder-plus",
    requests=1,
    input=2000,
    output=200,
    cost={"USD": 0.003},
)


@pytest.mark.parametrize(
    ("since", "expected"),
    [
        (FIRST, [TURBO, LOCAL, EMBEDDED, STRONG]),
        (datetime.date(2026, 11, 22), [TURBO, LOCAL, EMBEDDED]),
        (datetime.date(2026, 11, 23), []),
    ],
)
def test_by_day_and_model(tmp_path: Path, since: datetime.date, expected: list[Tally]) -> None:
    path = tmp_path / "usage.sqlite3"
    fill(path)
    found = [replace(tally, cost=_round(tally.cost)) for tally in read_tallies(path, since)]
    assert found == expected


def _round(cost: Mapping[str, float]) -> dict[str, float]:
    return {currency: round(amount, 9) for currency, amount in cost.items()}


def test_it_is_read_while_a_server_writes(tmp_path: Path) -> None:
    path = tmp_path / "usage.sqlite3"
    fill(path)
    ledger = Ledger(path)
    ledger.note_shown(1, provider="embedded", model=None)
    assert len(read_tallies(path, FIRST)) >= 4
    ledger.close_now()


def test_sums() -> None:
    total = add_tallies([TURBO, LOCAL, EMBEDDED, STRONG])
    assert (total.day, total.model, total.requests, total.unpriced) == ("", "", 6, 1)
    assert set(total.cost) == {"CNY", "USD"}
    assert total.acceptance == 3 / 4
    assert total.kept_30s.share == 20 / 50
    assert total.kept_5min.share is None
    assert add_tallies([]) == Tally()
    assert Tally().acceptance is None


def test_the_price_of_an_accepted_character() -> None:
    """What a currency paid for, and nothing else; what was paid in vain counts too."""
    in_vain = Tally(model="qwen-coder-plus", requests=1, cost={"CNY": 0.5})
    taken = Tally(model="qwen-coder-turbo", cost={"CNY": 0.5}, accepted_characters=100)
    assert cost_per_character([taken, in_vain, EMBEDDED]) == {"CNY": 0.01}
    assert cost_per_character([STRONG, EMBEDDED]) == {}


def check(width: int, expected: str, tallies: list[Tally]) -> None:
    console = Console(
        file=io.StringIO(), width=width, force_terminal=True, color_system=None, _environ={}
    )
    show(tallies, FIRST, Path("/x/usage.sqlite3"), console)
    assert isinstance(console.file, io.StringIO)
    shown = "\n".join(line.rstrip() for line in console.file.getvalue().splitlines())
    assert shown == expected.strip("\n")


SMALL = [
    Tally(
        "2026-11-22",
        "dashscope",
        "qwen-coder-turbo",
        requests=1200,
        input=1_200_000,
        output=9000,
        cached=4000,
        cost={"CNY": 2.4},
        shown=1000,
        accepted=300,
        accepted_characters=9000,
        kept_30s=Kept(290, 8100, 9000),
    ),
    EMBEDDED,
    STRONG,
]


def test_wide() -> None:
    check(
        130,
        """
day         model             requests      input  cached  output            cost  shown   accepted     kept  cost/character
────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
2026-11-22  qwen-coder-turbo     1,200  1,200,000   4,000   9,000           ¥2.40  1,000  300 (30%)  90% / -        ¥0.00027
            embedded                                                                   1   1 (100%)
2026-11-21  qwen3-coder-plus         1      2,000             200          $0.003

total                            1,201  1,202,000   4,000   9,200  ¥2.40 + $0.003  1,001  301 (30%)  90% / -        ¥0.00027

Since 2026-11-01, from /x/usage.sqlite3.
""",  # noqa: E501
        SMALL,
    )


def test_narrow() -> None:
    check(
        80,
        """
day         model             requests   cost  shown   accepted     kept
────────────────────────────────────────────────────────────────────────
2026-11-22  qwen-coder-turbo     1,200  ¥2.40  1,000  300 (30%)  90% / -
            embedded                               1   1 (100%)

total                            1,200  ¥2.40  1,001  301 (30%)  90% / -

A wider terminal, or a pipe, shows more columns: cached, cost/character, output,
input.
Since 2026-11-01, from /x/usage.sqlite3.
""",
        SMALL[:2],
    )


def test_nothing_yet() -> None:
    check(80, "Nothing has been used since 2026-11-01.", [])


def test_requests_without_a_price_are_said() -> None:
    console = Console(file=io.StringIO(), width=200)
    show([LOCAL], FIRST, Path("/x"), console)
    assert isinstance(console.file, io.StringIO)
    assert "are: 1 of 1 requests." in console.file.getvalue()


def test_json(tmp_path: Path) -> None:
    path = tmp_path / "usage.sqlite3"
    fill(path)
    found: Any = describe(read_tallies(path, FIRST), FIRST, path)
    assert found["file"] == str(path)
    assert found["since"] == "2026-11-01"
    assert found["usage"][0] == {
        "day": "2026-11-22",
        "provider": "dashscope",
        "model": "qwen-coder-turbo",
        "requests": 4,
        "inputTokens": 4000,
        "outputTokens": 400,
        "cachedTokens": 2000,
        "cost": {"CNY": 0.0072},
        "unpricedRequests": 0,
        "shown": 3,
        "shownCharacters": 120,
        "accepted": 2,
        "partlyAccepted": 1,
        "acceptedCharacters": 50,
        "acceptanceRate": 0.6667,
        "keptAfter30s": {"suggestions": 2, "characters": 20, "ofCharacters": 50, "rate": 0.4},
        "keptAfter5min": {"suggestions": 0, "characters": 0, "ofCharacters": 0, "rate": None},
        "costPerAcceptedCharacter": {"CNY": 0.000144},
    }
    assert found["usage"][2]["model"] is None
    assert found["total"]["cost"] == {"CNY": 0.0072, "USD": 0.003}
    assert "day" not in found["total"]


@pytest.mark.asyncio
async def test_the_command(tmp_path: Path) -> None:
    environment = {"XDG_DATA_HOME": str(tmp_path)}
    nothing = await run_command("stats", environment=environment)
    assert nothing.code == 0
    assert nothing.out.startswith("Nothing has been used since ")
    fill(tmp_path / "qwen-lsp" / "usage.sqlite3", last=datetime.date.today())
    table = await run_command("stats", environment=environment)
    assert table.code == 0
    assert "qwen3-coder-plus" in table.out
    one_day = await run_command("stats", "--days", "1", "--json", environment=environment)
    models = {each["model"] for each in one_day.json["usage"]}
    assert "qwen-coder-turbo" in models
    assert table.err == one_day.err == ""


@pytest.mark.parametrize("days", ["0", "-1", "x", "1.5", "9999"])
@pytest.mark.asyncio
async def test_wrong_use(tmp_path: Path, days: str) -> None:
    wrong = await run_command(
        "stats", f"--days={days}", environment={"XDG_DATA_HOME": str(tmp_path)}
    )
    assert wrong.code == 2
    assert wrong.out == ""
    assert wrong.err.startswith("qwen-lsp: argument --days: takes a whole number from 1 to 3650")
    assert len(wrong.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("content", "expected"),
    [(b"This is no database. " * 99, "is damaged"), (None, "cannot be read")],
)
def test_a_file_that_cannot_be_read(tmp_path: Path, content: bytes | None, expected: str) -> None:
    path = tmp_path / "usage.sqlite3"
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    with pytest.raises(UserError, match=expected):
        read_tallies(path, FIRST)


def test_a_file_of_a_newer_version(tmp_path: Path) -> None:
    path = tmp_path / "usage.sqlite3"
    fill(path)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(UserError, match="newer"):
        read_tallies(path, FIRST)
