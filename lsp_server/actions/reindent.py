"""A reply's indentation brought to the region's, where that can be known; never guessed.

Models write a method as if it stood alone, or with blanks where the file has tabs. Both can be
undone exactly as long as every line that is in both texts agrees on how.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from lsp_server.actions.base import Refusal

# Lines that say less than this stand anywhere: brackets, `else:`, a bare word.
_TELLING = 6
_UNITS = (4, 2, 8, 3)

Move = Callable[[str], "str | None"]


def match_indentation(reply: list[str], region: list[str]) -> list[str] | Refusal:
    """The reply's lines at the region's depth; refused where its lines do not agree on it."""
    wanted, found = _first_indentation(region), _first_indentation(reply)
    if wanted is None or found is None:
        return reply
    pairs = _pair_lines(reply, region)
    for move in _moves(wanted, found, reply, region):
        moved = _move_all(reply, move)
        if moved is not None and _agrees(moved, pairs):
            return moved
    return Refusal(
        "The indentation of the reply does not fit the file; the lines must be indented exactly as "
        "in the file, with the same tabs and blanks."
    )


def _moves(wanted: str, found: str, reply: list[str], region: list[str]) -> Iterator[Move]:
    """Ways to bring the lines over, the plainest first."""
    uses_tabs = _indents_by(region, "\t")
    mixes = uses_tabs != _indents_by(reply, "\t") and _is_indented(reply) and _is_indented(region)
    if not mixes:
        if wanted == found:
            yield lambda line: line
        elif wanted.endswith(found):
            added = wanted[: len(wanted) - len(found)]
            yield lambda line: added + line
        return
    for unit in _UNITS:
        convert = _to_tabs(unit) if uses_tabs else _to_blanks(unit)
        first = convert(found + "x")
        if first is None:
            continue
        start = first[:-1]
        if wanted.endswith(start):
            added = wanted[: len(wanted) - len(start)]
            yield _chain(convert, added)


def _move_all(lines: list[str], move: Move) -> list[str] | None:
    moved = []
    for line in lines:
        new = move(line) if line.strip() else line
        if new is None:
            return None
        moved.append(new)
    return moved


def _agrees(moved: list[str], pairs: list[tuple[int, str]]) -> bool:
    """Whether no line that is in both texts contradicts.

    A line may stand deeper than before, or shallower, where the code around it has changed: all of
    its neighbours then move along. Lines that stay and lines that move side by side with the same
    text before and after mean that the reply was not indented alike throughout.
    """
    offsets = Counter(
        len(_indentation(moved[number])) - len(_indentation(line)) for number, line in pairs
    )
    if not offsets or set(offsets) == {0}:
        return True
    # The first line sits at its place by construction; if it alone does, the rest has slipped.
    return offsets[0] > 0 and _is_block_moved(moved, pairs)


def _is_block_moved(moved: list[str], pairs: list[tuple[int, str]]) -> bool:
    """Whether the lines that moved form runs, each within a header that is new or has moved."""
    last_stayed: int | None = None
    run_offset: int | None = None
    for number, line in pairs:
        offset = len(_indentation(moved[number])) - len(_indentation(line))
        if offset == 0:
            last_stayed, run_offset = number, None
        elif run_offset is None:
            # Between a line that stayed and one that moved, some new line must explain it.
            if last_stayed is not None and last_stayed + 1 == number:
                return False
            run_offset = offset
        elif offset != run_offset:
            return False
    return True


def _pair_lines(reply: list[str], region: list[str]) -> list[tuple[int, str]]:
    """(number in the reply, the region's line) for telling lines that stand once in both."""
    in_region = Counter(line.strip() for line in region)
    in_reply = Counter(line.strip() for line in reply)
    by_text = {line.strip(): line for line in region}
    return [
        (number, by_text[text])
        for number, line in enumerate(reply)
        if len(text := line.strip()) >= _TELLING and in_region[text] == 1 and in_reply[text] == 1
    ]


def _first_indentation(lines: list[str]) -> str | None:
    return next((_indentation(line) for line in lines if line.strip()), None)


def _indentation(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" \t"))]


def _is_indented(lines: list[str]) -> bool:
    return any(line.strip() and line[0] in " \t" for line in lines)


def _indents_by(lines: list[str], character: str) -> bool:
    return any(line.startswith(character) and line.strip() for line in lines)


def _to_tabs(unit: int) -> Move:
    def convert(line: str) -> str | None:
        blanks = _indentation(line)
        if "\t" in blanks or len(blanks) % unit:
            return None
        return "\t" * (len(blanks) // unit) + line[len(blanks) :]

    return convert


def _to_blanks(unit: int) -> Move:
    def convert(line: str) -> str | None:
        tabs = _indentation(line)
        if " " in tabs:
            return None
        return " " * (len(tabs) * unit) + line[len(tabs) :]

    return convert


def _chain(convert: Move, added: str) -> Move:
    def move(line: str) -> str | None:
        converted = convert(line)
        return None if converted is None else added + converted

    return move
