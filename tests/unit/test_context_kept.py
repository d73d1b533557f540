"""What was gathered for a place serves near it, and no farther."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from lsp_server.buffer import Buffer, Encoding, Position, Snapshot
from lsp_server.context.base import Context, Snippet
from lsp_server.context.kept import Kept

LINES = [f"line_{number:03} = {number}" for number in range(200)]
SNIPPETS = (Snippet("other.py", "def other(): ..."),)


def snapshot_of(lines: list[str], eol: str = "\n", language: str = "python") -> Snapshot:
    return Buffer("file:///a.py", 1, language, eol.join(lines), Encoding.UTF16).snapshot()


def keep(line: int = 100, above: int = 40, below: int = 10) -> Kept:
    """What was gathered at the beginning of a line, with a window of so many lines.

    A line has five tokens.
    """
    prefix = "".join(f"{each}\n" for each in LINES[line - above : line])
    suffix = "".join(f"{each}\n" for each in LINES[line : line + below])
    context = Context("a.py", "python", prefix, suffix, "project", SNIPPETS)
    counts = dict.fromkeys(LINES, 5)
    files = (Path("/other.py"),)
    return Kept(context, 1000, line, line - above, 5 * (above + below), 5 * below, counts, files)


def count(kept: Kept, text: str) -> int:
    return sum(kept.tokens.get(line, 0) for line in text.split("\n"))


def test_at_its_own_place_nothing_changes() -> None:
    kept = keep()
    assert kept.move(snapshot_of(LINES), Position(100, 0)) == (kept.context, True)


def test_what_is_typed_is_added_and_the_beginning_stays() -> None:
    kept = keep()
    lines = [*LINES[:100], "total = ", *LINES[100:]]
    moved = kept.move(snapshot_of(lines), Position(100, 8))
    assert moved is not None
    context, is_good = moved
    assert is_good
    assert context.prefix == f"{kept.context.prefix}total = "
    assert context.suffix == "\n" + "".join(f"{each}\n" for each in LINES[100:109])
    assert context.snippets == SNIPPETS


@pytest.mark.parametrize("eol", ["\n", "\r\n", "\r"])
def test_line_ends_are_plain(eol: str) -> None:
    moved = keep().move(snapshot_of(LINES, eol), Position(104, 3))
    assert moved is not None
    assert "\r" not in moved[0].prefix + moved[0].suffix
    assert moved[0].prefix.endswith("line_103 = 103\nlin")
    assert moved[0].suffix.startswith("e_104 = 104\nline_105")


@pytest.mark.parametrize(
    ("line", "is_good"), [(84, True), (83, False), (102, True), (116, False), (148, False)]
)
def test_farther_off_it_serves_for_once(line: int, is_good: bool) -> None:
    moved = keep().move(snapshot_of(LINES), Position(line, 0))
    assert moved is not None
    assert moved[1] == is_good
    assert moved[0].prefix.endswith(f"{LINES[line - 1]}\n")


@pytest.mark.parametrize("line", [*range(60, 149), 0, 3, 30, 180, 190])
def test_the_window_keeps_its_size_and_half_of_what_follows(line: int) -> None:
    kept = keep()
    moved = kept.move(snapshot_of(LINES), Position(line, 0))
    assert moved is not None
    context, _ = moved
    assert count(kept, context.prefix + context.suffix) <= kept.room
    assert context.suffix.count("\n") >= 5
    assert "".join(f"{each}\n" for each in LINES).find(context.prefix + context.suffix) >= 0


def test_the_end_of_the_document_has_no_line_end() -> None:
    lines = LINES[:105]
    moved = keep().move(snapshot_of(lines), Position(100, 0))
    assert moved is not None
    assert moved[0].suffix == "\n".join(lines[100:])


@pytest.mark.parametrize(
    ("line", "is_near"), [(300, True), (301, False), (100, True), (60, True), (59, False)]
)
def test_near_is_a_few_screens(line: int, is_near: bool) -> None:
    assert keep().is_near(Position(line, 0)) == is_near


def test_a_line_that_is_too_long_has_no_window() -> None:
    lines = [*LINES[:100], "x" * 5000]
    assert keep().move(snapshot_of(lines), Position(100, 5000)) is None


def test_what_is_left_of_the_budget_lets_it_grow() -> None:
    kept = keep()
    line = "x" * 60
    lines = [*LINES[:100], line, *LINES[100:]]
    place = Position(100, 60)
    tight = kept.move(snapshot_of(lines), place)
    roomy = replace(kept, room=kept.room + 31).move(snapshot_of(lines), place)
    assert tight is not None
    assert roomy is not None
    assert not tight[1]
    assert roomy == (
        replace(kept.context, prefix=kept.context.prefix + line, suffix=roomy[0].suffix),
        True,
    )
    assert roomy[0].suffix.count("\n") == 11
