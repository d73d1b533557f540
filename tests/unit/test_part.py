"""The tree of a part of a document that is too large for one of its own."""

from __future__ import annotations

import pytest

from lsp_server.syntax.parsing import encode, parse_text
from lsp_server.syntax.tree import SyntaxTree, count_errors

LINES = [f"def function_{number}(a, b):\n    return [a, b, {number}]\n\n" for number in range(60)]
TYPED = "value = {'a': (1, 2)}"


def test_it_is_that_of_the_text_however_it_came_about() -> None:
    """Key by key, after jumps, and of another language in between."""
    syntax = SyntaxTree()
    texts = ["".join(LINES[:30]) + TYPED[:count] + "".join(LINES[30:]) for count in range(22)]
    texts += ["".join(LINES[20:]), "".join(LINES[:40]), "", "x = (\n", "x = ()\n"]
    for text in texts:
        for language in ("python", "python", "javascript"):
            tree = syntax.parse_part(language, text, 5.0)
            fresh = parse_text(language, text, 5.0)
            assert tree is not None
            assert fresh is not None
            assert (tree.language, tree.source) == (language, encode(text))
            assert (count_errors(tree) == 0) == (count_errors(fresh) == 0)


def test_the_same_text_is_not_parsed_again() -> None:
    syntax = SyntaxTree()
    first = syntax.parse_part("python", LINES[0], 5.0)
    assert syntax.parse_part("python", LINES[0], 5.0) is first


@pytest.mark.parametrize("language", ["plaintext", "no-language"])
def test_without_a_grammar_there_is_none(language: str) -> None:
    assert SyntaxTree().parse_part(language, "x = 1\n", 5.0) is None


def test_what_takes_too_long_leaves_what_was_known() -> None:
    syntax = SyntaxTree()
    first = syntax.parse_part("python", LINES[0], 5.0)
    assert syntax.parse_part("python", "".join(LINES) * 200, 0.0) is None
    assert syntax.parse_part("python", LINES[0], 5.0) is first
