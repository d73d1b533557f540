"""The index's database: its tables, and how a file of them is opened."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
import time
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from platformdirs import user_cache_path

# Raised whenever the tables change, or what is let into them: files of another version are
# other files, so that two servers of different versions do not take turns at building anew.
VERSION = 2
# How long a transaction waits for another server's, in seconds.
_BUSY_S = 5.0
# A new file is being given its form by another server: tried again so often, and so many seconds
# apart, since the change to the write-ahead log does not wait by itself.
_ATTEMPTS = 40
_ATTEMPT_GAP_S = 0.05
# What has not been opened for so long belongs to a workspace that is gone.
_KEPT_DAYS = 30
# The log is put into the file when it is so many pages of 4 KB long.
_LOG_PAGES = 4_000

# A window's row is its file's number times this, plus its place in the file.
CHUNKS_PER_FILE = 1 << 16

# `rank` is the place of a symbol's kind in KINDS: what is asked for by name comes in that order.
# `owner` is the last part of its container. The text of windows is kept to be shown; the words by
# which they are found stand in `word`, which keeps no text of its own. `rejected` are the files
# whose content is of no use: binary, generated, minified ones.
_TABLES = """
CREATE TABLE file (
    id INTEGER PRIMARY KEY,
    path TEXT NOT NULL UNIQUE,
    language TEXT NOT NULL,
    modified INTEGER NOT NULL,
    size INTEGER NOT NULL
);
CREATE TABLE rejected (
    path TEXT PRIMARY KEY,
    modified INTEGER NOT NULL,
    size INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE symbol (
    file INTEGER NOT NULL,
    place INTEGER NOT NULL,
    name TEXT NOT NULL,
    rank INTEGER NOT NULL,
    owner TEXT NOT NULL,
    container TEXT NOT NULL,
    signature TEXT NOT NULL,
    doc TEXT NOT NULL,
    line INTEGER NOT NULL,
    end_line INTEGER NOT NULL,
    PRIMARY KEY (file, place)
) WITHOUT ROWID;
CREATE INDEX symbol_by_name ON symbol (name, rank);
CREATE INDEX symbol_by_owner ON symbol (owner) WHERE owner <> '';
CREATE TABLE import (
    file INTEGER NOT NULL,
    place INTEGER NOT NULL,
    module TEXT NOT NULL,
    names TEXT NOT NULL,
    origins TEXT NOT NULL,
    line INTEGER NOT NULL,
    PRIMARY KEY (file, place)
) WITHOUT ROWID;
CREATE TABLE chunk (
    id INTEGER PRIMARY KEY,
    line INTEGER NOT NULL,
    text TEXT NOT NULL
);
CREATE VIRTUAL TABLE word USING fts5(words, content='', tokenize="ascii tokenchars '_'");
CREATE TABLE claim (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    owner TEXT NOT NULL,
    until REAL NOT NULL
)
"""

KINDS = (
    "class",
    "interface",
    "struct",
    "enum",
    "trait",
    "type",
    "function",
    "method",
    "macro",
    "module",
    "constant",
    "variable",
    "field",
)


def database_path(root: Path, ignore_files: Sequence[str], folder: Path | None = None) -> Path:
    """Where the index of a workspace folder lies, by default in the user's cache folder.

    What decides on its content is in its name: the folder, the rules, the version, and Python's
    notion of letters and small letters.
    """
    folder = folder or user_cache_path("qwen-lsp", appauthor=False) / "index"
    real = os.path.realpath(root)
    told = "\n".join([real, *ignore_files, unicodedata.unidata_version])
    digest = hashlib.sha256(told.encode(errors="surrogateescape")).hexdigest()[:20]
    return folder / f"{digest}-v{VERSION}.sqlite"


def open_to_write(path: Path) -> sqlite3.Connection:
    """The database, made if there is none. Raises `sqlite3.Error` and `OSError`."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    connection = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None)
    try:
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                # A file system without shared memory keeps its own way, which serves as well.
                connection.execute("PRAGMA journal_mode = WAL").fetchone()
                # With the log the file stays whole; a power cut costs what can be read again.
                connection.execute("PRAGMA synchronous = NORMAL")
                connection.execute(f"PRAGMA wal_autocheckpoint = {_LOG_PAGES}")
                _make_tables(connection)
                break
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or attempt == _ATTEMPTS:
                    raise
                time.sleep(_ATTEMPT_GAP_S)
    except BaseException:
        connection.close()
        raise
    with contextlib.suppress(OSError):
        # Text of the user's is in it; and it is in use.
        path.chmod(0o600)
        os.utime(path)
    return connection


def open_to_read(path: Path) -> sqlite3.Connection:
    """The database if it is there, for any thread. Raises `sqlite3.Error`."""
    # Not "mode=ro", with which nobody could read after the last server that wrote has gone.
    address = f"{path.absolute().as_uri()}?mode=rw"
    connection = sqlite3.connect(
        address, uri=True, timeout=0.2, isolation_level=None, check_same_thread=False
    )
    try:
        connection.execute("PRAGMA query_only = ON")
        _check_version(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def remove_database(path: Path) -> None:
    """Remove a database with its log. Raises `OSError` where that may not be done."""
    for ending in ("-wal", "-shm", ""):
        # The log first: beside a new file an old one would damage that as well.
        with contextlib.suppress(FileNotFoundError):
            path.with_name(path.name + ending).unlink()


def remove_unused(path: Path) -> None:
    """Remove the databases beside `path` that no server has opened for long."""
    oldest = time.time() - _KEPT_DAYS * 86_400
    with contextlib.suppress(OSError):
        for other in path.parent.glob("*.sqlite"):
            with contextlib.suppress(OSError):
                if other != path and other.stat().st_mtime < oldest:
                    remove_database(other)


def is_damage(error: Exception) -> bool:
    """Whether an error means that the file itself is no use any more."""
    # Its subclasses are about a lock, a full disk, a right that is missing.
    if type(error) is sqlite3.DatabaseError or isinstance(error, sqlite3.IntegrityError):
        return True
    message = str(error)
    return isinstance(error, sqlite3.OperationalError) and (
        message.startswith("no such") or "has no column" in message or "already exists" in message
    )


def identify(path: Path) -> tuple[int, int] | None:
    """What tells a file from another that took its place; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _make_tables(connection: sqlite3.Connection) -> None:
    if _read_version(connection) == 0:
        connection.execute("BEGIN IMMEDIATE")
        try:
            # Read again, since another server may have been quicker.
            if _read_version(connection) == 0:
                for statement in _TABLES.split(";"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {VERSION}")
            connection.execute("COMMIT")
        except BaseException:
            # After a full disk SQLite has rolled back by itself.
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
    _check_version(connection)


def _check_version(connection: sqlite3.Connection) -> None:
    if _read_version(connection) != VERSION:
        raise sqlite3.DatabaseError("the tables are of another version")


def _read_version(connection: sqlite3.Connection) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)
