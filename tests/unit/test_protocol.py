"""What the protocol keeps of the messages that it has handled."""

from __future__ import annotations

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


@pytest.mark.asyncio
async def test_notifications_leave_nothing_behind() -> None:
    server = QwenServer()
    protocol = server.protocol
    protocol.set_writer(Sink())

    def take(method: str, params: Any, **more: Any) -> None:
        message = {"jsonrpc": "2.0", "method": method, "params": params, **more}
        protocol.take(json.dumps(message).encode())

    take("initialize", {"processId": None, "rootUri": None, "capabilities": {}}, id=1)
    document = {"uri": URI, "languageId": "python", "version": 1, "text": "\n"}
    take("textDocument/didOpen", {"textDocument": document})
    for version in range(2, 50):
        changes = [{"text": f"{version}\n"}]
        document = {"uri": URI, "version": version}
        take("textDocument/didChange", {"textDocument": document, "contentChanges": changes})
    assert server.session.documents[URI].buffer.version == 49
    assert protocol._request_futures == {}
