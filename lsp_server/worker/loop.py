"""The worker's side: messages are handled as they come, and in between it works."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

Message = Mapping[str, Any]


class Messages:
    """What comes in and goes out, a line each.

    A thread reads, so that a message that waits comes between two steps of the work.
    """

    def __init__(self, source: BinaryIO, out: BinaryIO) -> None:
        self._out = out
        self._inbox: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        threading.Thread(target=self._read, args=(source,), daemon=True).start()

    def send(self, message: Message) -> None:
        """Tell the server something. One thread only."""
        self._out.write(json.dumps(message).encode() + b"\n")
        self._out.flush()

    def note(self, message: Message) -> None:
        """Put a message of one's own among those that wait. From any thread."""
        self._inbox.put(message)

    def serve(
        self,
        handle: Callable[[Message], Mapping[str, Any]],
        work: Callable[[], float | None],
    ) -> None:
        """Run until the input ends. `handle` gives the answer to a message; `work` does one step.

        A step ends with the seconds until the next one, or None: not before a message has come.
        """
        wait: float | None = 0.0
        while True:
            try:
                message = self._inbox.get(block=wait != 0, timeout=wait or None)
            except queue.Empty:
                wait = work()
                continue
            if message is None:
                return
            answer = handle(message)
            if "id" in message:
                self.send({"id": message["id"], **answer})
            wait = 0.0

    def _read(self, source: BinaryIO) -> None:
        for line in source:
            self._inbox.put(json.loads(line))
        self._inbox.put(None)
