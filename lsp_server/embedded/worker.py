"""The embedded engine's own process: reads the workspace and answers, one JSON line a message.

It runs apart so that reading thousands of files can never stall the server's event loop. Messages
in: `{"do": "crawl" | "put" | "drop" | "reread" | "suggest" | "status", …}`; out: a line for each
message with an `id`, and `{"event": "indexed", …}` when the workspace has been read.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from lsp_server.embedded.engine import Engine
from lsp_server.index.crawl import SourceFile, read_source, walk_workspace
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
        self._crawl: Iterator[SourceFile | None] | None = None
        self._open: set[str] = set()

    def run(self) -> None:
        """Serve until the input ends."""
        self._messages.serve(self._handle, self._work)

    def _handle(self, message: Mapping[str, Any]) -> dict[str, Any]:
        match message["do"]:
            case "crawl":
                roots = tuple(Path(root) for root in message["roots"])
                self._gate = Gate(roots, tuple(message["ignore"]))
                self._crawl = walk_workspace(self._gate)
            case "put":
                self._open.add(message["path"])
                self._engine.put(message["path"], message["text"])
            case "drop":
                self._open.discard(message["path"])
                self._reread(message["path"])
            case "reread":
                if message["path"] not in self._open:
                    self._reread(message["path"])
            case "suggest":
                return {"suggestions": self._suggest(message)}
            case "status":
                files, tokens = self._engine.size
                return {"files": files, "tokens": tokens, "reading": self._crawl is not None}
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

    def _reread(self, path: str) -> None:
        source = read_source(Path(path), self._gate)
        if source is None:
            self._engine.drop(path)
        else:
            self._engine.put(path, source.text)

    def _work(self) -> float | None:
        if self._crawl is None:
            return None
        try:
            source = next(self._crawl)
        except StopIteration:
            self._crawl = None
            files, tokens = self._engine.size
            self._messages.send({"event": "indexed", "files": files, "tokens": tokens})
            return None
        if source is not None and source.path not in self._open:
            self._engine.put(source.path, source.text)
        return 0.0


if __name__ == "__main__":
    main()
