"""A worker that does as it is told, for the tests of those who own workers."""

from __future__ import annotations

import os
import sys
from typing import Any

from lsp_server.worker.loop import Message, Messages


def main() -> None:
    """Serve until the input ends."""
    messages = Messages(sys.stdin.buffer, sys.stdout.buffer)
    steps = 0

    def handle(message: Message) -> dict[str, Any]:
        nonlocal steps
        match message["do"]:
            case "end":
                os._exit(1)
            case "work":
                steps = message["steps"]
            case "note":
                messages.note({"do": "greet", "name": "noted"})
            case "greet":
                messages.send({"event": "greeted", "name": message["name"]})
            case "fail":
                raise ValueError
        return {"path": sys.path, "flags": sys.flags.isolated, "echo": message.get("text")}

    def work() -> float | None:
        nonlocal steps
        if steps == 0:
            return None
        steps -= 1
        messages.send({"event": "step", "left": steps})
        return 0.001 if steps else None

    messages.serve(handle, work)
