"""FakeEndpoint: the server itself, which records what it is asked and answers as it was told."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any, Literal

from aiohttp import web

from tests.fakes import openai_shape
from tests.fakes.checks import check_retirements, needs_no_key
from tests.fakes.models import MODELS
from tests.fakes.routes import VERSION_PATHS, make_routes, not_found
from tests.fakes.values import (
    Document,
    Ending,
    Kind,
    Model,
    RecordedRequest,
    RefusedError,
    Reply,
    Script,
    World,
)
from tests.fakes.wire import send_generation, send_response

USUAL_KEYS: Mapping[str, str] = {"sk-test": "beijing"}


class FakeEndpoint:
    """A model endpoint on a free port of loopback, in the running event loop.

    `keys` maps each key to the region it belongs to, None asks for no key; `usual` is one key
    `sk-test` of Beijing for the hosted kinds and none for the local ones. `retired` names models
    that are gone, as a set (404 `model_not_found`) or with the code each is answered with.
    `max_input` is in tokens. `refused_parameters` are answered by 400, as newer models do with
    `max_tokens`. With `ssl_context` the origin is https.

    `requests` holds all that came in, probes and refused ones too; `generations` those that asked
    a model. While `loading`, which may be set at any time, all is answered by 503.
    """

    def __init__(
        self,
        kind: Kind = "dashscope",
        *,
        keys: Mapping[str, str] | Literal["usual"] | None = "usual",
        region: str = "beijing",
        models: Iterable[Model] | None = None,
        retired: Mapping[str, str] | Iterable[str] = (),
        max_input: int | None = None,
        refused_parameters: Iterable[str] = (),
        loading: bool = False,
        port: int = 0,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        if not isinstance(retired, Mapping):
            retired = dict.fromkeys(retired, "model_not_found")
        check_retirements(retired.values())
        if keys == "usual":
            keys = None if needs_no_key(kind) else USUAL_KEYS
        self.kind: Kind = kind
        self.requests: list[RecordedRequest] = []
        self.loading = loading
        self._world = World(
            kind=kind,
            models=MODELS[kind] if models is None else tuple(models),
            retired=retired,
            keys=keys,
            region=region,
            max_input=max_input,
            refused_parameters=frozenset(refused_parameters),
        )
        self._routes = make_routes(kind)
        self._script: Script = lambda _request: Reply()
        self._failures: list[_Failure] = []
        self._watchers: list[_Watcher] = []
        self._tasks: set[asyncio.Task[Any]] = set()
        self._stopping = False
        self._port = port
        self._ssl_context = ssl_context
        self._runner: web.ServerRunner | None = None

    async def __aenter__(self) -> FakeEndpoint:
        server = web.Server(self._handle, handler_cancellation=True, access_log=None)
        self._runner = web.ServerRunner(server, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(
            self._runner, "127.0.0.1", self._port, ssl_context=self._ssl_context, backlog=512
        )
        await site.start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.stop()

    async def stop(self) -> None:
        """Ends what is running and frees the port: from here on connections are refused."""
        self._stopping = True
        for task in self._tasks:
            task.cancel()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    @property
    def origin(self) -> str:
        """Scheme, host and port, as in `http://127.0.0.1:8080`."""
        return f"{'https' if self._ssl_context else 'http'}://127.0.0.1:{self._port}"

    @property
    def base_url(self) -> str:
        """The origin with the version path that this kind of server is given with."""
        return self.origin + VERSION_PATHS[self.kind]

    @property
    def generations(self) -> list[RecordedRequest]:
        """The requests that asked a model for something, accepted or not."""
        return [request for request in self.requests if self._generates(request)]

    @property
    def running(self) -> list[RecordedRequest]:
        """The requests that have not ended yet."""
        return [request for request in self.requests if request.closed is None]

    def reply(self, reply: str | Reply) -> None:
        """Says this to every request from now on."""
        said = Reply(reply) if isinstance(reply, str) else reply
        self._script = lambda _request: said

    def script(self, script: Script) -> None:
        """Asks `script` what to say to each request that is accepted from now on."""
        self._script = script

    def fail(
        self,
        status: int,
        code: str,
        message: str = "The request was refused.",
        *,
        times: int | None = None,
        headers: Mapping[str, str] | None = None,
        path: str | None = None,
    ) -> None:
        """Answers by this error, in the shape of the server, `times` times or until `recover`.

        It is the requests to a model that fail, or those whose path contains `path`, if given
        ("" for all). Several failures are used up in the order in which they were set.
        """
        self._failures.append(_Failure(RefusedError(status, code, message, headers), times, path))

    def recover(self) -> None:
        """Forgets all failures."""
        self._failures.clear()

    async def wait_for(
        self, wanted: int | Callable[[RecordedRequest], bool], timeout: float = 5.0
    ) -> RecordedRequest:
        """Waits until the request of this number (from 1) has come, or one that fits has come or
        has changed so that it fits, say `lambda request: request.closed == "cancelled"`.

        Raises AssertionError after `timeout` seconds, with what has come instead.
        """
        fits = _number_is(wanted) if isinstance(wanted, int) else wanted
        for request in self.requests:
            if fits(request):
                return request
        watcher = _Watcher(fits, asyncio.get_running_loop().create_future())
        self._watchers.append(watcher)
        try:
            return await asyncio.wait_for(watcher.found, timeout)
        except asyncio.TimeoutError:
            seen = [f"{each.method} {each.path}: {each.closed}" for each in self.requests]
            raise AssertionError(f"nothing came in {timeout} s that fits; came: {seen}") from None
        finally:
            self._watchers.remove(watcher)

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            record = await self._record(request)
            return await self._answer_and_end(request, record)
        finally:
            self._tasks.discard(task)

    async def _answer_and_end(
        self, request: web.BaseRequest, record: RecordedRequest
    ) -> web.StreamResponse:
        try:
            response = await self._answer(request, record)
        except asyncio.CancelledError:
            self._end(record, "stopped" if self._stopping else "cancelled")
            raise
        except ConnectionError:
            # The client hung up while it was written to, which is no fault of this server's, so
            # that aiohttp must not print it.
            self._end(record, "cancelled")
            return web.Response()
        except BaseException:
            self._end(record, "broken")
            raise
        self._end(record, "answered")
        return response

    async def _record(self, request: web.BaseRequest) -> RecordedRequest:
        started = asyncio.get_running_loop().time()
        body = await request.content.read()
        record = RecordedRequest(
            number=len(self.requests) + 1,
            method=request.method,
            path=request.path,
            query=request.query_string,
            headers={name.lower(): value for name, value in request.headers.items()},
            body=body,
            json=_read_json(body),
            started=started,
        )
        self.requests.append(record)
        self._tell_watchers(record)
        return record

    async def _answer(
        self, request: web.BaseRequest, record: RecordedRequest
    ) -> web.StreamResponse:
        world = replace(self._world, loading=self.loading)
        route = self._routes.get((record.method, record.path))
        failure = self._next_failure(record)
        try:
            if failure is not None:
                raise failure.refusal
            if route is None:
                return await _send_document(request, not_found(world, record))
            if world.loading:
                raise RefusedError(503, "unavailable_error", "Loading model")
            answer = route.answer(world, record)
        except RefusedError as refusal:
            word = route.word_error if route else openai_shape.word_error
            document = Document(word(world, refusal), refusal.status)
            return await _send_document(request, document, refusal.headers)
        if isinstance(answer, Document):
            return await _send_document(request, answer)
        reply = self._script(record)
        return await send_generation(request, record, answer, reply, route, world)

    def _end(self, record: RecordedRequest, ending: Ending) -> None:
        record.outcome.end(ending, asyncio.get_running_loop().time())
        self._tell_watchers(record)

    def _tell_watchers(self, record: RecordedRequest) -> None:
        for watcher in self._watchers:
            if not watcher.found.done() and watcher.fits(record):
                watcher.found.set_result(record)

    def _next_failure(self, record: RecordedRequest) -> _Failure | None:
        for failure in self._failures:
            meant = self._generates(record) if failure.path is None else failure.path in record.path
            if meant and failure.use():
                return failure
        return None

    def _generates(self, record: RecordedRequest) -> bool:
        route = self._routes.get((record.method, record.path))
        return route is not None and route.generates


@dataclass
class _Failure:
    refusal: RefusedError
    left: int | None
    path: str | None

    def use(self) -> bool:
        """Whether it is good for one more request, which it then is spent on."""
        if self.left is None:
            return True
        self.left -= 1
        return self.left >= 0


@dataclass(frozen=True)
class _Watcher:
    fits: Callable[[RecordedRequest], bool]
    found: asyncio.Future[RecordedRequest]


def _number_is(number: int) -> Callable[[RecordedRequest], bool]:
    return lambda request: request.number == number


async def _send_document(
    request: web.BaseRequest, document: Document, headers: Mapping[str, str] | None = None
) -> web.Response:
    response = web.Response(body=document.body, status=document.status, headers=headers)
    response.content_type = document.content_type
    return await send_response(request, response)


def _read_json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None
