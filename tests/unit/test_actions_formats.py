"""Replies -> new lines: what is taken from them, and what is refused with which reason."""

from __future__ import annotations

import pytest

from lsp_server.actions.base import Refusal
from lsp_server.actions.fences import clean_reply, split_blocks
from lsp_server.actions.formats.search_replace import read_search_replace
from lsp_server.actions.formats.whole import read_whole
from lsp_server.actions.reindent import match_indentation

REGION = "    def total(self, prices):\n        result = sum(prices)\n        return result".split(
    "\n"
)
BEFORE = "class Cart:\n    @property\n    def first(self):\n        return self.items[0]\n".split(
    "\n"
)
AFTER = "\n    def count(self):\n        return len(self.items)\n".split("\n")
NEW = "    def total(self, prices):\n        return sum(prices)".split("\n")


def whole(reply: str, region: list[str] = REGION) -> list[str] | str:
    text = clean_reply(reply)
    found = read_whole(split_blocks(text, region), text, region, BEFORE, AFTER)
    return found.reason if isinstance(found, Refusal) else found


def fence(lines: list[str], mark: str = "```", name: str = "python") -> str:
    return "\n".join([f"{mark}{name}", *lines, mark])


@pytest.mark.parametrize(
    "reply",
    [
        "\n".join(NEW),
        fence(NEW),
        fence(NEW, name=""),
        fence(NEW, "````"),
        fence(NEW, "~~~"),
        fence(NEW) + "\n\nThat is all.",
        "Of course.\n" + fence(NEW),
        fence(NEW).replace("\n", "\r\n"),
        fence(["", *NEW, "", ""]),
        "\ufeff" + fence(NEW),
        fence(["\ufeff" + NEW[0], NEW[1]]),
        fence([line[4:] for line in NEW]),
        fence([line.replace("    ", "\t") for line in NEW]),
        fence(["class Cart:", *NEW]),
        fence(["class Cart:", *NEW, "", "    def count(self):", "        return len(self.items)"]),
        fence([*BEFORE, *NEW, *AFTER]),
        fence(REGION) + "\nbecomes\n" + fence(NEW),
        fence(NEW) + "\nTry:\n```sh\npytest\n```",
        "<think>\n```python\nx\n```\n</think>" + fence(NEW),
        fence(NEW) + "<|im_end|>\nmore",
        "```python\n" + "\n".join(NEW),
    ],
)
def test_the_new_region_is_found(reply: str) -> None:
    assert whole(reply) == NEW


@pytest.mark.parametrize(
    ("reply", "part"),
    [
        ("", "no code"),
        ("I cannot do that.", "no code block"),
        ("```python\n```", "empty"),
        (fence(NEW) + "\nor\n" + fence([*NEW[:1], "        return fsum(prices)"]), "several"),
        (fence([NEW[0], "        # ... existing code ..."]), "leaves code out"),
        (fence([NEW[0], "        # rest of the function remains unchanged"]), "leaves code out"),
        (fence([NEW[0], "        // … same as before …"]), "leaves code out"),
        (fence([NEW[0], "        # ..."]), "leaves code out"),
        ("<think>\nI should", "no code"),
        ("<tool_call>\n<function=run>\n</function>", "no code block"),
    ],
)
def test_what_is_no_region_is_refused(reply: str, part: str) -> None:
    found = whole(reply)
    assert isinstance(found, str)
    assert part in found


def test_a_new_decorator_that_stands_elsewhere_too_stays() -> None:
    new = ["    @property", *REGION]
    assert whole(fence(new)) == new


def test_comments_that_only_begin_like_an_omission_stay() -> None:
    new = [NEW[0], "        # Other prices are counted elsewhere.", NEW[1]]
    assert whole(fence(new)) == new


def test_an_omission_that_was_there_before_stays() -> None:
    region = ["def f():", "    # ... existing code ...", "    return 1"]
    new = [*region[:2], "    return 2"]
    assert whole(fence(new), region) == new


def test_fences_of_the_region_do_not_end_the_reply() -> None:
    region = ["# Title", "```sh", "ls", "```", "text"]
    new = ["# Title", "```sh", "ls -l", "```", "text"]
    assert whole(fence(new, name="markdown"), region) == new


@pytest.mark.parametrize(
    ("reply", "region", "expected"),
    [
        ("a()\n  b()", "a()\n  b()", "a()\n  b()"),
        ("first()\nsecond()", "    first()\n    second()", "    first()\n    second()"),
        ("\tfirst()\n\t\tsecond()", "  first()\n    second()", "  first()\n    second()"),
        ("  first()\n    second()", "\tfirst()\n\t\tsecond()", "\tfirst()\n\t\tsecond()"),
        ("if x:\n    first()\n    second()", "first()\nsecond()", None),
        ("    first()\nsecond()", "    first()\n    second()", Refusal),
        ("  first()\n     second()", "\tfirst()\n\t\tsecond()", Refusal),
        ('f()\n"""\nlong text\n"""', '    f()\n    """\nlong text\n    """', Refusal),
    ],
)
def test_indentation_is_never_guessed(
    reply: str, region: str, expected: str | type[Refusal] | None
) -> None:
    found = match_indentation(reply.split("\n"), region.split("\n"))
    if expected is Refusal:
        assert isinstance(found, Refusal)
    else:
        assert found == (expected or reply).split("\n")  # type: ignore[union-attr]


def block(search: str, replace: str) -> str:
    return f"<<<<<<< SEARCH\n{search}\n=======\n{replace}\n>>>>>>> REPLACE"


LINES = "def f():|    a = 1|    b = 2|    a = 1|    return a + b".split("|")
HEAD = "def f():|    a = 1|"
TAIL = "|    a = 1|    return a + b"


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (block("    b = 2", "    b = 3"), f"{HEAD}    b = 3{TAIL}"),
        (
            block("    b = 2", "    b = 3") + "\n" + block("def f():", "def g():"),
            "def g():|    a = 1|    b = 3|    a = 1|    return a + b",
        ),
        (block("    b = 2\n    a = 1", "    b = 2"), f"{HEAD}    b = 2|    return a + b"),
        (block("    b = 2  ", "    b = 3"), f"{HEAD}    b = 3{TAIL}"),
        (block("    b = 2", "    b = 2\n======="), f"{HEAD}    b = 2|======={TAIL}"),
        (block("    a = 1", "    a = 2"), "matches 2 places"),
        (block("b = 2", "b = 3"), "matches no lines"),
        (block("    c = 2", "    c = 3"), "matches no lines"),
        (block("    b = 2", "    b = 2"), "are the same"),
        (block("", "import os"), "matches no lines"),
        (block("    b = 2", "x") + "\n" + block("    b = 2\n    a = 1", "y"), "overlap"),
        ("<<<<<<< SEARCH\n    b = 2\n=======\n    b = 3", "not closed"),
        ("<<<<<<< SEARCH\n    b = 2\n>>>>>>> REPLACE", "no line ======="),
    ],
)  # fmt: skip
def test_search_and_replace(reply: str, expected: str) -> None:
    found = read_search_replace(clean_reply(reply), LINES)
    if isinstance(found, Refusal):
        assert expected in found.reason
    else:
        assert "|".join(found) == expected
