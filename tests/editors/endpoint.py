"""The fake endpoint beside a test that is no coroutine: it lives in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from tests.fakes.endpoint import FakeEndpoint, RecordedRequest, Reply

_Value = TypeVar("_Value")
_PATIENCE_S = 30.0


class Endpoint:
    """An OpenAI-compatible endpoint that says `reply` to every request."""

    def __init__(self, run: Callable[[Coroutine[Any, Any, Any]], Any], fake: FakeEndpoint) -> None:
        self._run = run
        self._fake = fake

    @property
    def options(self) -> dict[str, Any]:
        """The `initializationOptions` that make a server use it."""
        return {
            "provider": "openai",
            "baseUrl": self._fake.base_url,
            "apiKey": "sk-test",
            "completion": {"model": "qwen2.5-coder-7b-instruct"},
        }

    def reply(self, reply: str | Reply) -> None:
        """Say this from now on."""
        self._run(_call(self._fake.reply, reply))

    def script(self, answer: Callable[[str], Reply]) -> None:
        """Ask `answer` for the reply to each prompt from now on."""

        def script(request: RecordedRequest) -> Reply:
            return answer(str(request.json["prompt"]))

        self._run(_call(self._fake.script, script))

    def prompts(self) -> list[str]:
        """What the requests of code actions said so far, each as one text."""
        requests = self._run(_call(lambda: list(self._fake.generations)))
        said = [request.json.get("messages", ()) for request in requests]
        return ["\n".join(message["content"] for message in each) for each in said if each]

    def count_generations(self) -> int:
        """How many requests asked the model so far."""
        return self._run(_call(lambda: len(self._fake.generations)))  # type: ignore[no-any-return]


@contextmanager
def run_endpoint(reply: str | Reply) -> Iterator[Endpoint]:
    """Serve on a free port of loopback until the block ends."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="fake endpoint", daemon=True)
    thread.start()

    def run(work: Coroutine[Any, Any, _Value]) -> _Value:
        return asyncio.run_coroutine_threadsafe(work, loop).result(_PATIENCE_S)

    fake = run(_start(reply))
    try:
        yield Endpoint(run, fake)
    finally:
        run(fake.stop())
        loop.call_soon_threadsafe(loop.stop)
        thread.join(_PATIENCE_S)
        loop.close()


async def _start(reply: str | Reply) -> FakeEndpoint:
    fake = FakeEndpoint("openai")
    fake.reply(reply)
    return await fake.__aenter__()


async def _call(act: Callable[..., _Value], *arguments: Any) -> _Value:
    return act(*arguments)
