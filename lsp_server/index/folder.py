"""Keeping the index of one workspace folder in step with its files, a short step at a time."""

from __future__ import annotations

import os
import sqlite3
import stat
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path, PurePath

from lsp_server.index.crawl import (
    CALM_S,
    INDEX_LIMITS,
    FoundFile,
    Limits,
    concerns_all,
    find_files,
    is_passed_over,
    is_source,
    read_content,
)
from lsp_server.index.extract import PARSE_SECONDS, choose_language, extract
from lsp_server.index.schema import is_damage
from lsp_server.index.store import UNSAVED, Entry, Stamp, Store
from lsp_server.privacy.gate import Gate

# A step is this long, in seconds, so that a saved file does not wait for long.
_STEP_S = 0.15
# A transaction holds as much of files, and of characters, at most.
_BATCH_FILES = 64
_BATCH_CHARACTERS = 2_000_000
# One server at a time reads the whole folder; its claim ends with it, or so many seconds later.
_CLAIM_S = 10.0
_RENEWAL_S = 3.0
_CLAIM_AGAIN_S = 2.0
# After a full disk or a missing right it is tried again, but not before this many seconds.
_REST_S = 60.0
_LOCKED_S = 1.0
_MAX_DAMAGES = 3


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a folder has been read: files done of the files that have changed."""

    done: int
    total: int


class IndexedFolder:
    """One folder, its gate and its database.

    `announce` is told which files are about to be parsed, and () when that is over, since a parser
    may end the process; those in `careful` have done so, and are not parsed.
    """

    def __init__(
        self,
        root: Path,
        ignore_files: Sequence[str],
        store: Store,
        owner: str,
        *,
        announce: Callable[[Sequence[str]], None],
        careful: Iterable[str] = (),
        limits: Limits = INDEX_LIMITS,
    ) -> None:
        self.root = root
        self.store = store
        self.is_cut = False
        self.fault = ""
        self._real_root = os.path.realpath(root)
        self._gate = Gate((Path(self._real_root),), tuple(ignore_files))
        self._owner = owner
        self._announce = announce
        self._careful = frozenset(careful)
        self._limits = limits
        self._changed: dict[str, None] = {}
        self._unsaved: dict[str, str] = {}
        self._walk: Generator[FoundFile | None, None, bool] | None = None
        self._walk_at: float | None = 0.0
        self._has_claim = False
        self._claimed_at = 0.0
        self._known: dict[str, Stamp] = {}
        self._seen: set[str] = set()
        self._stale: deque[tuple[str, Stamp]] = deque()
        self._total = 0
        self._damages = 0
        self._rest_until = 0.0

    @property
    def is_reading(self) -> bool:
        """Whether it is being read or about to be."""
        return self._walk is not None or bool(self._stale) or self._walk_at is not None

    @property
    def progress(self) -> Progress:
        """How far it is; of nothing while the folder is looked through."""
        total = 0 if self._walk is not None else self._total
        return Progress(max(0, total - len(self._stale)), total)

    def note_change(self, path: str) -> bool:
        """A file or folder at this absolute path has come, gone or changed; whether it is ours."""
        relative = self._relate(path)
        if relative is None:
            return False
        self._changed[relative] = None
        self._unsaved.pop(relative, None)
        return True

    def note_text(self, path: str, text: str | None) -> bool:
        """A document's text that is not on disk yet, or None: it was closed; whether it is ours."""
        relative = self._relate(path)
        if relative is None:
            return False
        if text is None:
            if relative in self._unsaved:
                self.note_change(path)
        else:
            self._unsaved[relative] = text
            self._changed[relative] = None
        return True

    def look_again(self) -> None:
        """Look through the whole folder, as soon as there is time."""
        if self._walk_at is None:
            self._walk_at = time.monotonic()

    def step(self) -> float | None:
        """Do some work. The seconds until there is more, None where there is none."""
        now = time.monotonic()
        if now < self._rest_until:
            return self._rest_until - now
        try:
            if self._changed:
                self._read_changed()
            elif self._walk is not None:
                self._walk_on()
            elif self._stale:
                self._read_stale()
            elif self._walk_at is None:
                return None
            elif now < self._walk_at:
                return self._walk_at - now
            elif not self._begin_walk():
                return _CLAIM_AGAIN_S
        except (sqlite3.Error, OSError) as error:
            self._rest_until = now + self._recover(error)
            return self._rest_until - now
        self.fault = ""
        return 0.0

    def close(self) -> None:
        """Let others read, and close the database."""
        try:
            if self._has_claim:
                self.store.release(self._owner)
        except (sqlite3.Error, OSError):
            pass  # The claim ends by itself.
        self.store.close()

    def _relate(self, path: str) -> str | None:
        """A path below the root as the index has it; None for one that is not, or has no name."""
        for root in (self._real_root, str(self.root)):
            relative = PurePath(path)
            if relative.is_relative_to(root):
                relative_name = relative.relative_to(root)
                name = relative_name.as_posix()
                is_ours = _is_text(name) and name != "." and not is_passed_over(relative_name)
                return name if is_ours else None
        return None

    # The whole folder

    def _begin_walk(self) -> bool:
        if not self.store.claim(self._owner, _CLAIM_S):
            return False
        self._has_claim = True
        self._claimed_at = time.monotonic()
        self._known = self.store.read_stamps()
        self._seen = set()
        for name in self._unsaved.keys() - self._known.keys():
            self._changed[name] = None
        self._walk_at = None
        self._total = 0
        self._walk = find_files(self._gate, self._limits)
        return True

    def _keep_claim(self) -> None:
        # If another server has it meanwhile, both read: that costs time and harms nothing.
        if time.monotonic() >= self._claimed_at + _RENEWAL_S:
            self.store.claim(self._owner, _CLAIM_S)
            self._claimed_at = time.monotonic()

    def _walk_on(self) -> None:
        assert self._walk is not None
        self._keep_claim()
        end = time.monotonic() + _STEP_S
        try:
            while time.monotonic() < end:
                found = next(self._walk)
                if found is not None:
                    self._note_found(found)
        except StopIteration as stop:
            self._end_walk(is_cut=stop.value)

    def _note_found(self, found: FoundFile) -> None:
        name = found.path[len(self._real_root) :].replace(os.sep, "/").lstrip("/")
        if not _is_text(name):
            return
        self._seen.add(name)
        stamp = (found.modified, found.size)
        if self._known.get(name) != stamp and name not in self._unsaved:
            self._stale.append((name, stamp))

    def _end_walk(self, *, is_cut: bool) -> None:
        self._walk = None
        self.is_cut = is_cut
        self._total = len(self._stale)
        # A folder that is not there at all is a disk that is not there.
        if os.path.isdir(self._real_root):
            kept = self._seen | self._unsaved.keys()
            self._changed.update(dict.fromkeys(name for name in self._known if name not in kept))
        self._known, self._seen = {}, set()
        self._end_if_done()

    def _read_stale(self) -> None:
        self._keep_claim()
        count = self._read_batch([name for name, _ in islice(self._stale, _BATCH_FILES)])
        for _ in range(count):
            self._stale.popleft()
        self._end_if_done()

    def _end_if_done(self) -> None:
        if not self._stale:
            self._has_claim = False
            self.store.release(self._owner)

    # Single files

    def _read_changed(self) -> None:
        names = list(islice(self._changed, _BATCH_FILES))
        count = self._read_batch(names)
        for name in names[:count]:
            self._changed.pop(name, None)

    def _read_batch(self, names: Sequence[str]) -> int:
        """Put the first of these files into the index as they are now; how many."""
        end = time.monotonic() + _STEP_S
        self._announce(names)
        entries: list[Entry] = []
        gone: list[str] = []
        rejected: dict[str, Stamp] = {}
        count = characters = 0
        for name in names:
            count += 1
            path = Path(self._real_root, name)
            if concerns_all(path, self._gate):
                self._walk_at = time.monotonic() + CALM_S
            if path.is_dir():
                continue
            found = self._read(name)
            if found is None:
                gone.append(name)
            elif isinstance(found, Entry):
                entries.append(found)
                characters += found.stamp[1]
            else:
                rejected[name] = found
            if time.monotonic() >= end or characters > _BATCH_CHARACTERS:
                break
        if gone:
            self.store.remove(gone)
        if rejected:
            self.store.reject(rejected)
        if entries:
            self.store.write(entries)
        self._announce(())
        return count

    def _read(self, name: str) -> Entry | Stamp | None:
        """A file or a document as it is now; its stamp where its content is of no use, None where
        it is not, or is not to be read."""
        path = Path(self._real_root, name)
        text = self._unsaved.get(name)
        if text is not None:
            return self._extract(name, text, UNSAVED) if self._lets_in(path, text) else None
        try:
            status = path.lstat()
        except OSError:
            return None
        if not stat.S_ISREG(status.st_mode) or status.st_size > self._limits.file_bytes:
            return None
        if not is_source(path, self._gate):
            return None
        stamp = (status.st_mtime_ns, status.st_size)
        try:
            text = read_content(path)
        except OSError:
            return None
        return stamp if text is None else self._extract(name, text, stamp)

    def _lets_in(self, path: Path, text: str) -> bool:
        """Whether a document's text may be in the index, by the rules for files."""
        is_small = len(text) <= self._limits.file_bytes
        return is_small and self._gate.check_context(path, text).allowed

    def _extract(self, name: str, text: str, stamp: Stamp) -> Entry:
        if not _is_text(text):
            text = text.encode(errors="replace").decode()
        seconds = 0.0 if name in self._careful else PARSE_SECONDS
        return Entry(extract(name, choose_language(name, text), text, seconds), stamp)

    def _recover(self, error: Exception) -> float:
        """What follows from an error of the database; the seconds until it is tried again."""
        if isinstance(error, sqlite3.OperationalError) and "locked" in str(error):
            return _LOCKED_S
        if is_damage(error) and self._damages < _MAX_DAMAGES:
            self._damages += 1
            try:
                self.store.begin_anew()
            except OSError:
                pass  # It cannot be removed: the next try fails, and says so.
            else:
                self._stale.clear()
                self._walk, self._walk_at = None, 0.0
                return 0.0
        self.store.close()
        self.fault = str(error) or type(error).__name__
        return _REST_S


def _is_text(text: str) -> bool:
    """Whether it can be written as UTF-8: names of files, and editors' texts, may be otherwise."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
