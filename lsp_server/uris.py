"""Document URIs and files."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote, urlsplit


@lru_cache(maxsize=1_000)
def path_of(uri: str) -> Path | None:
    """The file of a `file:` URI, None for any other."""
    parts = urlsplit(uri)
    if parts.scheme != "file":
        return None
    path = unquote(parts.path)
    if os.name == "nt" and path[:1] == "/" and path[2:3] == ":":
        path = path[1:]
    return Path(path)


def named_path(uri: str) -> Path:
    """The path that a URI of any scheme names: `git:/folder/.env`, `untitled:.env`."""
    return path_of(uri) or Path(unquote(urlsplit(uri).path))


def document_name(uri: str) -> str:
    """What the embedded engine calls a document: its file, or the URI where it has none."""
    path = path_of(uri)
    return str(path) if path else uri
