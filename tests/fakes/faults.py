"""The faults that are in the content of an answer: plain functions from frames to frames.

Those that are in how the bytes travel (hanging, trickling, cutting the line) are in `wire`.
"""

from __future__ import annotations

import gzip
from functools import cache

from aiohttp import web

from tests.fakes.values import (
    Document,
    Frames,
    RefusedError,
    Reply,
    Route,
    Shape,
    World,
    dump_json,
)

BOMB_BYTES = 32 * 1024 * 1024
"""What the gzip bomb unpacks to; packed it is a thousandth of that."""

_HTML = """<!DOCTYPE html>
<html><head><title>Sign in</title></head>
<body><h1>Sign in to the network</h1><p>Please accept the terms of use.</p></body></html>
"""


def answer_otherwise(reply: Reply, shape: Shape, route: Route, world: World) -> web.Response | None:
    """The answer that stands in place of the model's, for the faults that have one."""
    fault = reply.fault
    if fault == "html_200":
        return web.Response(text=_HTML, content_type="text/html")
    if fault == "empty_body":
        return web.Response(body=b"", content_type="application/json")
    if fault == "redirect":
        return web.Response(status=307, headers={"Location": reply.location})
    if fault == "gzip_bomb":
        headers = {"Content-Encoding": "gzip", "Content-Type": shape.stream_type}
        return web.Response(body=_pack_bomb(), headers=headers)
    if fault == "code_in_200":
        refusal = RefusedError(200, "internal_error", "An internal error has occurred.")
        flat = {"code": "InternalError", "message": refusal.message, "request_id": "7e5f1c2a"}
        value = flat if world.kind == "dashscope" else route.word_error(world, refusal)
        return web.json_response(body=dump_json(value))
    return None


def spoil_stream(frames: Frames, reply: Reply, shape: Shape) -> tuple[bytes, ...]:
    """The events of a stream as this fault leaves them."""
    fault, body, closing = reply.fault, frames.body, frames.closing
    half = len(body) // 2
    if fault == "no_choices":
        return (shape.frame(shape.bare()), *closing[-1:])
    if fault == "says_nothing":
        return (shape.frame(shape.bare()),)
    if fault == "bad_json":
        return (*body[:half], break_json((body + closing)[half]), *body[half + 1 :], *closing)
    if fault == "cut_sse":
        frame = (body + closing)[half]
        return (*body[:half], frame[: len(frame) // 2])
    if fault == "no_done":
        return (*body, *closing[:-1])
    if fault == "two_done":
        return (*body, *closing, closing[-1])
    if fault == "error_in_stream":
        message = "The model ended the answer by an internal error."
        return (*body[:half], shape.error_event(RefusedError(500, "internal_error", message)))
    return (*body, *closing)


def spoil_whole(value: bytes, reply: Reply, shape: Shape, route: Route, world: World) -> bytes:
    """The body of an answer in one piece as this fault leaves it."""
    if reply.fault == "no_choices":
        return dump_json(shape.bare())
    if reply.fault == "bad_json":
        return break_json(value)
    if reply.fault == "cut_sse":
        return value[: len(value) // 2]
    if reply.fault == "error_in_stream":
        refusal = RefusedError(500, "internal_error", "The model ended by an internal error.")
        return Document(route.word_error(world, refusal)).body
    return value


def break_json(frame: bytes) -> bytes:
    """The frame with a colon missing, which no parser mends."""
    return frame.replace(b'":', b'"', 1)


def split_characters(frame: bytes) -> tuple[bytes, ...]:
    """The frame in two, cut inside its first character of several bytes."""
    for position, byte in enumerate(frame):
        if byte >= 0x80:
            return frame[: position + 1], frame[position + 1 :]
    return (frame,)


@cache
def _pack_bomb() -> bytes:
    event = b"data: " + b" " * (BOMB_BYTES - 8) + b"\n\n"
    return gzip.compress(event, compresslevel=9)
