"""What the commands share on a terminal: consoles, progress, JSON.

Standard output carries the result alone; what is said on the way goes to standard error. `rich`
leaves colour out where the stream is no terminal, and where NO_COLOR or TERM=dumb ask for it.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import sys
import threading
import unicodedata
from collections.abc import Iterator
from typing import TextIO

from rich.console import Console
from rich.text import Text

# A wait shorter than this, in seconds, needs no word.
_PATIENCE_S = 1.0
# Wide enough that a table is never folded where a program reads it.
_WIDE = 200
_TAB = 4
# Control and format characters, lone surrogates, separators of lines; but the joiners are letters'
# companions in several scripts.
_STEERING = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_KEPT = frozenset("\n\u200c\u200d")


def open_output() -> Console:
    """The console of standard output."""
    return _open(sys.stdout)


def open_messages() -> Console:
    """The console of standard error."""
    return _open(sys.stderr)


def shows_colour(console: Console) -> bool:
    """Whether a style alone can tell one text from another here."""
    return console.is_terminal and console.color_system is not None and not console.no_color


def print_json(value: object) -> None:
    """One JSON document on standard output; escaped where the stream cannot write all of it."""
    is_utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=not is_utf8) + "\n")


def print_prose(console: Console, text: str | Text) -> None:
    """Sentences: folded between words on a terminal, and not at all in a pipe."""
    console.print(text, soft_wrap=not console.is_terminal)


def print_message(sentence: str) -> None:
    """One sentence on standard error."""
    print_prose(open_messages(), f"qwen-lsp: {make_printable(sentence)}")


@contextlib.contextmanager
def show_progress(sentence: str, patience: float = _PATIENCE_S) -> Iterator[None]:
    """Say on standard error what is waited for, once it has taken `patience` seconds."""
    console = open_messages()
    status = console.status(sentence)

    def begin() -> None:
        if console.is_terminal:
            status.start()
        else:
            print_prose(console, sentence)

    timer = threading.Timer(patience, begin)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        status.stop()


def make_printable(text: str) -> str:
    """`text` in which no character steers the terminal; tabs become spaces, new lines stay.

    A file or an answer may hold escape sequences, and marks that turn the writing around.
    """
    expanded = text.expandtabs(_TAB)
    if expanded.isascii() and expanded.replace("\n", "").isprintable():
        return expanded
    return "".join(map(_make_harmless, expanded))


def keep_logs_quiet() -> None:
    """Say nothing of what a server would log; a command tells its user itself."""
    logging.getLogger().addHandler(logging.NullHandler())


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Hand it on to the command line, which ends quietly; rich would end the program here."""
        raise BrokenPipeError


def _make_harmless(character: str) -> str:
    if character in _KEPT or unicodedata.category(character) not in _STEERING:
        return character
    code = ord(character)
    # U+2400 to U+241F picture the C0 control characters.
    return chr(0x2400 + code) if code < 0x20 else "\N{REPLACEMENT CHARACTER}"


def _open(stream: TextIO) -> Console:
    if isinstance(stream, io.TextIOWrapper):
        # What the stream's encoding has no character for must not end the command.
        stream.reconfigure(errors="replace")
    console = _Console(file=stream, highlight=False, markup=False, emoji=False, tab_size=_TAB)
    if not console.is_terminal:
        console.width = _WIDE
    return console
