"""What the protocol keeps of the messages that it has handled."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from lsp_server.server import QwenServer

URI = "untitled:a.py"


class Sink:
    """Where replies go that nobody reads."""

    def write(self, data: bytes) -> None:
        """Forget it."""

    def close(self) -> None:
        """Nothing is open."""


class Client:
    """Sends messages to a server in this process."""

    def __init__(self) -> None:
        self.server = QwenServer()
        self.protocol = self.server.protocol
        self.protocol.set_writer(Sink())
        self.send("initialize", {"processId": None, "rootUri": None, "capabilities": {}}, id=1)

    def send(self, method: str, params: Any, **more: Any) -> None:
        message = {"jsonrpc": "2.0", "method": method, "params": params, **more}
        self.protocol.take(json.dumps(message).encode())


@pytest.mark.asyncio
async def test_notifications_leave_nothing_behind() -> None:
    client = Client()
    document = {"uri": URI, "languageId": "python", "version": 1, "text": "\n"}
    client.send("textDocument/didOpen", {"textDocument": document})
    for version in range(2, 50):
        changes = [{"text": f"{version}\n"}]
        document = {"uri": URI, "version": version}
        client.send("textDocument/didChange", {"textDocument": document, "contentChanges": changes})
    await asyncio.sleep(0)
    assert client.server.session.documents[URI].buffer.version == 49
    assert client.protocol._request_futures == {}


@pytest.mark.asyncio
async def test_shutdown_comes_while_a_notification_is_handled() -> None:
    client = Client()
    client.send("initialized", {})
    client.send("shutdown", None, id=2)
    for _ in range(10):
        await asyncio.sleep(0.01)
    assert client.protocol._shutdown
