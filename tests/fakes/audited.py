"""The server under an audit hook: every process, connection and write of its goes into a file.

`python tests/fakes/audited.py FILE serve --stdio` is `qwen-lsp serve --stdio`, watched.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Python raises these before it acts; see the standard library's table of audit events.
_STARTS = frozenset(
    {
        "subprocess.Popen", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn",
        "os.system", "os.startfile", "pty.spawn", "ctypes.dlopen",
    }
)  # fmt: skip
_ADDRESSES = frozenset(
    {"socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo"}
)
_CHANGES = frozenset(
    {
        "os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate",
        "os.chmod", "os.chown", "shutil.rmtree",
    }
)  # fmt: skip
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


@dataclass(frozen=True)
class Event:
    """One thing that the server was about to do: the audit event's name and arguments, as text."""

    name: str
    what: str

    @property
    def starts_a_process(self) -> bool:
        return self.name in _STARTS and self.name != "ctypes.dlopen"

    @property
    def opens_an_address(self) -> bool:
        return self.name in _ADDRESSES

    @property
    def writes(self) -> bool:
        return self.name in _CHANGES or self.name == "open"


def read_events(file: Path) -> list[Event]:
    """What has been written down so far."""
    return [Event(*json.loads(line)) for line in file.read_text("utf-8").splitlines()]


def watch(file: str) -> None:
    """From here on this process writes down what it is about to do."""
    out = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def hook(name: str, arguments: tuple[Any, ...]) -> None:
        if name == "open":
            path, _, flags = arguments
            if not isinstance(flags, int) or not flags & _WRITING or isinstance(path, int):
                return
        elif name not in _STARTS | _ADDRESSES | _CHANGES:
            return
        elif name in {"os.remove", "os.rmdir"} and arguments[-1] != -1:
            # Within a folder that is removed as a whole, of which `shutil.rmtree` tells.
            return
        os.write(out, json.dumps([name, repr(arguments)]).encode() + b"\n")

    sys.addaudithook(hook)


def main() -> None:
    """Watch, and be the server, which imports from no folder of its own, as a console script."""
    del sys.path[0]
    watch(sys.argv.pop(1))
    from lsp_server.__main__ import main as serve

    serve()


if __name__ == "__main__":
    main()
