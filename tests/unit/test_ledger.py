"""The ledger: what it counts, across restarts, servers, midnights, and trouble with its file."""

from __future__ import annotations

import asyncio
import datetime
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from lsp_server.models import ledger_file
from lsp_server.models.ledger import Ledger, Today
from lsp_server.models.ledger_file import LedgerFile
from lsp_server.models.ledger_rows import Row

NOON = datetime.datetime(2026, 11, 22, 12, tzinfo=datetime.timezone.utc)
DASHSCOPE: dict[str, Any] = {"provider": "dashscope", "origin": "https://dashscope.aliyuncs.com"}
REQUESTS = "SELECT day, lane, provider, origin, model, input, output, cached, outcome FROM requests"
SUGGESTIONS = "SELECT characters, accepted, kept_30s, kept_5min FROM suggestions ORDER BY time, id"


class Clock:
    """A clock that is set by hand."""

    def __init__(self, now: datetime.datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime.datetime:
        return self.now


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "usage.sqlite3"


@pytest.fixture(autouse=True)
def ended() -> Iterator[None]:
    """No test leaves a ledger's thread behind."""
    yield
    assert not any(thread.name == "ledger" for thread in threading.enumerate())


def read(path: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


def spend(ledger: Ledger, tokens: int = 100, model: str = "qwen-coder-turbo", **more: Any) -> None:
    ledger.note_request(model, tokens, 0, **{**DASHSCOPE, **more})


def wait_until_written(ledger: Ledger) -> None:
    with ledger._changed:
        assert ledger._changed.wait_for(lambda: not ledger._waiting, 20)


def test_a_request_is_a_row(path: Path) -> None:
    ledger = Ledger(path, now=Clock())
    ledger.note_request("qwen-coder-turbo", 1000, 50, 400, **DASHSCOPE, outcome="cut")
    ledger.close_now()
    assert read(path, REQUESTS) == [
        (
            "2026-11-22",
            "fast",
            "dashscope",
            "https://dashscope.aliyuncs.com",
            "qwen-coder-turbo",
            1000,
            50,
            400,
            "cut",
        )
    ]
    ((cost, currency, time),) = read(path, "SELECT cost, currency, time FROM requests")
    assert cost == pytest.approx((600 + 400 * 0.2) * 2e-6 + 50 * 6e-6)
    assert (currency, time) == ("CNY", NOON.timestamp())


@pytest.mark.parametrize(
    ("model", "provider", "origin", "cost"),
    [
        ("qwen-coder-turbo", "dashscope", "https://dashscope.aliyuncs.com", {"CNY": 0.002}),
        ("qwen3-coder-plus", "dashscope", "https://dashscope-us.aliyuncs.com", {"USD": 0.001}),
        ("qwen-coder-turbo", "openai", "https://gateway.example", {"CNY": 0.002}),
        ("qwen-coder-turbo", "dashscope", "https://coding.dashscope.aliyuncs.com", {}),
        ("qwen2.5-coder-7b-instruct", "vllm", "http://127.0.0.1:8000", {}),
        ("qwen3.7-plus", "dashscope", "https://dashscope.aliyuncs.com", {}),
        ("nobody's", "openai", "https://gateway.example", {}),
    ],
)
def test_who_sends_a_bill(model: str, provider: str, origin: str, cost: dict[str, float]) -> None:
    ledger = Ledger(now=Clock())
    ledger.note_request(model, 1000, 0, provider=provider, origin=origin)
    tokens, found = ledger.today()
    assert tokens == 1000
    assert dict(found) == pytest.approx(cost)


def test_two_currencies_have_no_sum() -> None:
    ledger = Ledger(now=Clock())
    for model in ("qwen-coder-turbo", "qwen3-coder-plus", "qwen3-coder-plus"):
        spend(ledger, 1000, model)
    today = ledger.today()
    assert dict(today.cost) == pytest.approx({"CNY": 0.002, "USD": 0.002})
    assert today.amount("USD") == pytest.approx(0.002)
    assert today.amount("EUR") == 0.0
    both = Today(1, {"CNY": 0.3, "USD": 0.4})
    assert (both.amount(), both.currency) == (0.4, "USD")
    assert (Today().amount(), Today().currency) == (0.0, None)


@pytest.mark.asyncio
async def test_a_restart_goes_on_counting(path: Path) -> None:
    first = Ledger(path, now=Clock())
    spend(first)
    await first.close()
    second = Ledger(path, now=Clock())
    await second.open()
    assert second.today().tokens == 100
    spend(second, 11)
    assert second.today().tokens == 111
    assert second.today().amount("CNY") == pytest.approx(111 * 2e-6)
    await second.close()
    assert second.today().tokens == 111


@pytest.mark.asyncio
async def test_midnight_begins_anew(path: Path) -> None:
    clock = Clock()
    ledger = Ledger(path, now=clock)
    await ledger.open()
    spend(ledger)
    clock.now += datetime.timedelta(days=1)
    assert ledger.today() == Today()
    spend(ledger, 7)
    assert ledger.today().tokens == 7
    wait_until_written(ledger)
    assert ledger.today().tokens == 7
    await ledger.close()
    assert read(path, "SELECT day, input FROM requests") == [("2026-11-22", 100), ("2026-11-23", 7)]


def test_midnight_in_memory() -> None:
    clock = Clock()
    ledger = Ledger(now=clock)
    spend(ledger)
    clock.now += datetime.timedelta(days=1)
    assert ledger.today().tokens == 0
    spend(ledger, 7)
    assert ledger.today().tokens == 7


def test_the_day_is_the_users_own(path: Path) -> None:
    zone = datetime.timezone(datetime.timedelta(hours=9))
    late = datetime.datetime(2026, 11, 22, 20, tzinfo=datetime.timezone.utc).astimezone(zone)
    ledger = Ledger(path, now=Clock(late))
    spend(ledger)
    ledger.close_now()
    assert read(path, "SELECT day, time FROM requests") == [("2026-11-23", late.timestamp())]


@pytest.mark.parametrize(
    ("accepted", "kept", "expected"),
    [
        ([], [], (40, None, None, None)),
        ([None], [], (40, 40, None, None)),
        ([None], [(30, 40), (300, 25)], (40, 40, 40, 25)),
        ([5, 12], [(30, 12)], (40, 12, 12, None)),
        ([12, 5], [], (40, 12, None, None)),
        ([5, None], [], (40, 40, None, None)),
        ([900], [(30, 900)], (40, 40, 40, None)),
        ([None], [(30, 0), (300, 0)], (40, 40, 0, 0)),
        ([], [(30, 40)], (40, None, None, None)),
    ],
)
def test_a_suggestions_fate(
    path: Path, accepted: list[int | None], kept: list[tuple[Any, int]], expected: tuple[Any, ...]
) -> None:
    ledger = Ledger(path, now=Clock())
    name = ledger.note_shown(40, provider="dashscope", model="qwen-coder-turbo")
    for characters in accepted:
        ledger.note_accepted(name, characters)
    for seconds, characters in kept:
        ledger.note_kept(name, seconds, characters)
    ledger.note_accepted("nobody's")
    ledger.close_now()
    assert read(path, SUGGESTIONS) == [expected]


def test_no_text_is_kept(path: Path) -> None:
    """Every column is a number, a name of ours, or one that the settings hold."""
    ledger = Ledger(path, now=Clock())
    spend(ledger)
    ledger.note_accepted(ledger.note_shown(3, provider="embedded", model=None))
    ledger.close_now()
    columns = [
        name
        for table in ("requests", "suggestions")
        for _, name, kind, *_ in read(path, f"PRAGMA table_info({table})")
        if kind == "TEXT"
    ]
    own = {"day", "lane", "provider", "origin", "model", "currency", "outcome", "id"}
    assert set(columns) == own


# Several servers

SERVER = """
import datetime, sys
from pathlib import Path
from lsp_server.models.ledger import Ledger
ledger = Ledger(Path(sys.argv[1]), notify=print)
sys.stdin.readline()
for number in range(150):
    ledger.note_request("qwen-coder-turbo", 1, 0, provider="dashscope", origin="https://x.example")
    ledger.note_accepted(ledger.note_shown(9, provider="embedded", model=None))
ledger.close_now()
"""


def test_several_servers_begin_and_write_one_file(path: Path) -> None:
    servers = [
        subprocess.Popen(
            [sys.executable, "-c", SERVER, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
            text=True,
        )
        for _ in range(3)
    ]
    # All at once, so that each wants to be the one that makes the tables.
    for server in servers:
        assert server.stdin is not None
        server.stdin.write("\n")
        server.stdin.flush()
    told = [server.communicate(timeout=60)[0] for server in servers]
    assert told == ["", "", ""]
    assert read(path, "SELECT COUNT(*), SUM(input) FROM requests") == [(450, 450)]
    assert read(path, "SELECT COUNT(*), SUM(accepted) FROM suggestions") == [(450, 450 * 9)]
    assert read(path, "PRAGMA integrity_check") == [("ok",)]


def test_another_servers_spending_counts(path: Path) -> None:
    one, other = Ledger(path, now=Clock()), Ledger(path, now=Clock())
    spend(one)
    wait_until_written(one)
    spend(other, 11)
    wait_until_written(other)
    assert other.today().tokens == 111
    one.close_now()
    other.close_now()


# Damage


def damage_all(path: Path) -> None:
    path.write_bytes(b"This is no database. " * 500)


def damage_header(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[100:4000] = b"\xff" * 3900
    path.write_bytes(content)


def damage_tables(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TABLE requests")


def damage_version(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 0")


@pytest.mark.parametrize("damage", [damage_all, damage_header, damage_tables, damage_version])
def test_a_damaged_file_is_begun_anew(path: Path, damage: Any) -> None:
    ledger = Ledger(path, now=Clock())
    spend(ledger)
    ledger.close_now()
    damage(path)
    told: list[str] = []
    ledger = Ledger(path, now=Clock(), notify=told.append)
    spend(ledger, 7)
    ledger.close_now()
    assert read(path, "SELECT input FROM requests") == [(7,)]
    assert path.with_name("usage.sqlite3.damaged").exists()
    (sentence,) = told
    assert "damaged" in sentence
    assert str(path) in sentence


def test_an_empty_file_is_a_new_one(path: Path) -> None:
    path.parent.mkdir()
    path.touch()
    ledger = Ledger(path, now=Clock(), notify=pytest.fail)
    spend(ledger)
    ledger.close_now()
    assert read(path, "SELECT input FROM requests") == [(100,)]


@pytest.mark.parametrize("leave", [Path.unlink, lambda path: path.rename(path.parent / "other")])
def test_a_file_that_went_away_is_made_again(path: Path, leave: Any) -> None:
    ledger = Ledger(path, now=Clock(), notify=pytest.fail)
    spend(ledger)
    wait_until_written(ledger)
    leave(path)
    spend(ledger, 7)
    ledger.close_now()
    assert read(path, "SELECT input FROM requests") == [(7,)]


def test_a_new_file_of_another_server_is_not_set_aside(path: Path) -> None:
    one, other = LedgerFile(path), LedgerFile(path)
    for file in (one, other):
        file.write((), "2026-11-22")
    assert one.set_aside() is not None
    one.write((), "2026-11-22")
    assert other.set_aside() is None
    assert path.exists()
    one.close()


def test_a_file_of_a_newer_version_is_left_alone(path: Path) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
        connection.execute("CREATE TABLE requests (whatever)")
    content = path.read_bytes()
    told: list[str] = []
    ledger = Ledger(path, now=Clock(), notify=told.append)
    for _ in range(3):
        spend(ledger)
    assert ledger.today().tokens == 300
    ledger.close_now()
    assert len(told) == 1
    assert "newer" in told[0]
    assert path.read_bytes() == content


# A file that is not to be had


def put_file_above(path: Path) -> None:
    path.parent.write_text("in the way")


def put_folder(path: Path) -> None:
    path.mkdir(parents=True)


@pytest.mark.parametrize("hinder", [put_file_above, put_folder])
@pytest.mark.asyncio
async def test_without_a_file_counting_goes_on(path: Path, hinder: Any) -> None:
    hinder(path)
    told: list[str] = []
    ledger = Ledger(path, now=Clock(), notify=told.append)
    await ledger.open()
    for _ in range(3):
        spend(ledger)
        name = ledger.note_shown(3, provider="embedded", model=None)
        ledger.note_accepted(name)
    assert ledger.today().tokens == 300
    await ledger.close()
    # What the thread told comes by way of the event loop.
    await asyncio.sleep(0)
    assert ledger.today().tokens == 300
    (sentence,) = told
    assert sentence.startswith(f"Usage cannot be written to {path} (")
    assert sentence.endswith(".")


@pytest.mark.parametrize(
    ("pragma", "reason"),
    [("max_page_count = 3", "full"), ("query_only = ON", "readonly")],
)
def test_a_disk_that_fills_up_and_has_room_again(
    path: Path, pragma: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk and a right withdrawn, as SQLite itself tells of them."""
    told: list[str] = []
    has_failed = threading.Event()

    def tell(sentence: str) -> None:
        told.append(sentence)
        has_failed.set()

    monkeypatch.setattr("lsp_server.models.ledger._RETRY_S", 0.01)
    ledger = Ledger(path, now=Clock(), notify=tell)
    spend(ledger)
    wait_until_written(ledger)
    prepare = ledger_file._prepare

    def prepare_badly(connection: sqlite3.Connection, today: str) -> None:
        prepare(connection, today)
        connection.execute(f"PRAGMA {pragma}")

    monkeypatch.setattr(ledger_file, "_prepare", prepare_badly)
    # Taken away, so that it is opened again. The first row wants more room than there is.
    path.unlink()
    spend(ledger, model="m" * 20_000)
    for _ in range(99):
        spend(ledger)
    assert has_failed.wait(20)
    assert ledger.today().tokens >= 100 * 100
    monkeypatch.setattr(ledger_file, "_prepare", prepare)
    path.unlink()
    wait_until_written(ledger)
    ledger.close_now()
    assert read(path, "SELECT COUNT(*) FROM requests") == [(100,)]
    assert len(told) == 1
    assert reason in told[0]


def test_rows_of_one_moment_are_written_together(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And at once at the end, however long that moment is."""
    written: list[int] = []
    write = LedgerFile.write

    def count(file: LedgerFile, rows: Sequence[Row], today: str) -> None:
        written.append(len(rows))
        write(file, rows, today)

    monkeypatch.setattr("lsp_server.models.ledger._GATHER_S", 3600.0)
    monkeypatch.setattr(LedgerFile, "write", count)
    ledger = Ledger(path, now=Clock())
    for _ in range(20):
        spend(ledger)
    assert ledger.today().tokens == 2000
    ledger.close_now()
    # The first is of none: the day is read.
    assert written == [0, 20]
    assert read(path, "SELECT COUNT(*) FROM requests") == [(20,)]


def test_rows_that_wait_are_bounded(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lsp_server.models.ledger._WAITING", 5)
    put_folder(path)
    ledger = Ledger(path, now=Clock())
    for _ in range(50):
        spend(ledger)
    assert len(ledger._waiting) == 5
    assert ledger.today().tokens == 5000
    ledger.close_now()


def test_a_row_that_no_database_takes_is_not_in_the_way(path: Path) -> None:
    ledger = Ledger(path, now=Clock(), notify=pytest.fail)
    spend(ledger, 2**70)
    wait_until_written(ledger)
    ledger.note_accepted("\ud800")
    wait_until_written(ledger)
    spend(ledger, 7)
    ledger.close_now()
    assert read(path, "SELECT input FROM requests") == [(7,)]


def test_what_is_noted_after_the_end_is_counted(path: Path) -> None:
    ledger = Ledger(path, now=Clock())
    spend(ledger)
    ledger.close_now()
    spend(ledger, 7)
    ledger.note_accepted("x")
    assert ledger.today().tokens == 107
    ledger.close_now()
    assert read(path, "SELECT input FROM requests") == [(100,)]


def test_without_use_there_is_no_file(path: Path) -> None:
    ledger = Ledger(path, now=Clock())
    assert ledger.today() == Today()
    ledger.close_now()
    assert not path.parent.exists()


def test_old_rows_are_forgotten(path: Path) -> None:
    clock = Clock()
    for day in (0, 179, 181):
        clock.now = NOON + datetime.timedelta(days=day)
        ledger = Ledger(path, now=clock)
        spend(ledger, day + 1)
        ledger.note_shown(3, provider="embedded", model=None)
        ledger.close_now()
    assert read(path, "SELECT input FROM requests") == [(180,), (182,)]
    assert read(path, "SELECT COUNT(*) FROM suggestions") == [(2,)]
