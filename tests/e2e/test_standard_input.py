"""What a client may make the server's standard input of."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any, BinaryIO

from tests.fakes.editor import clean_environment

COMMAND = (sys.executable, "-m", "lsp_server", "serve", "--stdio")
LAST_S = 30


def frame(method: str, number: int | None = None, **params: object) -> bytes:
    """One message as it goes over the wire."""
    message: dict[str, object] = {"jsonrpc": "2.0", "method": method}
    if number is not None:
        message["id"] = number
    if params:
        message["params"] = params
    body = json.dumps(message).encode()
    return b"Content-Length: %d\r\n\r\n%s" % (len(body), body)


def read(replies: BinaryIO) -> dict[str, Any]:
    """The next message."""
    length = 0
    while line := replies.readline().strip():
        name, _, value = line.partition(b":")
        if name == b"Content-Length":
            length = int(value)
    message: dict[str, Any] = json.loads(replies.read(length))
    return message


def test_a_file_is_read_to_its_end(tmp_path: Path) -> None:
    script = tmp_path / "talk"
    script.write_bytes(frame("initialize", 1, capabilities={}) + frame("exit"))
    with script.open("rb") as talk:
        ended = subprocess.run(
            COMMAND, stdin=talk, capture_output=True, timeout=LAST_S, env=clean_environment()
        )
    assert b'"capabilities"' in ended.stdout
    # An end that was not asked for by `shutdown`, as the LSP has it.
    assert ended.returncode == 1


def test_one_connection_for_both_ways_stays_one_that_is_waited_for() -> None:
    """A reply that its reader is slow to take would be cut short else."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        server = subprocess.Popen(
            COMMAND,
            stdin=theirs.fileno(),
            stdout=theirs.fileno(),
            stderr=subprocess.DEVNULL,
            env=clean_environment(),
        )
        ours.settimeout(LAST_S)
        replies = ours.makefile("rb")
        ours.sendall(frame("initialize", 1, capabilities={}))
        assert "capabilities" in read(replies)["result"]
        assert os.get_blocking(theirs.fileno())
        ours.sendall(frame("shutdown", 2))
        assert read(replies)["id"] == 2
        ours.sendall(frame("exit"))
        assert server.wait(LAST_S) == 0
