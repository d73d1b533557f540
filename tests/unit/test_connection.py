"""The endpoint in use: each key that the client gives stays with the origin it first went to."""

from __future__ import annotations

import pytest

from lsp_server.connection import Connection
from lsp_server.models.ledger import Ledger
from lsp_server.notices import Notices
from lsp_server.provider.discover import Environment
from lsp_server.settings import Settings

# Nothing listens on these ports: choosing an endpoint asks nobody who matters here.
FIRST, SECOND = "http://127.0.0.1:9", "http://127.0.0.1:7"


@pytest.mark.asyncio
async def test_a_key_stays_with_its_origin() -> None:
    told: list[str] = []
    connection = Connection(
        Environment(), lambda origin: None, Ledger(), Notices(told.append), lambda: None
    )

    async def key_at(address: str, key: str) -> str | None:
        settings = Settings(provider="openai", base_url=f"{address}/v1", api_key=key)
        await connection.begin(settings)
        await connection.wait()
        assert connection.discovery.endpoint is not None
        return connection.discovery.endpoint.key

    try:
        assert await key_at(FIRST, "sk-one") == "sk-one"
        assert await key_at(SECOND, "sk-one") is None
        assert [sentence for sentence in told if FIRST in sentence and SECOND in sentence]
        assert await key_at(SECOND, "sk-two") == "sk-two"
        assert await key_at(FIRST, "sk-one") == "sk-one"
    finally:
        await connection.close()
