"""The server's side of the index: its process is told what changes. Its database is asked by
`reader.Reader`, from any process."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from lsp_server.worker.owner import Message, WorkerProcess

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class IndexState:
    """How the index stands: files read of those that have changed, over all folders.

    `is_cut` says that a folder holds more than is read, `fault` why nothing can be written.
    """

    is_reading: bool = False
    done: int = 0
    total: int = 0
    is_cut: bool = False
    fault: str = ""


class IndexClient:
    """Owns the process. Nothing it does raises, and none of it waits for the process.

    `on_state` is told of each new state, `on_change` of paths that the process found changed by
    itself. `place` is the folder of the databases, by default in the user's cache folder.
    """

    def __init__(
        self,
        on_state: Callable[[IndexState], None],
        place: Path | None = None,
        on_change: Callable[[Sequence[str]], None] = lambda _paths: None,
    ) -> None:
        self.state = IndexState()
        self._on_state = on_state
        self._on_change = on_change
        self._place = place
        self._worker = WorkerProcess(
            "lsp_server.index.builder",
            greet=self._greet,
            on_event=self._note,
            on_end=self._note_end,
            is_background=True,
        )
        self._build: Message | None = None
        self._folders: dict[str, IndexState] = {}
        # Files that were about to be parsed when the process ended.
        self._reading: list[str] = []
        self._careful: set[str] = set()

    async def start(
        self, roots: Sequence[Path], ignore_files: Sequence[str], *, watch: bool
    ) -> None:
        """Have the folders read. With `watch` the process finds out by itself what changes, else
        it goes by what `change` tells."""
        self._folders.clear()
        self._reading = []
        self._build = {
            "do": "build",
            "roots": [str(root) for root in roots],
            "ignore": list(ignore_files),
            "place": None if self._place is None else str(self._place),
            "watch": watch,
        }
        await self._worker.start()

    @property
    def process_id(self) -> int | None:
        """The process's number while it runs."""
        return self._worker.process_id

    def put(self, path: str, text: str) -> None:
        """Tell it the text of an open document, which counts until the file changes on disk."""
        self._worker.post({"do": "put", "path": path, "text": text})

    def drop(self, path: str) -> None:
        """A document was closed: what is on disk counts again."""
        self._worker.post({"do": "drop", "path": path})

    def change(self, paths: Sequence[str]) -> None:
        """Files or folders have come, gone or changed on disk."""
        self._worker.post({"do": "changed", "paths": list(paths)})

    async def close(self) -> None:
        """End the process."""
        await self._worker.close()

    def _greet(self) -> list[Message]:
        if self._build is None:
            return []
        # A parser may end the process. What it was about to read is read without one.
        self._careful.update(self._reading)
        self._reading = []
        return [{**self._build, "careful": sorted(self._careful)}]

    def _note(self, event: Message) -> None:
        if event["event"] == "reading":
            self._reading = event["names"]
            return
        if event["event"] == "changed":
            self._on_change(event["paths"])
            return
        self._reading = []
        self._folders[event["root"]] = IndexState(
            event["reading"], event["done"], event["total"], event["cut"], event["fault"]
        )
        self._show()

    def _note_end(self) -> None:
        _log.error("the index is not kept up to date any more")
        self._folders.clear()
        self._show()

    def _show(self) -> None:
        states = self._folders.values()
        state = IndexState(
            any(state.is_reading for state in states),
            sum(state.done for state in states),
            sum(state.total for state in states),
            any(state.is_cut for state in states),
            next((state.fault for state in states if state.fault), ""),
        )
        if state != self.state:
            self.state = state
            self._on_state(state)
