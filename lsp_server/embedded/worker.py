"""The embedded engine's own process: reads the workspace and answers, one JSON line a message.

It runs apart so that reading thousands of files can never stall the server's event loop. Messages
in: `{"do": "crawl" | "put" | "drop" | "reread" | "suggest" | "status", …}`; out: a line for each
message with an `id`, and `{"event": "indexed", …}` when the workspace has been read.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

from lsp_server.embedded.engine import Engine
from lsp_server.index.crawl import (
    CALM_S,
    FoundFile,
    Limits,
    concerns_all,
    find_files,
    is_passed_over,
    read_found,
    read_source,
)
from lsp_server.privacy.gate import Gate
from lsp_server.worker.loop import Messages


def main() -> None:
    """Serve on standard input and output until the input ends."""
    Worker(Messages(sys.stdin.buffer, sys.stdout.buffer)).run()


class Worker:
    """Answers messages as they come; in between it reads the workspace, file by file."""

    def __init__(self, messages: Messages) -> None:
        self._messages = messages
        self._engine = Engine()
        self._gate = Gate(())
        self._crawl: Generator[FoundFile | None, None, bool] | None = None
        self._crawl_at: float | None = None
        # The files that were read from disk as they were found, None for those told of since.
        self._known: dict[str, FoundFile | None] = {}
        self._seen: set[str] = set()
        self._open: set[str] = set()

    def run(self) -> None:
        """Serve until the input ends."""
        self._messages.serve(self._handle, self._work)

    def _handle(self, message: Mapping[str, Any]) -> dict[str, Any]:
        match message["do"]:
            case "crawl":
                roots = tuple(Path(root) for root in message["roots"])
                self._gate = Gate(roots, tuple(message["ignore"]))
                self._look_again(0.0)
            case "put":
                self._open.add(message["path"])
                self._known.pop(message["path"], None)
                self._engine.put(message["path"], message["text"])
            case "drop":
                self._open.discard(message["path"])
                self._reread(message["path"])
            case "reread":
                self._note_change(Path(message["path"]))
            case "suggest":
                return {"suggestions": self._suggest(message)}
            case "status":
                files, tokens = self._engine.size
                is_reading = self._crawl is not None or self._crawl_at is not None
                return {"files": files, "tokens": tokens, "reading": is_reading}
        return {}

    def _suggest(self, message: Mapping[str, Any]) -> list[dict[str, Any]]:
        found = self._engine.suggest(
            message["path"],
            message["language"],
            message["before"],
            message["after"],
            limit=message["limit"],
            eager=message["eager"],
        )
        return [
            {"text": one.text, "confidence": one.confidence, "source": one.source} for one in found
        ]

    def _note_change(self, path: Path) -> None:
        """Something has come, gone or changed on disk."""
        if any(
            path.is_relative_to(root) and is_passed_over(path.relative_to(root))
            for root in self._gate.roots
        ):
            return
        if concerns_all(path, self._gate):
            self._look_again(CALM_S)
        elif str(path) not in self._open:
            self._reread(str(path))
            if not path.suffix and not path.exists():
                # It may have been a folder.
                self._look_again(CALM_S)

    def _look_again(self, seconds: float) -> None:
        """Forget at once what may not be read any more; what may be now is read a little later."""
        for path in [*self._known, *self._open]:
            if os.path.isabs(path) and not self._gate.check(Path(path)).allowed:
                self._forget(path)
        self._crawl, self._crawl_at = None, time.monotonic() + seconds

    def _reread(self, path: str) -> None:
        source = read_source(Path(path), self._gate)
        if source is None:
            self._forget(path)
        else:
            self._known[path] = None
            self._engine.put(path, source.text)

    def _forget(self, path: str) -> None:
        self._known.pop(path, None)
        self._engine.drop(path)

    def _work(self) -> float | None:
        if self._crawl is None:
            if self._crawl_at is None:
                return None
            wait = self._crawl_at - time.monotonic()
            if wait > 0.0:
                return wait
            self._seen = set()
            self._crawl, self._crawl_at = find_files(self._gate, Limits()), None
        try:
            found = next(self._crawl)
        except StopIteration:
            self._end_crawl()
            return None
        if found is not None:
            self._read(found)
        return 0.0

    def _read(self, found: FoundFile) -> None:
        self._seen.add(found.path)
        if found.path in self._open or self._known.get(found.path) == found:
            return
        source = read_found(found)
        self._known[found.path] = found
        if source is None:
            self._engine.drop(found.path)
        else:
            self._engine.put(found.path, source.text)

    def _end_crawl(self) -> None:
        """Forget what is not there any more, unless that is a whole folder: its disk may be off."""
        self._crawl = None
        if all(root.is_dir() for root in self._gate.roots):
            for path in self._known.keys() - self._seen:
                self._forget(path)
        files, tokens = self._engine.size
        self._messages.send({"event": "indexed", "files": files, "tokens": tokens})


if __name__ == "__main__":
    main()
