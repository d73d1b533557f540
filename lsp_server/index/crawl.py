"""The workspace's files, nearest the root first, as far as the gate and the limits let them in."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

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


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of a crawl; a workspace past them is read in part."""

    files: int = 4000
    bytes: int = 40_000_000
    file_bytes: int = 400_000
    visited: int = 100_000


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that was read."""

    path: str
    text: str


def walk_workspace(gate: Gate, limits: Limits | None = None) -> Iterator[SourceFile | None]:
    """Read the workspace breadth first; None after each folder, so that a caller can breathe.

    Links are not followed. What vanishes or cannot be read while it walks is passed over.
    """
    limits = limits or Limits()
    files = total = visited = 0
    folders = deque(os.path.realpath(root) for root in gate.roots)
    while folders:
        entries = _list(folders.popleft())
        for entry in entries:
            visited += 1
            if visited > limits.visited:
                return
            try:
                if entry.is_dir(follow_symlinks=False):
                    if _may_enter(entry, gate):
                        folders.append(entry.path)
                    continue
                if not entry.is_file(follow_symlinks=False):
                    continue
                size = entry.stat(follow_symlinks=False).st_size
            except OSError:
                continue
            if size > limits.file_bytes or total + size > limits.bytes:
                continue
            source = read_source(Path(entry.path), gate)
            if source is not None:
                files += 1
                total += size
                yield source
            if files >= limits.files:
                return
        yield None


def read_source(path: Path, gate: Gate) -> SourceFile | None:
    """One file as text, None where it is no source, is forbidden, is not UTF-8 text, or nobody has
    written it."""
    if path.suffix.lower() not in _SOURCE_SUFFIXES or not gate.check(path).allowed:
        return None
    try:
        text = path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    return None if why_no_context(path, text) else SourceFile(str(path), text)


def _may_enter(entry: os.DirEntry[str], gate: Gate) -> bool:
    if entry.name.startswith(".") or entry.name in _SKIPPED_FOLDERS:
        return False
    return gate.check_folder(Path(entry.path)).allowed


def _list(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return []
