"""Answers that are known: found again while the user types along, and nowhere else."""

from __future__ import annotations

import pytest

from lsp_server.completion.reuse import AnswerStore, Known, drop_unfinished, move_indentation
from tests.marks import read_snapshot

ANSWER = "compute(first)\n    return value"


@pytest.mark.parametrize(
    ("place", "left"),
    [
        ("def f():\n    value = █\n\nend()\n", ANSWER),
        ("def f():\n    value = comp█\n\nend()\n", "ute(first)\n    return value"),
        ("def f():\n    value = compute(first)\n    re█\n\nend()\n", "turn value"),
        ("def f():\n    value = compute(first)\n    return value█\n\nend()\n", None),
        ("def f():\n    value = other█\n\nend()\n", None),
        # The suffix is part of the place, and so is what stands above.
        ("def f():\n    value = █\n\nother()\n", None),
        ("def g():\n    value = █\n\nend()\n", None),
        ("def f():\n    value = █ + 1\n\nend()\n", None),
        # Closers that an editor adds do not count.
        ("def f():\n    value = compute(█)\n\nend()\n", "first)\n    return value"),
        # A pure change of indentation moves the answer.
        ("def f():\n        value = █\n\nend()\n", "compute(first)\n        return value"),
    ],
)
def test_find(place: str, left: str | None) -> None:
    store = AnswerStore()
    store.put(*read_snapshot("def f():\n    value = █\n\nend()\n"), Known(ANSWER, "openai", "m"))
    found = store.find(*read_snapshot(place))
    assert [known.text for known in found] == ([left] if left is not None else [])


def test_what_was_asked_for_nearest_comes_first() -> None:
    store = AnswerStore()
    store.put(*read_snapshot("x = █\n"), Known("ab + early", "openai", "m"))
    store.put(*read_snapshot("x = ab█\n"), Known(" + late", "openai", "m"))
    found = store.find(*read_snapshot("x = ab█\n"))
    assert [known.text for known in found] == [" + late", " + early"]


@pytest.mark.parametrize(
    ("text", "old", "new", "expected"),
    [
        ("a\n    b", "    ", "\t", "a\n\tb"),
        ("a\n  b", "    ", "", "a\n  b"),
        ("a", "    ", "", "a"),
    ],
)
def test_move_indentation(text: str, old: str, new: str, expected: str) -> None:
    assert move_indentation(text, old, new) == expected


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("\n    y = 1\n    z", "\n    y = 1\n"),
        ("\n\n\ndef ", "\n"),
        ("\n\n\ndef g():\n", "\n"),
        ("\n@cached\n", "\n"),
        ("\nx = 1\ny = f(\n    a,\n", "\nx = 1\n"),
        # The cursor's own line may be the rest of what is shown.
        (" 1\ny", " 1\n"),
        ("rest", "rest"),
        ("if x:\n", "if x:\n"),
    ],
)
def test_what_was_cut_off_is_not_shown(text: str, kept: str) -> None:
    assert drop_unfinished(text) == kept


@pytest.mark.parametrize(("is_cut", "left"), [(True, []), (False, ["\ndef "])])
def test_only_a_whole_answer_is_shown_to_its_end(is_cut: bool, left: list[str]) -> None:
    store = AnswerStore()
    store.put(*read_snapshot("x = █\n"), Known("1\ndef ", "openai", "m", is_cut))
    assert [known.text for known in store.find(*read_snapshot("x = 1█\n"))] == left
