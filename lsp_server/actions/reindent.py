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
        if moved is not None and _agrees(moved, region, pairs, is_changed=moved != reply):
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


def _agrees(
    moved: list[str], region: list[str], pairs: list[tuple[int, int]], *, is_changed: bool
) -> bool:
    """Whether no line that is in both texts contradicts.

    A line may stand deeper than before, or shallower, where the code around it has changed: a line
    that is new or gone before it then tells why, or the end of such a change. Where all lines were
    moved by us, some must have found their place, if any can be compared.
    """
    offsets = [
        len(_indentation(moved[number])) - len(_indentation(region[place]))
        for number, place in pairs
    ]
    if is_changed and offsets and 0 not in offsets:
        return False
    new = frozenset(line.strip() for line in moved)
    old = frozenset(line.strip() for line in region)
    previous, last, last_place = 0, -1, -1
    for (number, place), offset in zip(pairs, offsets, strict=True):
        if offset not in (previous, 0):
            added = any(line.strip() not in old for line in moved[last + 1 : number])
            gone = any(line.strip() not in new for line in region[last_place + 1 : place])
            if not added and not gone:
                return False
        previous, last, last_place = offset, number, place
    return True


def _pair_lines(reply: list[str], region: list[str]) -> list[tuple[int, int]]:
    """(number in the reply, in the region) of telling lines that stand once in both."""
    in_region = Counter(line.strip() for line in region)
    in_reply = Counter(line.strip() for line in reply)
    places = {line.strip(): number for number, line in enumerate(region)}
    return [
        (number, places[text])
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
