"""Puts an answer on the line: the pace of it, and the faults that are in how bytes travel."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Iterator
from itertools import chain, repeat

from aiohttp import web

from tests.fakes.faults import answer_otherwise, split_characters, spoil_stream, spoil_whole
from tests.fakes.generation import tell
from tests.fakes.values import (
    Generation,
    Outcome,
    RecordedRequest,
    Reply,
    Route,
    World,
    dump_json,
    sleep_for_ever,
)

HUGE_BYTES = 100 * 1024 * 1024

_TRANSPORT_FAULTS = {
    "hang_mid_stream",
    "byte_a_second",
    "endless",
    "hundred_megabytes",
    "utf8_split",
    "reset_mid_stream",
}
_ENDLESS_PAUSE = 0.001
_SETTLING_PAUSE = 0.02
_FLOOD_BYTES = 64 * 1024


async def send_response(request: web.BaseRequest, response: web.Response) -> web.Response:
    """Sends it within the handler, so that the request's ending is known when this returns."""
    await response.prepare(request)
    await response.write_eof()
    return response


async def send_generation(
    request: web.BaseRequest,
    record: RecordedRequest,
    generation: Generation,
    reply: Reply,
    route: Route,
    world: World,
) -> web.StreamResponse:
    """Says `reply` as `generation` asks for it."""
    if reply.fault == "hang_before_headers":
        await sleep_for_ever()
    shape = generation.shape
    otherwise = answer_otherwise(reply, shape, route, world)
    if otherwise is not None:
        await asyncio.sleep(reply.delay_first)
        return await send_response(request, otherwise)
    told = tell(generation, reply)
    if generation.streamed:
        frames = spoil_stream(shape.stream(told), reply, shape)
        content_type = shape.stream_type
    else:
        frames = (spoil_whole(dump_json(shape.whole(told)), reply, shape, route, world),)
        content_type = "application/json"
        if reply.fault not in _TRANSPORT_FAULTS:
            await asyncio.sleep(reply.delay_first + reply.delay_between * len(told.pieces))
            return await send_response(
                request, web.Response(body=frames[0], headers={"Content-Type": content_type})
            )
    response = web.StreamResponse(headers={"Content-Type": content_type})
    await response.prepare(request)
    await asyncio.sleep(reply.delay_first)
    await _write(response, frames, reply, record.outcome, request)
    await response.write_eof()
    return response


async def _write(
    response: web.StreamResponse,
    frames: tuple[bytes, ...],
    reply: Reply,
    outcome: Outcome,
    request: web.BaseRequest,
) -> None:
    fault = reply.fault
    if fault == "hang_mid_stream":
        await _write_paced(response, _halve(frames), reply.delay_between)
        await sleep_for_ever()
    elif fault == "reset_mid_stream":
        await _write_paced(response, _halve(frames), reply.delay_between)
        # The first half has to arrive, since a reset throws away what is still on its way.
        await asyncio.sleep(_SETTLING_PAUSE)
        outcome.end("broken", asyncio.get_running_loop().time())
        _reset(request)
        await sleep_for_ever()
    elif fault == "byte_a_second":
        for byte in b"".join(frames):
            await response.write(bytes((byte,)))
            await asyncio.sleep(1.0)
    elif fault == "endless":
        pause = reply.delay_between or _ENDLESS_PAUSE
        await _write_paced(response, _repeat(frames), pause)
    elif fault == "says_nothing":
        block = frames[0] * (_FLOOD_BYTES // len(frames[0]))
        while True:
            await response.write(block)
            await asyncio.sleep(0)
    elif fault == "hundred_megabytes":
        await _flood(response, frames)
    elif fault == "utf8_split":
        halves = chain.from_iterable(map(split_characters, frames))
        await _write_paced(response, halves, reply.delay_between or _ENDLESS_PAUSE)
    elif reply.chunk_size == 0 and not reply.delay_between:
        await response.write(b"".join(frames))
    else:
        await _write_paced(response, frames, reply.delay_between)


async def _write_paced(
    response: web.StreamResponse, frames: Iterator[bytes] | tuple[bytes, ...], pause: float
) -> None:
    for number, frame in enumerate(frames):
        if number:
            # Also without a pause, so that another task may run and the line may close.
            await asyncio.sleep(pause)
        await response.write(frame)


async def _flood(response: web.StreamResponse, frames: tuple[bytes, ...]) -> None:
    block = b"".join(_repeat_up_to(frames, _FLOOD_BYTES))
    for _ in range(-(-HUGE_BYTES // len(block))):
        await response.write(block)
        await asyncio.sleep(0)


def _repeat_up_to(frames: tuple[bytes, ...], size: int) -> Iterator[bytes]:
    for frame in _repeat(frames):
        yield frame
        size -= len(frame)
        if size <= 0:
            return


def _repeat(frames: tuple[bytes, ...]) -> Iterator[bytes]:
    """The first half once, its last event for ever: an answer that never comes to its end."""
    half = _halve(frames)
    return chain(half, repeat(half[-1]))


def _halve(frames: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """The first half of the events, or of the bytes where the answer is one piece."""
    if len(frames) == 1:
        return (frames[0][: len(frames[0]) // 2],)
    return frames[: max(1, len(frames) // 2)]


def _reset(request: web.BaseRequest) -> None:
    transport = request.transport
    if transport is None:
        return
    connection = transport.get_extra_info("socket")
    # Closing with a linger of zero seconds sends a reset instead of an orderly end.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
