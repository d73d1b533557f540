"""What the queries find in each language: `tests/cases_outline/<language>.txt`.

A case is source, a line of "=====", and what is found, one line each; `--rewrite-cases` writes the
second part anew, to be read in the difference.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from lsp_server.index.extract import extract
from lsp_server.syntax.grammars import GRAMMARS
from lsp_server.syntax.imports import list_imports
from lsp_server.syntax.outline import MAX_HEAD_CHARACTERS, Definition, list_definitions
from lsp_server.syntax.parsing import Tree, parse_text
from lsp_server.syntax.queries import find_matches, load_query

CASES = sorted((Path(__file__).parents[1] / "cases_outline").glob("*.txt"))
LANGUAGES = [path.stem for path in CASES]
DIVIDER = "=====\n"
# Enough for any text in this file on any machine.
AGES = 60.0


def parse(language: str, text: str) -> Tree:
    tree = parse_text(language, text, AGES)
    assert tree is not None
    return tree


def define(language: str, text: str) -> list[Definition]:
    tree = parse(language, text)
    return list_definitions(tree, find_matches(tree).definitions)


def describe(language: str, text: str) -> str:
    """The imports and definitions of a text, a line each."""
    tree = parse(language, text)
    matches = find_matches(tree)
    lines = [
        f"{each.line + 1}: import {each.module}: "
        + ", ".join(
            name if name == origin else f"{origin or 'itself'} as {name}"
            for name, origin in zip(each.names, each.origins, strict=True)
        )
        for each in list_imports(tree, matches.imports)
    ]
    for one in list_definitions(tree, matches.definitions):
        name = f"{one.container}.{one.name}" if one.container else one.name
        end = f"-{one.end_line + 1}" if one.end_line > one.line else ""
        doc = f" ({one.doc})" if one.doc else ""
        head = one.signature.replace("\n", "⏎")
        lines.append(f"{one.line + 1}{end}: {one.kind} {name}{doc} | {head}")
    return "".join(f"{line.rstrip()}\n" for line in lines)


@pytest.mark.parametrize("path", CASES, ids=LANGUAGES)
def test_definitions_and_imports(path: Path, rewrite: bool) -> None:
    source, _, expected = path.read_text("utf-8").partition(DIVIDER)
    found = describe(path.stem, source)
    if rewrite:
        path.write_text(f"{source}{DIVIDER}{found}", "utf-8")
        return
    assert found == expected


def test_the_languages_asked_for_have_queries() -> None:
    asked = (
        "python typescript typescriptreact javascript go rust java c cpp csharp ruby php "
        "shellscript lua"
    )
    assert set(LANGUAGES) == set(asked.split())
    for language in LANGUAGES:
        assert load_query(language) is not None


@pytest.mark.parametrize("language", sorted(set(GRAMMARS) - set(LANGUAGES)))
def test_other_languages_have_windows_alone(language: str) -> None:
    found = extract("a", language, "some text\n" * 5)
    assert (found.symbols, found.imports) == ((), ())
    assert [chunk.text for chunk in found.chunks] == ["some text\n" * 5]


@pytest.mark.parametrize(
    "broken",
    [
        "class A:\n    def f(self, a=(1,\n",
        "def f(\n",
        "from import\n",
        "class\n",
        "import a.\n",
        "",
    ],
)
def test_what_does_not_parse_gives_what_there_is(broken: str) -> None:
    describe("python", broken)


def test_a_class_in_a_broken_file_is_still_found() -> None:
    text = "class Whole:\n    def method(self): pass\n\n\nx = (((\n"
    assert "class Whole" in describe("python", text)


@pytest.mark.parametrize(
    ("language", "text", "lines"),
    [
        ("python", f"def f({', '.join(f'a{n}: int' for n in range(500))}): pass\n", 1),
        ("python", f"def f(\n{'    a,' * 1}\n" + "    b,\n" * 100 + "): pass", 12),
        ("typescript", "type T = {\n" + "  a: string;\n" * 100 + "};", 12),
    ],
)
def test_long_heads_are_cut(language: str, text: str, lines: int) -> None:
    head = define(language, text)[0].signature
    assert len(head) <= MAX_HEAD_CHARACTERS
    assert head.count("\n") + 1 == lines


def test_heads_are_dedented() -> None:
    text = "class A:\n\tdef f(\n\t\tself,\n\t\ta,\n\t): pass\n    \n"
    assert define("python", text)[1].signature == "def f(\n\tself,\n\ta,\n):"
