"""A plain client that gives back what was on the wire, for the tests of the fake itself."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import aiohttp


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def events(self) -> list[Any]:
        """The data of each event of a stream, but `[DONE]`."""
        lines = [line for line in self.body.decode().splitlines() if line.startswith("data:")]
        return [json.loads(line[5:]) for line in lines if "[DONE]" not in line]

    @property
    def records(self) -> list[Any]:
        """The JSON of each line."""
        return [json.loads(line) for line in self.body.splitlines()]


@dataclass(frozen=True)
class Client:
    session: aiohttp.ClientSession = field(repr=False)

    async def get(self, url: str) -> Answer:
        async with self.session.get(url, headers=bear("sk-test")) as response:
            return await _read(response)

    async def post(
        self, url: str, body: Any, *, key: str | None = "sk-test", headers: Any = None
    ) -> Answer:
        async with self.open(url, body, key=key, headers=headers) as response:
            return await _read(response)

    def open(self, url: str, body: Any, *, key: str | None = "sk-test", headers: Any = None) -> Any:
        """The response as a context manager, to be read in pieces or left half read."""
        all_headers = bear(key) | (headers or {})
        return self.session.post(url, json=body, headers=all_headers, allow_redirects=False)


def bear(key: str | None) -> dict[str, str]:
    return {} if key is None else {"Authorization": f"Bearer {key}"}


async def _read(response: aiohttp.ClientResponse) -> Answer:
    return Answer(response.status, dict(response.headers), await response.read())
