"""Regions, places of tests, diagnostics, retries and names: values in, values out."""

from __future__ import annotations

from pathlib import Path

import pytest

from lsp_server.actions.base import ActionRequest, Kind, Refusal, Region
from lsp_server.actions.checks import run_checks
from lsp_server.actions.diagnostics import read_diagnostics_file, read_lsp_diagnostics
from lsp_server.actions.names import find_lost_definitions, find_unknown_calls
from lsp_server.actions.region import choose_region
from lsp_server.actions.retry import choose_wait, give_up
from lsp_server.actions.write_tests import Counterpart, find_counterpart, find_framework, is_test
from lsp_server.buffer import Encoding, Position, Snapshot, split_lines
from lsp_server.provider.errors import Action, Fault
from lsp_server.syntax.tree import parse_text

PYTHON = """import os


class Cart:
    size = 1

    def total(self):
        a = 1

        return a

    @property
    def count(self):
        return 2


LIMIT = 3
"""


def _snapshot(text: str, language: str = "python") -> Snapshot:
    return Snapshot("file:///w/shop/cart.py", 1, language, tuple(split_lines(text)))


def _region(
    text: str, kind: Kind, start: tuple[int, int], end: tuple[int, int], language: str = "python"
) -> Region | Refusal:
    snapshot = _snapshot(text, language)
    request = ActionRequest(kind, snapshot, "cart.py", Position(*start), Position(*end))
    return choose_region(request, parse_text(language, text, 1.0))


@pytest.mark.parametrize(
    ("kind", "start", "end", "expected"),
    [
        ("fix", (7, 8), (7, 9), (6, 10)),
        ("fix", (6, 0), (6, 0), (6, 10)),
        ("fix", (8, 0), (8, 0), (6, 10)),
        ("fix", (9, 16), (9, 16), (6, 10)),
        ("fix", (13, 8), (13, 8), (11, 14)),
        ("fix", (11, 4), (11, 4), (11, 14)),
        ("fix", (4, 4), (4, 4), (3, 14)),
        ("fix", (3, 0), (3, 0), (3, 14)),
        ("fix", (7, 0), (13, 0), (3, 14)),
        ("fix", (0, 0), (0, 0), (0, 1)),
        ("fix", (16, 2), (16, 2), (16, 17)),
        ("refactor", (7, 8), (9, 16), (7, 10)),
        ("refactor", (6, 4), (10, 0), (6, 10)),
        ("refactor", (7, 8), (7, 9), (6, 10)),
        ("refactor", (0, 0), (17, 0), (0, 17)),
        ("doc", (5, 0), (10, 0), (6, 10)),
    ],
)
def test_regions(
    kind: Kind, start: tuple[int, int], end: tuple[int, int], expected: tuple[int, int]
) -> None:
    found = _region(PYTHON, kind, start, end)
    assert isinstance(found, Region)
    assert (found.first, found.last) == expected


def test_regions_without_a_grammar_go_by_indentation() -> None:
    text = "alpha\n  one\n\n  two\nbeta {\n  three\n}\n\ngamma\n"
    for line, expected in ((1, (0, 4)), (3, (0, 4)), (5, (4, 7)), (8, (8, 9))):
        found = _region(text, "fix", (line, 0), (line, 0), "nonsense")
        assert isinstance(found, Region)
        assert (found.first, found.last) == expected


@pytest.mark.parametrize("kind", ["fix", "refactor", "doc", "test", "explain"])
def test_a_function_of_ten_thousand_lines_is_refused_with_what_to_select(kind: Kind) -> None:
    text = "def long():\n" + "    total = total + 1\n" * 10_000 + "after = 1\n"
    snapshot = _snapshot(text)
    place = Position(500, 4)
    found = choose_region(ActionRequest(kind, snapshot, "a.py", place, place), None)
    assert isinstance(found, Refusal)
    assert "`def long():` has 10,001 lines" in found.reason
    assert "select up to" in found.reason
    selected = ActionRequest(kind, snapshot, "a.py", place, Position(520, 4))
    assert isinstance(choose_region(selected, None), Region)


def test_a_selection_of_blank_lines_is_refused() -> None:
    assert isinstance(_region(PYTHON, "refactor", (1, 0), (2, 0)), Refusal | Region)
    found = _region("a\n\n\n\nb\n", "refactor", (1, 0), (4, 0))
    assert isinstance(found, Refusal)
    assert "blank" in found.reason


@pytest.mark.parametrize(
    ("path", "language", "files", "expected"),
    [
        ("shop/cart.py", "python", "tests/test_cart.py", ("tests/test_cart.py", True)),
        ("shop/cart.py", "python", "shop/cart_test.py", ("shop/cart_test.py", True)),
        ("shop/cart.py", "python", "", ("tests/test_cart.py", False)),
        ("shop/cart.py", "python", "tests/shop/test_x.py shop/x.py",
         ("tests/shop/test_cart.py", False)),
        ("a/b/cart.py", "python", "a/c/x.py tests/c/test_x.py", ("tests/b/test_cart.py", False)),
        ("src/shop/cart.py", "python", "src/shop/x.py tests/unit/test_x.py",
         ("tests/unit/test_cart.py", False)),
        ("web/cart.ts", "typescript", "", ("web/cart.test.ts", False)),
        ("web/cart.ts", "typescript", "web/x.ts web/x.spec.ts", ("web/cart.spec.ts", False)),
        ("web/cart.tsx", "typescriptreact", "web/x.tsx web/__tests__/x.test.tsx",
         ("web/__tests__/cart.test.tsx", False)),
        ("cmd/cart.go", "go", "", ("cmd/cart_test.go", False)),
        ("src/main/java/shop/Cart.java", "java", "", ("src/test/java/shop/CartTest.java", False)),
        ("lib/cart.rb", "ruby", "", ("spec/cart_spec.rb", False)),
        ("lib/cart.ex", "elixir", "", ("test/cart_test.exs", False)),
    ],
)  # fmt: skip
def test_where_tests_go(path: str, language: str, files: str, expected: tuple[str, bool]) -> None:
    found = find_counterpart(path, language, [path, *files.split()])
    assert isinstance(found, Counterpart)
    assert (found.path, found.exists) == expected


def test_tests_of_tests_and_of_data() -> None:
    assert find_counterpart("tests/test_cart.py", "python", []) is None
    assert find_counterpart("data.json", "json", []) is None
    assert is_test("web/__tests__/cart.js", "javascript")
    assert not is_test("test.py", "python")


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("python", "import pytest\n", "pytest"),
        ("python", "import unittest\n", "unittest"),
        ("python", "", "pytest"),
        ("typescript", "import { it } from 'vitest'\n", "Vitest"),
        ("javascript", "describe('x', () => {})", "Jest"),
        ("java", "import org.junit.Test;", "JUnit 4"),
        ("go", 'import "github.com/stretchr/testify/assert"', "testing with testify"),
    ],
)
def test_frameworks(language: str, text: str, expected: str) -> None:
    assert find_framework(language, [text]) == expected


@pytest.mark.parametrize(
    ("action", "retry_after", "attempt", "expected"),
    [
        (Action.RETRY, None, 1, 0.5),
        (Action.RETRY, None, 2, 1.0),
        (Action.RETRY, None, 3, None),
        (Action.BACK_OFF, 0.0, 1, 0.25),
        (Action.BACK_OFF, 10.0, 1, 10.0),
        (Action.BACK_OFF, 10.1, 1, None),
        (Action.BACK_OFF, None, 2, 1.0),
        (Action.TELL, None, 1, None),
        (Action.QUIET, None, 1, None),
        (Action.NEXT_MODEL, None, 1, None),
        (Action.SHRINK, None, 1, None),
    ],
)
def test_waits(
    action: Action, retry_after: float | None, attempt: int, expected: float | None
) -> None:
    fault = Fault(action, "It fails.", retry_after=retry_after)
    assert choose_wait(fault, attempt, 0.5) == expected


def test_no_retry_is_promised_when_there_is_none() -> None:
    fault = Fault(Action.RETRY, "It is busy; it will be asked again.")
    assert give_up(fault).sentence == "It is busy; try again later."


@pytest.mark.parametrize(
    "value", [None, 3, {}, [None], [{}], [{"range": 1, "message": "x"}], [{"range": {}}]]
)
def test_diagnostics_without_form_are_passed_over(value: object) -> None:
    assert read_lsp_diagnostics(value, _snapshot(PYTHON), Encoding.UTF16) == ()


@pytest.mark.parametrize("value", [None, 3, "text", {}, {"runs": 3}, [1, 2]])
def test_files_without_diagnostics(value: object) -> None:
    with pytest.raises(ValueError, match="neither"):
        read_diagnostics_file(value, _snapshot(PYTHON))


def test_sarif_that_is_broken_in_places() -> None:
    def result(uri: str, **region: int) -> dict[str, object]:
        location = {"physicalLocation": {"artifactLocation": {"uri": uri}, "region": region}}
        return {"message": {"text": "Bad."}, "locations": [location]}

    results = [
        result("shop/cart.py", startLine=8),
        result("other.py", startLine=1),
        result("cart.py"),
        {"message": {}},
        None,
        {"locations": []},
    ]
    found = read_diagnostics_file({"runs": [None, {"results": results}]}, _snapshot(PYTHON))
    assert [(one.start.line, one.end.column) for one in found] == [(7, 13), (0, 9)]


@pytest.mark.parametrize(
    ("new", "known", "expected"),
    [
        ("x = to_money(3)", "", ("to_money",)),
        ("x = to_money(3)", "def to_money(): ...", ()),
        ("from m import to_money\nx = to_money(3)", "", ()),
        ("x = self.to_money(3)", "", ()),
        ("x = len(range(3))", "", ()),
        ("def helper():\n    return helper()", "", ()),
        ("x = 'to_money(3)'  # to_gold(2)", "", ()),
    ],
)
def test_unknown_names(new: str, known: str, expected: tuple[str, ...]) -> None:
    assert find_unknown_calls("python", new, (known,)) == expected


@pytest.mark.parametrize(
    ("old", "expected"),
    [
        ("def a(): ...\nclass B: ...\nasync def c(): ...", ("a", "B", "c")),
        ("export async function go() {}\nexport default class X {}", ("go", "X")),
        ("pub fn run() {}\nfunc (c *Cart) Total() int {}", ("run", "Total")),
    ],
)
def test_lost_definitions(old: str, expected: tuple[str, ...]) -> None:
    assert find_lost_definitions(old, "") == expected
    assert find_lost_definitions(old, old) == ()


@pytest.mark.asyncio
async def test_checks_run_on_a_copy(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("old")
    (tmp_path / ".git").mkdir()
    (tmp_path / "away").symlink_to(tmp_path / ".git")
    script = "import sys, pathlib; pathlib.Path('new').touch(); sys.exit(open(sys.argv[1]).read())"
    command = ["python3", "-c", script, "{file}"]
    report = await run_checks({"plain": command}, tmp_path, "a.py", "")
    assert report.failure is None
    report = await run_checks({"none": ["/no/such/command"]}, tmp_path, "a.py", "x")
    assert report.notes == ("The check none fails with and without the change.",)
    good = [*command[:2], "import sys; sys.exit('bad' in open('a.py').read())"]
    report = await run_checks({"good": good}, tmp_path, "a.py", "bad")
    assert report.failure is not None
    assert "good fails" in report.failure
    assert _list(tmp_path) == [".git", "a.py", "away"]
    assert (tmp_path / "a.py").read_text() == "old"


def _list(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())
