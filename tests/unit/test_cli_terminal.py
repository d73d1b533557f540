"""What reaches a terminal: no escape sequence from a file, colour only where it is wanted."""

from __future__ import annotations

import io
import threading

import pytest
from rich.console import Console

from lsp_server.cli.terminal import (
    make_printable,
    open_output,
    print_json,
    print_message,
    show_progress,
    shows_colour,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain = 1", "plain = 1"),
        ("two\nlines", "two\nlines"),
        ("\tindented\tby tabs", "    indented    by tabs"),
        ("a\x1b[31mred", "a␛[31mred"),
        ("a\rb\x07", "a␍b␇"),
        ("\x7f\x9b", "\ufffd\ufffd"),
        ("turned \u202e round", "turned \ufffd round"),
        ("naïve 日本 😀", "naïve 日本 😀"),
        ("a\u200cb\u200dc", "a\u200cb\u200dc"),
        ("\ud800", "\ufffd"),
    ],
)
def test_nothing_steers_the_terminal(text: str, expected: str) -> None:
    assert make_printable(text) == expected


@pytest.mark.parametrize(
    ("variables", "terminal", "expected"),
    [
        ({"TERM": "xterm-256color"}, True, True),
        ({"TERM": "xterm-256color"}, False, False),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, True, False),
        ({"TERM": "dumb"}, True, False),
    ],
)
def test_colour_only_where_it_is_wanted(
    variables: dict[str, str], terminal: bool, expected: bool
) -> None:
    console = Console(file=io.StringIO(), force_terminal=terminal, _environ=variables)
    assert shows_colour(console) is expected


def test_sentences_are_not_folded_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    print_message("word " * 200 + "[bold]end\x1b")
    captured = capsys.readouterr()
    assert captured.err == "qwen-lsp: " + "word " * 200 + "[bold]end␛\n"
    assert captured.out == ""


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [("utf-8", '{\n  "a": "é"\n}\n'), ("ascii", '{\n  "a": "\\u00e9"\n}\n')],
)
def test_json_suits_the_stream(
    encoding: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding)
    monkeypatch.setattr("sys.stdout", stream)
    print_json({"a": "é"})
    stream.seek(0)
    assert stream.read() == expected


def test_a_poor_encoding_does_not_end_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), "ascii")
    monkeypatch.setattr("sys.stdout", stream)
    open_output().print("a → b")
    stream.seek(0)
    assert stream.read() == "a ? b\n"


def test_a_long_wait_is_told_on_standard_error(monkeypatch: pytest.MonkeyPatch) -> None:
    told = threading.Event()

    class Watched(io.StringIO):
        def write(self, text: str) -> int:
            told.set()
            return super().write(text)

    stream = Watched()
    monkeypatch.setattr("sys.stderr", stream)
    with show_progress("Reading …", patience=0.0):
        assert told.wait(10)
    assert stream.getvalue() == "Reading …\n"


def test_a_short_wait_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    with show_progress("Reading …", patience=3600.0):
        pass
    assert capsys.readouterr() == ("", "")
