"""Files beside a document: the names of all, the text of a few. It reads the disk: for a thread."""

from __future__ import annotations

import os
from collections import deque
from pathlib import Path

from lsp_server.index.crawl import read_source
from lsp_server.privacy.gate import Gate

_SKIPPED = frozenset(
    {
        "node_modules", "bower_components", "vendor", "third_party", "dist", "build", "target",
        "out", "__pycache__", "site-packages", "venv", "env", "coverage", "htmlcov", "Pods",
    }
)  # fmt: skip
_MAX_FILES = 20_000
_MAX_BYTES = 200_000
# Where projects say which tools they use.
_MANIFESTS = ("pyproject.toml", "setup.cfg", "tox.ini", "package.json", "Cargo.toml", "go.mod")


def list_files(root: Path) -> list[str]:
    """The files as paths relative to the root, breadth first; links are not followed."""
    found: list[str] = []
    folders = deque([""])
    while folders and len(found) < _MAX_FILES:
        folder = folders.popleft()
        try:
            with os.scandir(root / folder) as entries:
                for entry in sorted(entries, key=lambda entry: entry.name):
                    name = f"{folder}/{entry.name}" if folder else entry.name
                    if entry.is_dir(follow_symlinks=False):
                        if not entry.name.startswith(".") and entry.name not in _SKIPPED:
                            folders.append(name)
                    elif entry.is_file(follow_symlinks=False):
                        found.append(name)
        except OSError:
            continue
    return found


def read_text(path: Path, gate: Gate) -> str | None:
    """A file's text as an editor would open it, None where the gate forbids it or it is no text."""
    try:
        if path.stat().st_size > _MAX_BYTES:
            return None
    except OSError:
        return None
    source = read_source(path, gate)
    return None if source is None else source.text


def read_manifests(root: Path, gate: Gate) -> list[str]:
    """The texts of the project's manifests that are there and may be read."""
    texts = []
    for name in _MANIFESTS:
        path = root / name
        if not gate.check(path).allowed:
            continue
        try:
            with path.open("rb") as file:
                texts.append(file.read(_MAX_BYTES).decode("utf-8", "replace"))
        except OSError:
            continue
    return texts
