"""The workspace's files, nearest the root first, as far as the gate and the limits let them in."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Generator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path, PurePath

from lsp_server.privacy.content import why_no_context
from lsp_server.privacy.gate import Gate

# Folders that hold what was fetched or built: never the user's own code, ignored or not.
_SKIPPED_FOLDERS = frozenset(
    {
        "node_modules", "bower_components", "vendor", "third_party", "dist", "build", "target",
        "out", "__pycache__", "site-packages", "venv", "env", "coverage", "htmlcov", "Pods",
    }
)  # fmt: skip
_SOURCE_SUFFIXES = frozenset(
    """.py .pyi .js .jsx .mjs .cjs .ts .tsx .mts .cts .go .rs .java .kt .kts .scala .c .h .cc .cpp
    .cxx .hpp .hh .cs .rb .php .sh .bash .zsh .html .css .scss .less .vue .svelte .lua .swift .m
    .mm .dart .ex .exs .erl .hs .ml .mli .clj .r .jl .pl .pm .sql .proto .zig .nim .toml .yaml
    .yml .md .rst .tf .gradle .cmake .mk .vim .el .fs .groovy""".split()
)

# Folders come and go in numbers, and who writes an ignore file writes again, in seconds.
CALM_S = 1.0


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of a crawl; a workspace past them is read in part."""

    files: int = 4000
    bytes: int = 40_000_000
    file_bytes: int = 400_000
    visited: int = 100_000


# What the index reads of a folder, said once where there is more. 10 KB a file are usual.
INDEX_LIMITS = Limits(files=20_000, bytes=150_000_000, file_bytes=1_000_000, visited=300_000)


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A source that may be read: when it was changed in nanoseconds, and its size in bytes."""

    path: str
    modified: int
    size: int


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that was read."""

    path: str
    text: str


def find_files(gate: Gate, limits: Limits) -> Generator[FoundFile | None, None, bool]:
    """The workspace's sources breadth first, unread; None after each folder, so that a caller can
    breathe. Its value is whether a limit cut it.

    Links are not followed. What vanishes while it walks is passed over.
    """
    files = total = visited = 0
    is_cut = False
    folders = deque(os.path.realpath(root) for root in gate.roots)
    while folders:
        entries = _list(folders.popleft(), limits.visited - visited + 1)
        for entry in entries:
            visited += 1
            if visited > limits.visited:
                return True
            try:
                if entry.is_dir(follow_symlinks=False):
                    if _may_enter(entry, gate):
                        folders.append(entry.path)
                    continue
                if not entry.is_file(follow_symlinks=False):
                    continue
                status = entry.stat(follow_symlinks=False)
            except OSError:
                continue
            if status.st_size > limits.file_bytes or not is_source(Path(entry.path), gate):
                continue
            if files == limits.files:
                return True
            if total + status.st_size > limits.bytes:
                is_cut = True
                continue
            files += 1
            total += status.st_size
            yield FoundFile(entry.path, status.st_mtime_ns, status.st_size)
        yield None
    return is_cut


def read_source(path: Path, gate: Gate) -> SourceFile | None:
    """One file as text, None where it is no source, is forbidden, is not UTF-8 text, or nobody has
    written it."""
    text = _read_text(path) if is_source(path, gate) else None
    return None if text is None else SourceFile(str(path), text)


def read_found(found: FoundFile) -> SourceFile | None:
    """A file that has just been found, as `read_source` has it."""
    text = _read_text(Path(found.path))
    return None if text is None else SourceFile(found.path, text)


def concerns_all(path: Path, gate: Gate) -> bool:
    """Whether a change at this path may concern any number of files: it is a folder, or says what
    is ignored. The whole is to be looked through when that has been over for `CALM_S`."""
    return path.name in gate.ignore_files or path.is_dir()


def is_passed_over(relative: PurePath) -> bool:
    """Whether a path below the root lies in a folder that is not entered."""
    return any(name.startswith(".") or name in _SKIPPED_FOLDERS for name in relative.parts[:-1])


def is_source(path: Path, gate: Gate) -> bool:
    """Whether a file may be read, and is a source by its name."""
    return path.suffix.lower() in _SOURCE_SUFFIXES and gate.check(path).allowed


def read_content(path: Path) -> str | None:
    """A source's text, None where it is not UTF-8 text or nobody has written it.

    Raises `OSError`.
    """
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        return None
    return None if why_no_context(path, text) else text


def _read_text(path: Path) -> str | None:
    try:
        return read_content(path)
    except OSError:
        return None


def _may_enter(entry: os.DirEntry[str], gate: Gate) -> bool:
    if entry.name.startswith(".") or entry.name in _SKIPPED_FOLDERS:
        return False
    return gate.check_folder(Path(entry.path)).allowed


def _list(folder: str, limit: int) -> list[os.DirEntry[str]]:
    """A folder's entries by name; of one that holds more than `limit`, any so many."""
    try:
        with os.scandir(folder) as entries:
            return sorted(islice(entries, limit), key=lambda entry: entry.name)
    except OSError:
        return []
