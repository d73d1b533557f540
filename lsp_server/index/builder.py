"""The index's own process: reads the workspace and follows its changes, one JSON line a message.

Messages in: `{"do": "build" | "changed" | "watched" | "put" | "drop" | "look again", …}`.
Messages out: `{"event": "reading", "names": […]}` before files are parsed, how each folder stands,
`{"event": "state", "root": …, …}`, when that has changed, and `{"event": "changed", "paths": […]}`
where it was this process that found out.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from lsp_server.index.folder import IndexedFolder
from lsp_server.index.schema import database_path, remove_unused
from lsp_server.index.store import Store
from lsp_server.worker.loop import Message, Messages

# Whoever types comes first.
_NICENESS = 10
# How often a state is told while it changes, in seconds.
_TELLING_S = 0.25
# Where nobody can tell of changes, the workspace is looked through this often, in seconds.
_LOOK_S = 60.0
_DEBOUNCE_MS = 200


def main() -> None:
    """Serve on standard input and output until the input ends."""
    if hasattr(os, "nice"):
        with contextlib.suppress(OSError):
            os.nice(_NICENESS)
    builder = Builder(Messages(sys.stdin.buffer, sys.stdout.buffer))
    try:
        builder.run()
    finally:
        builder.close()


class Builder:
    """Answers messages as they come; in between it reads, folder by folder."""

    def __init__(self, messages: Messages) -> None:
        self._messages = messages
        self._owner = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._folders: list[IndexedFolder] = []
        self._told: dict[Path, Message] = {}
        self._told_at = 0.0
        self._look_at: float | None = None
        self._watching = threading.Event()

    def run(self) -> None:
        """Serve until the input ends."""
        self._messages.serve(self._handle, self._work)

    def close(self) -> None:
        """Close every database."""
        self._watching.set()
        for folder in self._folders:
            folder.close()

    def _handle(self, message: Message) -> Mapping[str, Any]:
        match message["do"]:
            case "build":
                self._build(message)
            case "changed":
                self._note_changes(message["paths"])
            case "watched":
                paths = self._note_changes(message["paths"])
                if paths:
                    self._messages.send({"event": "changed", "paths": paths})
            case "put":
                for folder in self._folders:
                    folder.note_text(message["path"], message["text"])
            case "drop":
                for folder in self._folders:
                    folder.note_text(message["path"], None)
            case "look again":
                self._look_at = time.monotonic() + _LOOK_S
        return {}

    def _note_changes(self, paths: Sequence[str]) -> list[str]:
        """Which of the paths concern any of the folders."""
        ours = []
        for path in paths:
            # Every folder is told: one may lie in another.
            noted = [folder.note_change(path) for folder in self._folders]
            if any(noted):
                ours.append(path)
        return ours

    def _build(self, message: Message) -> None:
        self.close()
        self._told.clear()
        self._look_at = None
        place = None if message["place"] is None else Path(message["place"])
        self._folders = []
        for root in map(Path, message["roots"]):
            path = database_path(root, message["ignore"], place)
            remove_unused(path)
            self._folders.append(
                IndexedFolder(
                    root,
                    message["ignore"],
                    Store(path),
                    self._owner,
                    announce=self._announce,
                    careful=message["careful"],
                )
            )
        self._watching = threading.Event()
        if message["watch"]:
            threading.Thread(
                target=watch_folders,
                args=(message["roots"], self._watching, self._messages.note),
                daemon=True,
            ).start()

    def _work(self) -> float | None:
        waits = [wait for folder in self._folders if (wait := folder.step()) is not None]
        if self._look_at is not None:
            if time.monotonic() >= self._look_at:
                self._look_at = time.monotonic() + _LOOK_S
                for folder in self._folders:
                    folder.look_again()
            waits.append(self._look_at - time.monotonic())
        self._tell()
        return max(0.0, min(waits)) if waits else None

    def _announce(self, names: Sequence[str]) -> None:
        self._messages.send({"event": "reading", "names": list(names)})

    def _tell(self) -> None:
        """Tell how the folders stand, not too often while they are being read."""
        now = time.monotonic()
        for folder in self._folders:
            state = _describe(folder)
            is_due = not folder.is_reading or now >= self._told_at + _TELLING_S
            if is_due and self._told.get(folder.root) != state:
                self._told[folder.root] = state
                self._told_at = now
                self._messages.send(state)


def watch_folders(
    roots: Sequence[str], stop: threading.Event, note: Callable[[Message], None]
) -> None:
    """Note what changes in these folders until told to stop; where that cannot be had, that the
    folders have to be looked through again and again."""
    # Late, because most editors tell of changes themselves.
    import watchfiles

    try:
        for changes in watchfiles.watch(
            *(root for root in roots if os.path.isdir(root)),
            stop_event=stop,
            debounce=_DEBOUNCE_MS,
            raise_interrupt=False,
            ignore_permission_denied=True,
        ):
            note({"do": "watched", "paths": [path for _, path in changes]})
    except Exception as error:
        # The system's limits of what may be watched, and file systems that cannot tell.
        note({"do": "look again", "why": type(error).__name__})


def _describe(folder: IndexedFolder) -> Message:
    progress = folder.progress
    return {
        "event": "state",
        "root": str(folder.root),
        "reading": folder.is_reading,
        "done": progress.done,
        "total": progress.total,
        "cut": folder.is_cut,
        "fault": folder.fault,
    }


if __name__ == "__main__":
    main()
