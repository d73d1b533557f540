"""The ledger's file: one SQLite database for all servers of this user.

Only counts are in it: tokens, money, characters. No text of the user's ever is.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from lsp_server.models.ledger_rows import AcceptedRow, KeptRow, RequestRow, Row, ShownRow

# How long a transaction waits for another server's, in seconds.
_BUSY_S = 2.0
# A new file is being given its form by another server: tried again so often, and so many seconds
# apart, since the change to the write-ahead log does not wait by itself.
_ATTEMPTS = 20
_ATTEMPT_GAP_S = 0.05
# What is older is forgotten, so that the file does not grow for ever.
_KEPT_DAYS = 180

# What brings a file from one version to the next; `user_version` counts those done. Only ever
# added to, since files of every version are about.
_MIGRATIONS = (
    """
    CREATE TABLE requests (
        id INTEGER PRIMARY KEY,
        time REAL NOT NULL,
        day TEXT NOT NULL,
        lane TEXT NOT NULL,
        provider TEXT NOT NULL,
        origin TEXT NOT NULL,
        model TEXT NOT NULL,
        input INTEGER NOT NULL,
        output INTEGER NOT NULL,
        cached INTEGER NOT NULL,
        cost REAL,
        currency TEXT,
        outcome TEXT NOT NULL
    );
    CREATE INDEX requests_by_day ON requests (day);
    CREATE TABLE suggestions (
        id TEXT PRIMARY KEY,
        time REAL NOT NULL,
        day TEXT NOT NULL,
        lane TEXT NOT NULL,
        provider TEXT NOT NULL,
        model TEXT NOT NULL,
        characters INTEGER NOT NULL,
        accepted INTEGER,
        kept_30s INTEGER,
        kept_5min INTEGER
    ) WITHOUT ROWID;
    CREATE INDEX suggestions_by_day ON suggestions (day);
    """,
)


class NewerError(Exception):
    """The file was written by a newer version, and is left alone."""


class LedgerFile:
    """An open file. Every method may raise `sqlite3.Error` or `OSError`; `is_damage` tells which of
    these mean that the file is beyond use."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection: sqlite3.Connection | None = None
        self._identity: tuple[int, int] | None = None

    def write(self, rows: Sequence[Row], today: str) -> None:
        """Write all rows or none, in one transaction."""
        connection = self._open(today)
        with _transaction(connection):
            for row in rows:
                _write_row(connection, row)

    def read_day(self, day: str) -> tuple[int, dict[str, float]]:
        """The tokens and the money by currency of a day."""
        found = self._open(day).execute(
            "SELECT currency, SUM(input + output), SUM(cost) FROM requests WHERE day = ? "
            "GROUP BY currency",
            (day,),
        )
        rows = found.fetchall()
        costs = {currency: cost for currency, _, cost in rows if currency and cost is not None}
        return sum(tokens for _, tokens, _ in rows), costs

    def close(self) -> None:
        """Close it; the write-ahead log goes into the file."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def set_aside(self) -> Path | None:
        """Move a damaged file out of the way, unless another server has done so meanwhile.

        Its new place, or None. The caller has found out that it is damaged.
        """
        damaged = self._identity
        self.close()
        # Another server may have begun a new file between the fault and now.
        if damaged is None or damaged != _identify(self.path):
            return None
        place = self.path.with_name(f"{self.path.name}.damaged")
        with contextlib.suppress(FileNotFoundError):
            os.replace(self.path, place)
        for ending in ("-wal", "-shm"):
            # A log belongs to its own file; beside a new one it would damage that as well.
            with contextlib.suppress(FileNotFoundError):
                self.path.with_name(self.path.name + ending).unlink()
        return place

    def _open(self, today: str) -> sqlite3.Connection:
        if self._connection is not None and self._identity == _identify(self.path):
            return self._connection
        # The file was removed or moved while it was open: what is written there nobody finds.
        self.close()
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        connection = sqlite3.connect(
            self.path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False
        )
        self._identity = _identify(self.path)
        try:
            _prepare(connection, today)
        except BaseException:
            connection.close()
            raise
        # A new file is there only now.
        self._identity = _identify(self.path)
        self._connection = connection
        return connection


def is_damage(error: Exception) -> bool:
    """Whether an error means that the file itself is no use any more."""
    # Its subclasses are about a lock, a full disk, a right that is missing.
    if type(error) is sqlite3.DatabaseError:
        return True
    message = str(error)
    return isinstance(error, sqlite3.OperationalError) and (
        message.startswith("no such") or "has no column" in message or "already exists" in message
    )


def open_to_read(path: Path) -> sqlite3.Connection:
    """The file as it is, for reading alone; raises `sqlite3.Error` and `NewerError`."""
    address = path.absolute().as_uri()
    for mode in ("mode=ro", "immutable=1"):
        connection = sqlite3.connect(f"{address}?{mode}", uri=True, timeout=_BUSY_S)
        try:
            version = _read_version(connection)
        except sqlite3.OperationalError:
            # In a folder without the right to write, the log can only be left out.
            connection.close()
            if mode == "immutable=1":
                raise
            continue
        except sqlite3.Error:
            connection.close()
            raise
        if version > len(_MIGRATIONS):
            connection.close()
            raise NewerError
        break
    return connection


def _prepare(connection: sqlite3.Connection, today: str) -> None:
    if _read_version(connection) > len(_MIGRATIONS):
        raise NewerError
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            # A file system without shared memory keeps its own way, which serves as well.
            connection.execute("PRAGMA journal_mode = WAL").fetchone()
            # With the log the file stays whole; a power cut may cost the last rows alone.
            connection.execute("PRAGMA synchronous = NORMAL")
            _migrate(connection)
            break
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or attempt == _ATTEMPTS:
                raise
            time.sleep(_ATTEMPT_GAP_S)
    oldest = f"-{_KEPT_DAYS} days"
    for table in ("requests", "suggestions"):
        connection.execute(f"DELETE FROM {table} WHERE day < date(?, ?)", (today, oldest))


def _migrate(connection: sqlite3.Connection) -> None:
    if _read_version(connection) == len(_MIGRATIONS):
        return
    with _transaction(connection):
        # Read again, since another server may have been quicker.
        version = _read_version(connection)
        if version > len(_MIGRATIONS):
            raise NewerError
        for script in _MIGRATIONS[version:]:
            # Not `executescript`, which would end the transaction first.
            for statement in filter(str.strip, script.split(";")):
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(_MIGRATIONS)}")


def _read_version(connection: sqlite3.Connection) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)


@contextlib.contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    # The lock is taken at once: one that has to be widened later cannot wait for its turn.
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        # After a full disk SQLite has rolled back by itself.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _write_row(connection: sqlite3.Connection, row: Row) -> None:
    match row:
        case RequestRow():
            connection.execute(
                "INSERT INTO requests (time, day, lane, provider, origin, model, input, output, "
                "cached, cost, currency, outcome) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    row.time,
                    row.day,
                    row.lane,
                    row.provider,
                    row.origin,
                    row.model,
                    row.input,
                    row.output,
                    row.cached,
                    row.cost,
                    row.currency,
                    row.outcome,
                ),
            )
        case ShownRow():
            connection.execute(
                "INSERT OR IGNORE INTO suggestions (id, time, day, lane, provider, model, "
                "characters) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    row.id,
                    row.time,
                    row.day,
                    row.lane,
                    row.provider,
                    row.model,
                    row.characters,
                ),
            )
        case AcceptedRow():
            # Taken word by word, it is told several times, and never becomes less.
            connection.execute(
                "UPDATE suggestions SET accepted = MAX(COALESCE(accepted, 0), "
                "MIN(COALESCE(?, characters), characters)) WHERE id = ?",
                (row.characters, row.id),
            )
        case KeptRow():
            column = "kept_30s" if row.seconds < 60 else "kept_5min"
            connection.execute(
                f"UPDATE suggestions SET {column} = MIN(?, accepted) WHERE id = ?",
                (row.characters, row.id),
            )


def _identify(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
