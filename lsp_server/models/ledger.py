"""What requests cost and what became of suggestions, on this machine alone.

Noted in memory at once, and written by a thread of its own to a file that all servers of this user
share, so that no disk ever holds the event loop. Where the file is not to be had, counting goes on
for this run.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import logging
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple
from urllib.parse import urlsplit

import platformdirs

from lsp_server.models.catalogue import Lane, load_catalogue
from lsp_server.models.ledger_rows import AcceptedRow, KeptRow, RequestRow, Row, ShownRow

if TYPE_CHECKING:
    from lsp_server.models.ledger_file import LedgerFile

_log = logging.getLogger(__name__)

# What became of a request: `cut` ended early because enough had come.
RequestOutcome = Literal["answered", "cut", "cancelled", "failed"]

_OWN_SERVERS = frozenset({"llamacpp", "ollama", "vllm", "lmstudio", "embedded"})
# Rows that wait for the file; past it a row is counted for this run and not written.
_WAITING = 2000
# A file that cannot be written is tried again after this many seconds.
_RETRY_S = 60.0
# Rows are written together, so many seconds after the first: a thread at work is in the way of the
# event loop, and never more than just after a request.
_GATHER_S = 0.5
# What a row raises that no database takes: a number too large, half a character.
_UNWRITABLE = (ValueError, OverflowError, TypeError)
# The longest that opening and closing may take of anybody's time, in seconds.
_OPEN_S = 1.0
_FLUSH_S = 3.0


class Today(NamedTuple):
    """Tokens of a day, and money by currency: amounts in two currencies have no sum."""

    tokens: int = 0
    cost: Mapping[str, float] = MappingProxyType({})

    def amount(self, currency: str | None = None) -> float:
        """The money in one currency; where none is named, the largest amount."""
        if currency is not None:
            return self.cost.get(currency, 0.0)
        return max(self.cost.values(), default=0.0)

    @property
    def currency(self) -> str | None:
        """The currency of that largest amount; None where nothing was paid."""
        return max(self.cost, key=lambda name: self.cost[name], default=None)


class Ledger:
    """One user's ledger. Without a path it is kept in memory alone.

    `now` gives the time with its zone. `notify` gets one sentence where the file cannot be used; it
    is called on the event loop where `open` was awaited on one.
    """

    def __init__(
        self,
        path: Path | None = None,
        *,
        now: Callable[[], datetime.datetime] | None = None,
        notify: Callable[[str], None] = lambda _sentence: None,
    ) -> None:
        self._path = path
        self._now = now or _read_clock
        self._notify = notify
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._told: set[str] = set()
        self._closing = threading.Event()
        # The lock of all that follows.
        self._changed = threading.Condition()
        self._waiting: list[Row] = []
        self._unwritten: dict[str, Today] = {}
        self._written: tuple[str, Today] = ("", Today())
        self._is_read = False

    async def open(self) -> None:
        """Begin, and wait a moment for what this day has cost so far."""
        self._loop = asyncio.get_running_loop()
        self._start()
        await asyncio.to_thread(self._wait_until_read)

    async def close(self) -> None:
        """Write what waits, for a few seconds at most. What is noted later is not written."""
        await asyncio.to_thread(self.close_now)

    def close_now(self) -> None:
        """The same, holding the caller's thread."""
        with self._changed:
            self._closing.set()
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(_FLUSH_S)

    def note_request(
        self,
        model: str,
        input_tokens: int,
        output_tokens: int,
        cached_tokens: int = 0,
        *,
        lane: Lane = "fast",
        provider: str,
        origin: str,
        outcome: RequestOutcome = "answered",
    ) -> None:
        """A request came to its end. `cached_tokens` are a part of the input.

        Money is counted where the catalogue's prices are those of the endpoint.
        """
        now = self._now()
        entry = load_catalogue().find(model)
        cost = None
        if _bills_by_token(provider, origin):
            cost = entry.cost(input_tokens, output_tokens, cached_tokens)
        self._note(
            RequestRow(
                now.timestamp(),
                now.date().isoformat(),
                lane,
                provider,
                origin,
                model,
                input_tokens,
                output_tokens,
                cached_tokens,
                cost,
                entry.currency if cost is not None else None,
                outcome,
            )
        )

    def note_shown(
        self, characters: int, *, provider: str, model: str | None, lane: Lane = "fast"
    ) -> str:
        """A suggestion was shown; the name that it is told by from here on."""
        now, name = self._now(), uuid.uuid4().hex
        day = now.date().isoformat()
        self._note(ShownRow(name, now.timestamp(), day, lane, provider, model or "", characters))
        return name

    def note_accepted(self, name: str, characters: int | None = None) -> None:
        """A suggestion was taken: so many of its characters so far, None for all of them."""
        self._note(AcceptedRow(name, characters))

    def note_kept(self, name: str, seconds: Literal[30, 300], characters: int) -> None:
        """So many of the characters taken still stand after 30 seconds, or after 5 minutes."""
        self._note(KeptRow(name, seconds, characters))

    def today(self) -> Today:
        """What this day has cost so far, of all servers as far as the file is known."""
        day = self._now().date().isoformat()
        with self._changed:
            written_day, written = self._written
            parts = [written] if written_day == day else []
            parts += [self._unwritten.get(day, Today()), *map(_measure, _of(day, self._waiting))]
        return _add(*parts)

    def _note(self, row: Row) -> None:
        with self._changed:
            if self._path is None or self._closing.is_set() or len(self._waiting) >= _WAITING:
                self._keep_in_mind(row)
                return
            self._waiting.append(row)
            if len(self._waiting) == 1:
                self._changed.notify_all()
        self._start()

    def _keep_in_mind(self, row: Row) -> None:
        if isinstance(row, RequestRow):
            known = self._unwritten.get(row.day, Today())
            # Other days are over: nobody asks for them any more.
            self._unwritten = {row.day: _add(known, _measure(row))}

    def _start(self) -> None:
        if self._path is None or self._thread is not None or self._closing.is_set():
            return
        self._thread = threading.Thread(
            target=self._run, args=(self._path,), name="ledger", daemon=True
        )
        self._thread.start()

    def _wait_until_read(self) -> None:
        if self._path is not None:
            with self._changed:
                self._changed.wait_for(lambda: self._is_read or self._closing.is_set(), _OPEN_S)

    # What follows runs in the ledger's own thread.

    def _run(self, path: Path) -> None:
        # Imported late, and here: the start of the server has no time for it.
        from lsp_server.models.ledger_file import LedgerFile

        file = LedgerFile(path)
        try:
            is_usable = self._write(file, ())
            while True:
                with self._changed:
                    if is_usable:
                        self._changed.wait_for(lambda: self._closing.is_set() or self._waiting)
                    else:
                        self._changed.wait_for(self._closing.is_set, _RETRY_S)
                self._closing.wait(_GATHER_S)
                with self._changed:
                    rows, is_closing = tuple(self._waiting), self._closing.is_set()
                if rows:
                    is_usable = self._write(file, rows)
                if is_closing:
                    return
        finally:
            with contextlib.suppress(Exception):
                file.close()
            with self._changed:
                self._is_read = True
                self._changed.notify_all()

    def _write(self, file: LedgerFile, rows: Sequence[Row]) -> bool:
        """Write rows and read the day anew; False where that is not to be had for now."""
        import sqlite3

        from lsp_server.models.ledger_file import NewerError, is_damage

        day = self._now().date().isoformat()
        for attempt in ("first", "with a new file"):
            try:
                file.write(rows, day)
                tokens, cost = file.read_day(day)
            except NewerError:
                self._tell(
                    f"{file.path} was written by a newer qwen-lsp and is left alone; usage is "
                    "counted for this run only."
                )
            except _UNWRITABLE as error:
                # They would be in the way of all that comes after them.
                _log.warning("%d rows of usage were left out: %s", len(rows), type(error).__name__)
                self._note_written(rows, *self._written)
                return True
            except (sqlite3.Error, OSError) as error:
                if is_damage(error) and attempt == "first":
                    self._begin_anew(file)
                    continue
                self._tell(
                    f"Usage cannot be written to {file.path} ({_describe(error)}), so it is "
                    "counted for this run only; see to the disk's space and the folder's rights."
                )
            else:
                self._note_written(rows, day, Today(tokens, cost))
                return True
            break
        with self._changed:
            self._is_read = True
            self._changed.notify_all()
        return False

    def _note_written(self, rows: Sequence[Row], day: str, today: Today) -> None:
        with self._changed:
            del self._waiting[: len(rows)]
            self._written = (day, today)
            self._is_read = True
            self._changed.notify_all()

    def _begin_anew(self, file: LedgerFile) -> None:
        with contextlib.suppress(OSError):
            place = file.set_aside()
            if place is not None:
                self._tell(
                    f"The record of usage was damaged and has been begun anew; what was there is "
                    f"in {place}."
                )

    def _tell(self, sentence: str) -> None:
        if sentence in self._told:
            return
        self._told.add(sentence)
        _log.warning("%s", sentence)
        if self._loop is None:
            self._notify(sentence)
            return
        with contextlib.suppress(RuntimeError):
            # The loop may be gone by now; so is whoever would have read it.
            self._loop.call_soon_threadsafe(self._notify, sentence)


def ledger_path() -> Path:
    """Where this user's ledger is kept."""
    return Path(platformdirs.user_data_dir("qwen-lsp", appauthor=False)) / "usage.sqlite3"


def _bills_by_token(provider: str, origin: str) -> bool:
    """Whether the catalogue's prices say anything about an endpoint.

    Servers of one's own send no bill, and DashScope's coding plan costs the same each month. What
    another endpoint bills nobody knows; the makers' own price is the best guess.
    """
    host = urlsplit(origin).hostname or ""
    is_flat_rate = provider == "dashscope" and host.startswith("coding")
    return provider not in _OWN_SERVERS and not is_flat_rate


def _of(day: str, rows: Sequence[Row]) -> list[RequestRow]:
    return [row for row in rows if isinstance(row, RequestRow) and row.day == day]


def _measure(row: RequestRow) -> Today:
    cost = {} if row.cost is None or row.currency is None else {row.currency: row.cost}
    return Today(row.input + row.output, cost)


def _add(*parts: Today) -> Today:
    cost: dict[str, float] = {}
    for part in parts:
        for currency, amount in part.cost.items():
            cost[currency] = cost.get(currency, 0.0) + amount
    return Today(sum(part.tokens for part in parts), MappingProxyType(cost))


def _describe(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    return str(error)


def _read_clock() -> datetime.datetime:
    return datetime.datetime.now().astimezone()
