"""Writing the index: one transaction a batch, so that several servers may do it at once."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lsp_server.index.extract import Extract
from lsp_server.index.schema import (
    CHUNKS_PER_FILE,
    KINDS,
    identify,
    open_to_write,
    remove_database,
)
from lsp_server.index.words import list_words

_RANKS = {kind: rank for rank, kind in enumerate(KINDS)}
# What `Stamp` an entry has whose text is not the file's: it is read again when next met.
UNSAVED = (0, -1)

# When a file was changed, in nanoseconds, and its size in bytes.
Stamp = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Entry:
    """What a file held when it had this stamp."""

    extract: Extract
    stamp: Stamp


class Store:
    """An index that is written. Every method may raise `sqlite3.Error` or `OSError`; see
    `schema.is_damage`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection: sqlite3.Connection | None = None
        self._identity: tuple[int, int] | None = None

    def read_stamps(self) -> dict[str, Stamp]:
        """The stamp of every file that is in the index, or was rejected, by its path."""
        rows = self._open().execute(
            "SELECT path, modified, size FROM file "
            "UNION ALL SELECT path, modified, size FROM rejected"
        )
        return {path: (modified, size) for path, modified, size in rows}

    def write(self, entries: Sequence[Entry]) -> None:
        """Put these files into the index, in the place of what it knew of them."""
        with self._transaction() as connection:
            for entry in entries:
                connection.execute("DELETE FROM rejected WHERE path = ?", (entry.extract.path,))
                _write_entry(connection, entry)

    def reject(self, stamps: Mapping[str, Stamp]) -> None:
        """Forget these files, but not that their content was of no use: until they change, they
        need not be read again."""
        with self._transaction() as connection:
            for path, stamp in stamps.items():
                _remove(connection, path)
                connection.execute("INSERT INTO rejected VALUES (?, ?, ?)", (path, *stamp))

    def remove(self, paths: Iterable[str]) -> None:
        """Forget these files, and all below the folders among them."""
        with self._transaction() as connection:
            for path in paths:
                _remove(connection, path)

    def claim(self, owner: str, seconds: float) -> bool:
        """Take or keep for `seconds` the right to read the whole workspace; False if another
        server has it."""
        now = time.time()
        with self._transaction() as connection:
            row = connection.execute("SELECT owner, until FROM claim").fetchone()
            if row is not None and row[0] != owner and now < row[1] <= now + seconds:
                return False
            connection.execute(
                "INSERT OR REPLACE INTO claim (id, owner, until) VALUES (1, ?, ?)",
                (owner, now + seconds),
            )
        return True

    def release(self, owner: str) -> None:
        """Give that right back."""
        with self._transaction() as connection:
            connection.execute("DELETE FROM claim WHERE owner = ?", (owner,))

    def close(self) -> None:
        """Close it; the write-ahead log goes into the file."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def begin_anew(self) -> None:
        """Remove a damaged file, unless another server has done so meanwhile."""
        damaged = self._identity
        self.close()
        if damaged is None or damaged == identify(self.path):
            remove_database(self.path)

    def _open(self) -> sqlite3.Connection:
        # A file that was removed while it was open: what is written there nobody finds.
        if self._connection is None or self._identity != identify(self.path):
            self.close()
            self._identity = identify(self.path)
            self._connection = open_to_write(self.path)
            self._identity = identify(self.path)
        return self._connection

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        connection = self._open()
        # The lock is taken at once: one that has to be widened later cannot wait for its turn.
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
        except BaseException:
            # After a full disk SQLite has rolled back by itself.
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")


def _write_entry(connection: sqlite3.Connection, entry: Entry) -> None:
    extract = entry.extract
    known = connection.execute("SELECT id FROM file WHERE path = ?", (extract.path,)).fetchone()
    row = (extract.language, *entry.stamp)
    if known is None:
        added = connection.execute(
            "INSERT INTO file (language, modified, size, path) VALUES (?, ?, ?, ?)",
            (*row, extract.path),
        )
        number = int(added.lastrowid or 0)
    else:
        (number,) = known
        _clear(connection, number)
        connection.execute(
            "UPDATE file SET language = ?, modified = ?, size = ? WHERE id = ?", (*row, number)
        )
    connection.executemany(
        "INSERT INTO symbol VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (
                number,
                place,
                each.name,
                _RANKS[each.kind],
                each.container.rpartition(".")[2],
                each.container,
                each.signature,
                each.doc,
                each.line,
                each.end_line,
            )
            for place, each in enumerate(extract.symbols)
        ),
    )
    connection.executemany(
        "INSERT INTO import VALUES (?, ?, ?, ?, ?, ?)",
        (
            (number, place, each.module, "\n".join(each.names), "\n".join(each.origins), each.line)
            for place, each in enumerate(extract.imports)
        ),
    )
    chunks = extract.chunks[:CHUNKS_PER_FILE]
    first = number * CHUNKS_PER_FILE
    connection.executemany(
        "INSERT INTO chunk VALUES (?, ?, ?)",
        ((first + place, each.line, each.text) for place, each in enumerate(chunks)),
    )
    connection.executemany(
        "INSERT INTO word (rowid, words) VALUES (?, ?)",
        ((first + place, _join_words(each.text)) for place, each in enumerate(chunks)),
    )


def _remove(connection: sqlite3.Connection, path: str) -> None:
    """Forget a file, or all below a folder."""
    below = "path = ? OR (path >= ? AND path < ?)"
    bounds = (path, f"{path}/", f"{path}0")
    found = connection.execute(f"SELECT id FROM file WHERE {below}", bounds)
    for (number,) in found.fetchall():
        _clear(connection, number)
        connection.execute("DELETE FROM file WHERE id = ?", (number,))
    connection.execute(f"DELETE FROM rejected WHERE {below}", bounds)


def _clear(connection: sqlite3.Connection, number: int) -> None:
    """Forget what a file holds."""
    first = number * CHUNKS_PER_FILE
    rows = connection.execute(
        "SELECT id, text FROM chunk WHERE id >= ? AND id < ?", (first, first + CHUNKS_PER_FILE)
    ).fetchall()
    # A table that keeps no text has to be told what it forgets.
    connection.executemany(
        "INSERT INTO word (word, rowid, words) VALUES ('delete', ?, ?)",
        ((row, _join_words(text)) for row, text in rows),
    )
    connection.execute(
        "DELETE FROM chunk WHERE id >= ? AND id < ?", (first, first + CHUNKS_PER_FILE)
    )
    connection.execute("DELETE FROM symbol WHERE file = ?", (number,))
    connection.execute("DELETE FROM import WHERE file = ?", (number,))


def _join_words(text: str) -> str:
    return " ".join(sorted(list_words(text)))
