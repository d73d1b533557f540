from __future__ import annotations

import os
import random

import pytest

from lsp_server.buffer import (
    Buffer,
    Change,
    Encoding,
    Position,
    Snapshot,
    decode_column,
    decode_position,
    encode_column,
    encode_position,
    replace_lone_surrogates,
    split_lines,
)

UTF8, UTF16, UTF32 = Encoding.UTF8, Encoding.UTF16, Encoding.UTF32
FUZZ_EDITS = int(os.environ.get("QWEN_FUZZ_EDITS", "3000"))


def make_snapshot(text: str) -> Snapshot:
    return Snapshot("file:///a.py", 1, "python", tuple(split_lines(text)))


def edit(
    text: str,
    start: tuple[int, int] | None,
    end: tuple[int, int] | None,
    new: str,
    encoding: Encoding = UTF16,
) -> Snapshot:
    buffer = Buffer("file:///a.py", 1, "python", text, encoding)
    buffer.apply([Change(start, end, new)], 2)
    return buffer.snapshot()


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", [""]),
        ("a", ["a"]),
        ("a\n", ["a\n", ""]),
        ("a\nb", ["a\n", "b"]),
        ("a\r\nb\rc\nd", ["a\r\n", "b\r", "c\n", "d"]),
        ("\n\r\n\r", ["\n", "\r\n", "\r", ""]),
        ("\r\r\n", ["\r", "\r\n", ""]),
        ("\n\r", ["\n", "\r", ""]),
        ("a\fb\vc\x1cd\x85e\u2028f\u2029g", ["a\fb\vc\x1cd\x85e\u2028f\u2029g"]),
        ("\ufeffa\n", ["\ufeffa\n", ""]),
        ("a\0b\n", ["a\0b\n", ""]),
    ],
)
def test_split_lines(text: str, lines: list[str]) -> None:
    assert split_lines(text) == lines


@pytest.mark.parametrize(
    ("line", "units", "encoding", "column"),
    [
        ("abc\n", 2, UTF16, 2),
        ("abc\n", 3, UTF16, 3),
        ("abc\n", 4, UTF16, 3),
        ("abc\r\n", 4, UTF16, 3),
        ("abc\r", 99, UTF8, 3),
        ("abc", 99, UTF32, 3),
        ("abc", -1, UTF16, 0),
        ("", 5, UTF16, 0),
        ("é😀x\n", 0, UTF8, 0),
        ("é😀x\n", 1, UTF8, 0),
        ("é😀x\n", 2, UTF8, 1),
        ("é😀x\n", 3, UTF8, 1),
        ("é😀x\n", 5, UTF8, 1),
        ("é😀x\n", 6, UTF8, 2),
        ("é😀x\n", 7, UTF8, 3),
        ("é😀x\n", 8, UTF8, 3),
        ("é😀x\n", 1, UTF16, 1),
        ("é😀x\n", 2, UTF16, 1),
        ("é😀x\n", 3, UTF16, 2),
        ("é😀x\n", 4, UTF16, 3),
        ("é😀x\n", 2, UTF32, 2),
        ("é😀x\n", 9, UTF32, 3),
        ("e\u0301x", 2, UTF16, 2),
        ("\ufeffx", 3, UTF8, 1),
        ("\ud83dx", 1, UTF16, 1),
        ("\ud83dx", 3, UTF8, 1),
    ],
)
def test_decode_column(line: str, units: int, encoding: Encoding, column: int) -> None:
    assert decode_column(line, units, encoding) == column


@pytest.mark.parametrize(
    ("line", "column", "encoding", "units"),
    [
        ("abc\n", 2, UTF16, 2),
        ("abc\n", 4, UTF16, 3),
        ("abc\r\n", 9, UTF8, 3),
        ("abc", -1, UTF8, 0),
        ("é😀x\n", 1, UTF8, 2),
        ("é😀x\n", 2, UTF8, 6),
        ("é😀x\n", 9, UTF8, 7),
        ("é😀x\n", 2, UTF16, 3),
        ("é😀x\n", 3, UTF16, 4),
        ("é😀x\n", 2, UTF32, 2),
        ("\ud83dx", 1, UTF8, 3),
        ("\ud83dx", 1, UTF16, 1),
    ],
)
def test_encode_column(line: str, column: int, encoding: Encoding, units: int) -> None:
    assert encode_column(line, column, encoding) == units


@pytest.mark.parametrize(
    ("line", "units", "position"),
    [
        (0, 0, Position(0, 0)),
        (0, 2, Position(0, 1)),
        (0, 3, Position(0, 2)),
        (0, 99, Position(0, 3)),
        (1, 99, Position(1, 2)),
        (2, 0, Position(1, 2)),
        (99, 7, Position(1, 2)),
        (-1, 7, Position(0, 0)),
        (0, -7, Position(0, 0)),
    ],
)
def test_decode_position(line: int, units: int, position: Position) -> None:
    document = make_snapshot("a😀b\r\ncd")
    assert decode_position(document, line, units, UTF16) == position
    assert decode_position(document.lines, line, units, UTF16) == position


@pytest.mark.parametrize(
    ("position", "encoded"),
    [
        (Position(0, 2), (0, 3)),
        (Position(0, 99), (0, 4)),
        (Position(9, 9), (1, 2)),
        (Position(-9, 9), (0, 0)),
    ],
)
def test_encode_position(position: Position, encoded: tuple[int, int]) -> None:
    document = make_snapshot("a😀b\r\ncd")
    assert encode_position(document, position, UTF16) == encoded
    assert encode_position(document.lines, position, UTF16) == encoded


@pytest.mark.parametrize(
    ("text", "offset", "position", "back"),
    [
        ("", 0, Position(0, 0), 0),
        ("", 5, Position(0, 0), 0),
        ("ab\ncd", -1, Position(0, 0), 0),
        ("ab\ncd", 2, Position(0, 2), 2),
        ("ab\ncd", 3, Position(1, 0), 3),
        ("ab\ncd", 5, Position(1, 2), 5),
        ("ab\ncd", 6, Position(1, 2), 5),
        ("ab\r\ncd", 3, Position(0, 2), 2),
        ("ab\r\ncd", 4, Position(1, 0), 4),
        ("ab\n", 3, Position(1, 0), 3),
        ("😀\n😀", 3, Position(1, 1), 3),
    ],
)
def test_offsets(text: str, offset: int, position: Position, back: int) -> None:
    snapshot = make_snapshot(text)
    assert snapshot.position(offset) == position
    assert snapshot.offset(position) == back
    assert snapshot.text_before(position) == text[:back]
    assert snapshot.text_after(position) == text[back:]


def test_snapshot_lines() -> None:
    snapshot = make_snapshot("ab\r\ncd\n")
    assert [snapshot.line_text(line) for line in (-1, 0, 1, 2, 3)] == ["", "ab", "cd", "", ""]
    assert snapshot.clamp(Position(0, 3)) == Position(0, 2)
    assert snapshot.clamp(Position(0, -3)) == Position(0, 0)
    assert snapshot.clamp(Position(7, 0)) == Position(2, 0)
    assert snapshot.offset(Position(0, 99)) == 2


@pytest.mark.parametrize(
    ("text", "eol"),
    [
        ("", "\n"),
        ("a", "\n"),
        ("a\nb\r\n", "\n"),
        ("a\r\nb\r\nc\n", "\r\n"),
        ("a\rb\rc\n", "\r"),
    ],
)
def test_eol(text: str, eol: str) -> None:
    assert make_snapshot(text).eol == eol


@pytest.mark.parametrize(
    ("text", "start", "end", "new", "lines"),
    [
        ("", (0, 0), (0, 0), "x", ("x",)),
        ("a\nb", None, None, "c\r\nd", ("c\r\n", "d")),
        ("a\nb", (0, 0), None, "c", ("c",)),
        ("abc\n", (0, 1), (0, 2), "", ("ac\n", "")),
        ("abc\n", (0, 2), (0, 1), "x", ("axc\n", "")),
        ("a\nb\nc", (0, 1), (2, 0), "", ("ac",)),
        ("a\nb\nc", (2, 0), (0, 1), "", ("ac",)),
        ("a\nb", (0, 1), (0, 1), "\n", ("a\n", "\n", "b")),
        ("a\nb", (0, 9), (0, 9), "x", ("ax\n", "b")),
        ("a\nb", (9, 9), (9, 9), "\n", ("a\n", "b\n", "")),
        ("a\n", (0, 0), (9, 9), "", ("",)),
        # "\r" and "\n" meet: at the head of an edit, at its foot, and by deletion.
        ("a\rb", (1, 0), (1, 0), "\n", ("a\r\n", "b")),
        ("a\rb\nc", (1, 0), (1, 1), "", ("a\r\n", "c")),
        ("a\nb", (0, 1), (0, 1), "\r", ("a\r\n", "b")),
        ("a\r\nb", (0, 1), (0, 1), "\r", ("a\r", "\r\n", "b")),
        ("a\rb\r\nc", (0, 1), (1, 1), "", ("a\r\n", "c")),
        ("\r", (1, 0), (1, 0), "\n", ("\r\n", "")),
        ("x\ry", (1, 0), (1, 1), "\n\n", ("x\r\n", "\n", "")),
        # The columns between "\r" and "\n" belong to the end of the line.
        ("a\r\nb", (0, 2), (1, 0), "", ("ab",)),
        ("a\r\nb", (0, 2), (0, 2), "x", ("ax\r\n", "b")),
        ("a\fb\u2028c\n", (0, 3), (0, 4), "", ("a\fbc\n", "")),
        ("a😀b", (0, 2), (0, 3), "", ("ab",)),
        ("a😀b", (0, 1), (0, 2), "x", ("ax😀b",)),
        ("ab", (0, 1), (0, 1), "\ud83d", ("a\ufffdb",)),
    ],
)
def test_edit(
    text: str,
    start: tuple[int, int] | None,
    end: tuple[int, int] | None,
    new: str,
    lines: tuple[str, ...],
) -> None:
    assert edit(text, start, end, new).lines == lines


def test_changes_apply_in_order() -> None:
    buffer = Buffer("file:///a.py", 1, "python", "abc", UTF16)
    buffer.apply([Change((0, 0), (0, 1), "xy\n"), Change((1, 0), (1, 1), "z")], 7)
    snapshot = buffer.snapshot()
    assert (snapshot.text, snapshot.version) == ("xy\nzc", 7)


def test_snapshot_is_kept_until_the_next_change() -> None:
    buffer = Buffer("file:///a.py", 1, "python", "a\n\ud800", UTF16)
    before = buffer.snapshot()
    assert buffer.snapshot() is before
    buffer.apply([Change((0, 0), (0, 0), "b")], 2)
    assert before == Snapshot("file:///a.py", 1, "python", ("a\n", "\ufffd"))
    assert buffer.snapshot().text == "ba\n\ufffd"


@pytest.mark.parametrize(
    ("text", "expected"),
    [("abc", "abc"), ("é😀", "é😀"), ("\ud83d|\ude00", "\ufffd|\ufffd")],
)
def test_replace_lone_surrogates(text: str, expected: str) -> None:
    assert replace_lone_surrogates(text) == expected


# --- random edits against a deliberately naive model ---

WORDS = {
    "ascii": ["a", "foo", " ", "(", "\t", "x = 1"],
    "accents": ["é", "e\u0301", "\u0301", "ß", "日本", "\u05d0"],
    "astral": ["😀", "\U0001d54f", "👩\u200d💻", "a😀b", "\U0010ffff"],
    "odd": ["\ufeff", "\f", "\v", "\u2028", "\u2029", "\x85", "\x1c", "\0", "\ufffd"],
    "surrogates": ["\ud83d", "\ude00", "a\udfff", "\ud800\ud800"],
}
ENDINGS = {
    "lf": ["\n"],
    "crlf": ["\r\n"],
    "cr": ["\r"],
    "mixed": ["\n", "\r\n", "\r", "\n\r", "\r\r\n"],
}


class NaiveDocument:
    """The whole text, walked character by character for every position."""

    def __init__(self, text: str, encoding: Encoding) -> None:
        self.text = self.clean(text)
        self.encoding = encoding

    def clean(self, text: str) -> str:
        return "".join("\ufffd" if 0xD800 <= ord(c) <= 0xDFFF else c for c in text)

    def width(self, character: str) -> int:
        if self.encoding is UTF8:
            return len(character.encode())
        if self.encoding is UTF16:
            return 2 if ord(character) > 0xFFFF else 1
        return 1

    def offset(self, line: int, units: int) -> int:
        index = 0
        while line > 0:
            if index == len(self.text):
                return index
            step = 2 if self.text.startswith("\r\n", index) else 1
            line -= self.text[index] in "\r\n"
            index += step
        while index < len(self.text) and self.text[index] not in "\r\n":
            units -= self.width(self.text[index])
            if units < 0:
                break
            index += 1
        return index

    def apply(self, change: Change) -> None:
        if change.start is None or change.end is None:
            self.text = self.clean(change.text)
            return
        start = self.offset(*change.start)
        end = self.offset(*change.end)
        if start > end:
            start, end = end, start
        self.text = self.text[:start] + self.clean(change.text) + self.text[end:]

    def lines(self) -> tuple[str, ...]:
        lines = [""]
        index = 0
        while index < len(self.text):
            step = 2 if self.text.startswith("\r\n", index) else 1
            lines[-1] += self.text[index : index + step]
            if self.text[index] in "\r\n":
                lines.append("")
            index += step
        return tuple(lines)


def random_text(rng: random.Random, words: list[str], endings: list[str], length: int) -> str:
    return "".join(rng.choice(words if rng.random() < 0.7 else endings) for _ in range(length))


def random_change(rng: random.Random, lines: tuple[str, ...], text: str) -> Change:
    if rng.random() < 0.01:
        return Change(None, None, text)

    def place(line: int) -> tuple[int, int]:
        length = len(lines[line]) if line < len(lines) else 3
        return line, rng.randint(0, 2 * length + 2)

    start = rng.randint(0, len(lines))
    # Most edits stay within a few lines, as typing does; either end may come first.
    end = max(0, start + rng.choice([0, 0, 0, 1, 2, -1, rng.randint(-9, 9)]))
    return Change(place(start), place(end), text)


@pytest.mark.parametrize("encoding", Encoding)
@pytest.mark.parametrize("ending", ENDINGS)
def test_random_edits_match_the_naive_model(encoding: Encoding, ending: str) -> None:
    rng = random.Random(f"{encoding.value} {ending}")
    endings = ENDINGS[ending]
    all_words = [word for words in WORDS.values() for word in words]
    edits_left = max(1, FUZZ_EDITS // (len(Encoding) * len(ENDINGS)))
    while edits_left > 0:
        words = rng.choice([all_words, *WORDS.values()])
        text = random_text(rng, words, endings, rng.randint(0, 40))
        buffer = Buffer("file:///a.py", 0, "python", text, encoding)
        naive = NaiveDocument(text, encoding)
        for version in range(rng.randint(1, 60)):
            new = random_text(rng, words, endings, rng.choice([0, 0, 1, 1, 2, 5]))
            change = random_change(rng, naive.lines(), new)
            before = naive.text
            buffer.apply([change], version)
            naive.apply(change)
            snapshot = buffer.snapshot()
            assert snapshot.lines == naive.lines(), (before, change)
            check_positions(rng, snapshot, naive)
            edits_left -= 1


def check_positions(rng: random.Random, snapshot: Snapshot, naive: NaiveDocument) -> None:
    snapshot.text.encode()
    line, units = rng.randint(0, len(snapshot.lines)), rng.randint(0, 20)
    position = decode_position(snapshot, line, units, naive.encoding)
    offset = naive.offset(line, units)
    assert snapshot.offset(position) == offset
    assert snapshot.position(offset) == position
    sent = encode_position(snapshot, position, naive.encoding)
    assert decode_position(snapshot, *sent, naive.encoding) == position
    assert naive.offset(*sent) == offset
