"""Asking the index: `Lookup` over a connection of its own, while another process writes."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import threading
from collections.abc import Callable, Iterable, Sequence
from itertools import chain, islice, zip_longest
from pathlib import Path
from typing import Any, TypeVar

from cachetools import LRUCache, TTLCache

from lsp_server.buffer import split_lines, strip_terminator
from lsp_server.index.base import WINDOW_LINES, Chunk, Import, Symbol
from lsp_server.index.schema import CHUNKS_PER_FILE, KINDS, identify, open_to_read
from lsp_server.index.words import split_identifiers

_log = logging.getLogger(__name__)

_Value = TypeVar("_Value")

_MAX_NAMES = 200
# A word in more windows than this tells little, and ranking them all takes too long.
_COMMON = 1_500
# The rarest words are searched, so many of them and in so many windows together.
_MAX_WORDS = 16
_MAX_WINDOWS = 3_000
# How often words stand is remembered for so many words and seconds: it is counted for each word of
# each question, and changes little.
_COUNTS, _COUNTS_S = 20_000, 60.0
# So many answers are remembered, until the database changes.
_ANSWERS = 4_000

_SYMBOL = (
    "SELECT path, language, name, rank, container, signature, doc, line, end_line "
    "FROM symbol JOIN file ON file.id = symbol.file "
)


class Reader:
    """The index of one workspace folder. Any thread may ask, one at a time.

    Nothing is raised: without a database, or with a damaged one, every answer is empty.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._identity: tuple[int, int] | None = None
        self._counts: TTLCache[str, int] = TTLCache(_COUNTS, _COUNTS_S)
        self._answers: LRUCache[tuple[object, ...], list[Any]] = LRUCache(_ANSWERS)
        self._version = 0

    def define(self, names: Sequence[str], limit: int = 64) -> list[Symbol]:
        """See `Lookup.define`; types and functions before fields, and each name has its share."""
        self._notice_writes()
        names = list(dict.fromkeys(names))[:_MAX_NAMES]
        share = max(4, 2 * limit // max(1, len(names)))
        found = [
            self._ask(_to_symbol, f"{_SYMBOL} WHERE name = ? ORDER BY rank LIMIT ?", name, share)
            for name in names
        ]
        return [*islice(_take_in_turns(found), limit)]

    def members(self, containers: Sequence[str], limit: int = 128) -> list[Symbol]:
        """See `Lookup.members`; a container is named in full or by its last part."""
        self._notice_writes()
        containers = list(dict.fromkeys(containers))[:_MAX_NAMES]
        share = max(8, 2 * limit // max(1, len(containers)))
        found = [
            self._ask(
                _to_symbol,
                f"{_SYMBOL} WHERE owner = ? AND owner <> '' "
                "AND (container = ? OR container LIKE '%.' || ?) "
                "ORDER BY file, place LIMIT ?",
                *(name.rpartition(".")[2], name, name, share),
            )
            for name in containers
        ]
        return [*islice(chain.from_iterable(found), limit)]

    def outline(self, path: str) -> list[Symbol]:
        """See `Lookup.outline`."""
        self._notice_writes()
        return self._ask(_to_symbol, f"{_SYMBOL} WHERE path = ? ORDER BY place", path)

    def imports(self, path: str) -> list[Import]:
        """See `Lookup.imports`."""
        self._notice_writes()
        return self._ask(
            _to_import,
            "SELECT module, names, line, origins FROM import JOIN file ON file.id = import.file "
            "WHERE path = ? ORDER BY place",
            path,
        )

    def search(self, words: Sequence[str], limit: int = 32, *, without: str = "") -> list[Chunk]:
        """See `Lookup.search`: BM25 over the rarest of the words and of their parts."""
        self._notice_writes()
        chosen = self._choose(split_identifiers(words))
        if not chosen:
            return []
        excluded = self._ask(_to_number, "SELECT id FROM file WHERE path = ?", without)
        first = excluded[0] * CHUNKS_PER_FILE if excluded else -CHUNKS_PER_FILE
        return self._ask(
            _to_chunk,
            "SELECT path, language, line, text, score FROM ("
            "  SELECT rowid AS number, -bm25(word) AS score FROM word WHERE word MATCH ?"
            "  AND NOT rowid BETWEEN ? AND ? ORDER BY bm25(word) LIMIT ?"
            ") JOIN chunk ON chunk.id = number JOIN file ON file.id = number / ? "
            "ORDER BY score DESC",
            *(" OR ".join(f'"{word}"' for word in chosen), first, first + CHUNKS_PER_FILE - 1),
            *(limit, CHUNKS_PER_FILE),
        )

    def lines(self, path: str, first: int, last: int) -> list[str]:
        """See `Lookup.lines`."""
        rows = self._select(
            "SELECT line, text FROM file JOIN chunk "
            f"ON chunk.id BETWEEN file.id * {CHUNKS_PER_FILE} AND (file.id + 1) * {CHUNKS_PER_FILE}"
            " - 1 WHERE path = ? AND line BETWEEN ? AND ? ORDER BY line",
            (path, first - WINDOW_LINES, last),
        )
        numbered = {
            number: strip_terminator(line)
            for start, text in rows
            for number, line in enumerate(split_lines(text), start)
            if line
        }
        wanted = range(first, last + 1)
        return [numbered[number] for number in wanted] if numbered.keys() >= set(wanted) else []

    def files(self) -> list[str]:
        """See `Lookup.files`."""
        return [path for (path,) in self._select("SELECT path FROM file ORDER BY path", ())]

    def close(self) -> None:
        """Close the connection; a question opens another."""
        with self._lock:
            self._disconnect()

    def _choose(self, words: Iterable[str]) -> list[str]:
        """The rarest words that are there at all."""
        counted = sorted((self._count(word), word) for word in words)
        chosen: list[str] = []
        windows = 0
        for count, word in counted:
            windows += count
            if len(chosen) == _MAX_WORDS or (chosen and windows > _MAX_WINDOWS):
                break
            if 0 < count < _COMMON:
                chosen.append(word)
        return chosen

    def _count(self, word: str) -> int:
        """In how many windows a word stands, counted up to `_COMMON`."""
        count = self._counts.get(word)
        if count is None:
            rows = self._select(
                "SELECT COUNT(*) FROM (SELECT 1 FROM word WHERE word MATCH ? LIMIT ?)",
                (f'"{word}"', _COMMON),
            )
            count = int(rows[0][0]) if rows else 0
            self._counts[word] = count
        return count

    def _ask(
        self, convert: Callable[[tuple[Any, ...]], _Value], statement: str, *values: object
    ) -> list[_Value]:
        """What a statement gives, remembered as long as nobody writes."""
        key = (statement, *values)
        answer = self._answers.get(key)
        if answer is None:
            answer = [convert(row) for row in self._select(statement, values)]
            self._answers[key] = answer
        return [*answer]

    def _notice_writes(self) -> None:
        """Forget what is remembered when the database has changed."""
        found = self._select("PRAGMA data_version", ())
        version = found[0][0] if found else 0
        if version != self._version:
            self._answers.clear()
            self._version = version

    def _select(self, statement: str, values: tuple[object, ...]) -> list[Any]:
        with self._lock:
            try:
                return self._connect().execute(statement, values).fetchall()
            except UnicodeEncodeError:
                # A name with half a character in it is in no file.
                return []
            except sqlite3.Error as error:
                _log.debug("the index did not answer: %s", type(error).__name__)
                self._disconnect()
                return []

    def _connect(self) -> sqlite3.Connection:
        identity = identify(self.path)
        if self._connection is None or identity != self._identity:
            self._disconnect()
            self._connection = open_to_read(self.path)
            self._identity = identity
        return self._connection

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        self._counts.clear()
        self._answers.clear()
        if connection is not None:
            with contextlib.suppress(sqlite3.Error):
                connection.close()


def _to_symbol(row: tuple[Any, ...]) -> Symbol:
    path, language, name, rank, container, signature, doc, line, end_line = row
    return Symbol(path, language, name, KINDS[rank], container, signature, doc, line, end_line)


def _to_number(row: tuple[Any, ...]) -> int:
    return int(row[0])


def _to_chunk(row: tuple[Any, ...]) -> Chunk:
    return Chunk(*row)


def _to_import(row: tuple[Any, ...]) -> Import:
    module, names, line, origins = row
    if not names:
        return Import(module, (), line)
    return Import(module, tuple(names.split("\n")), line, tuple(origins.split("\n")))


def _take_in_turns(lists: Iterable[Sequence[Any]]) -> Iterable[Any]:
    """The first of each list, the second of each, and so on."""
    rounds = zip_longest(*lists)
    return (each for each in chain.from_iterable(rounds) if each is not None)
