"""Streams: reading stops as soon as nothing that may come would be shown."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable

import pytest

from lsp_server.completion.stream import Answer, Reader, is_complete, read_answer
from lsp_server.postprocess import refine
from lsp_server.postprocess.size import MAX_BYTES, MAX_LINE
from lsp_server.prompt.base import Form
from lsp_server.provider.base import Piece, Text, Usage
from lsp_server.syntax.splice import Spot
from tests.marks import read_parsed_place, read_place

ONE = False
SEVERAL = True


class Sink:
    """Keeps what it is given."""

    def __init__(self) -> None:
        self.text = ""
        self.ended = False

    def begin(self, model: str, form: Form) -> None:
        self.text = ""

    def extend(self, text: str) -> None:
        self.text += text

    def end(self) -> None:
        self.ended = True


class Stream:
    """A provider's stream that remembers whether it was closed and how much was taken."""

    def __init__(self, pieces: Iterable[Piece]) -> None:
        self.pieces = pieces
        self.taken = ""
        self.closed = False

    async def __call__(self) -> AsyncGenerator[Piece, None]:
        try:
            for piece in self.pieces:
                if isinstance(piece, Text):
                    self.taken += piece.text
                yield piece
        finally:
            self.closed = True


# Where the reading stops is marked by ■; without a mark it goes on to the end.
STOPS = [
    ("x = █", ONE, "1\n■y = 2\n"),
    ("x = █", ONE, "\n■1"),
    ("    █", ONE, "\n    x = 1\n■y"),
    ("█", ONE, "x = 1"),
    ("    █", SEVERAL, "x\n    y\nz\n■w"),
    ("    █", SEVERAL, "x\n    y\nz ■= 1\nw"),
    ("    █", SEVERAL, "x\n\n    y\n\n    z\n"),
    ("def f():█", SEVERAL, "\n    x\n\n\ndef ■g():\n    y"),
    ("    f(█)\n    end += 1", SEVERAL, "s)\n    end += 1\n■x"),
    ("if (x) {█", SEVERAL, "\n  y\n}\n■z\nw"),
    ("    █\n    return x", SEVERAL, "y = 1\n    return x\n■z"),
    ("    █\n    return x + y", SEVERAL, "z = 1\n    return x\n    w\n"),
    ("█", SEVERAL, "call(x)\ncall(x)\ncall(x)\n■call(x)\n"),
    ("call(x)\n█", SEVERAL, "call(x)\ny\nz\n"),
    ("█", SEVERAL, "x<|fim_pad|>■<|fim_pad|>"),
    ("x = █", ONE, "1<|cursor|>■"),
    ("x = █", ONE, "a > b\n■"),
    ("    return █", ONE, "```python\n    return x\n■```\n"),
    ("    return █", ONE, "Here is the code:\n\n```python\nreturn x\n■```\n"),
    ("    x = 1\n    █", ONE, "    x = 1\n    y\n■z"),
    ("    █", SEVERAL, "```python\nx\n```■\nThis works."),
    ("    █", SEVERAL, "x\n```■\nThis works."),
]


@pytest.mark.asyncio
@pytest.mark.parametrize(("source", "multiline", "marked"), STOPS)
async def test_stops(source: str, multiline: bool, marked: str) -> None:
    place = read_place(source, multiline=multiline)
    expected, _, _ = marked.partition("■")
    whole = marked.replace("■", "")
    stream = Stream(Text(character) for character in whole)
    answer = await read_answer(stream(), Reader(place), Sink())
    assert answer.text == stream.taken == expected
    assert stream.closed
    # What was left unread would have changed nothing.
    assert refine(answer.text, place) == refine(whole, place)


@pytest.mark.asyncio
async def test_usage_comes_with_the_end() -> None:
    pieces: list[Piece] = [Text("1"), Text(" + 1"), Usage(10, 3)]
    stream = Stream(pieces)
    assert await read_answer(stream(), Reader(read_place("x = █")), Sink()) == Answer(
        "1 + 1", Usage(10, 3)
    )


@pytest.mark.asyncio
async def test_an_answer_without_end_is_left() -> None:
    for endless, most in (("x" * 10, MAX_LINE), ("x" * 999 + "\n", MAX_BYTES), ("\n\n", 70)):
        stream = Stream(Text(endless) for _ in iter(int, 1))
        answer = await read_answer(stream(), Reader(read_place("█")), Sink())
        assert len(answer.text) <= most + len(endless)
        assert stream.closed


@pytest.mark.asyncio
async def test_what_might_tell_all_the_time_is_not_always_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks: list[str] = []
    monkeypatch.setattr(
        "lsp_server.completion.stream.is_complete", lambda text, _place: looks.append(text)
    )
    stream = Stream(Text("`") for _ in range(900))
    await read_answer(stream(), Reader(read_place("█")), Sink())
    assert len(looks) == 20


@pytest.mark.parametrize(
    ("source", "text", "asks"),
    [
        ("x = 1\n█\n", "def f():\n    a\n    b\n", False),
        ("x = 1\n█\n", "def f():\n    a\n\n\ndef ", True),
        ("def f():█\n", "\n    a\n    b\n", False),
        ("x = █\n", "1\n", False),
    ],
)
def test_the_tree_is_asked_where_a_block_may_end(source: str, text: str, asks: bool) -> None:
    asked = []
    multiline = "x = █" not in source
    reader = Reader(read_place(source, multiline=multiline), lambda: asked.append(1))
    for length in range(1, len(text) + 1):
        reader.has_enough(text[:length])
    assert asked == [1] * asks


def test_a_tree_that_takes_long_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    place = read_parsed_place("x = 1\n█\n")
    looks = []

    def find_first_block(spot: Spot, text: str) -> None:
        looks.append(text)
        clock.append(1)

    clock: list[int] = []
    monkeypatch.setattr("time.thread_time", lambda: float(len(clock)))
    monkeypatch.setattr("lsp_server.postprocess.scope.find_first_block", find_first_block)
    reader = Reader(place, lambda: place.spot)
    text = "".join(f"a{number}\n" for number in range(9))
    for length in range(1, len(text) + 1):
        assert not reader.has_enough(text[:length])
    assert len(looks) == 1


@pytest.mark.asyncio
async def test_the_stream_is_closed_when_reading_fails() -> None:
    class BrokenError(Exception):
        pass

    async def broken() -> AsyncGenerator[Piece, None]:
        yield Text("x")
        raise BrokenError

    with pytest.raises(BrokenError):
        await read_answer(broken(), Reader(read_place("█")), Sink())


@pytest.mark.parametrize("text", ["", " ", "\n", "    ", "`", "``", "```", "```py", "<|", "<|fim_"])
@pytest.mark.parametrize("multiline", [ONE, SEVERAL])
def test_a_beginning_is_never_complete(text: str, multiline: bool) -> None:
    assert not is_complete(text, read_place("    █\n    x", multiline=multiline))
