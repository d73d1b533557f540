"""The code of an action and what the index knows -> what a model is shown of the project."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pytest

from lsp_server.context.base import Snippet, Subject
from lsp_server.context.filemap import FileMap
from lsp_server.context.for_action import gather_for_action
from tests.fakes.lookup import Texts

TOTAL = """def total(prices, currency):
    return sum_up(convert(price, currency) for price in prices)
"""
LONG = "".join(
    f"    def part_{number}(self, value):\n        return value\n\n" for number in range(12)
)
USE = "from shop.cart import total\n\n\n"
FILES = {
    "shop/cart.py": f"from shop.money import convert, Price as P\nimport shop.rates\n\n\n{TOTAL}",
    "shop/money.py": '''import shop.rates


@cache
def convert(price: Price, currency: Currency) -> Price:
    """In another currency."""
    return price


class Price:
    amount: float


def unused(text):
    return text
''',
    "shop/rates.py": f"class Currency:\n    name: str\n\n\nclass Ledger:\n{LONG}",
    "lib/sums.py": "def sum_up(values):\n    return sum(values)\n",
    "far/convert.py": "def convert(path):\n    return path\n",
    "tests/test_cart.py": f"{USE}def test_it():\n    assert total([], 1) == 0\n",
    "shop/page.py": f"{USE}def show(cart):\n    return total(cart, EURO)\n",
}
LOOKUP = Texts(FILES)


def count(lines: Sequence[str]) -> int:
    return sum(len(line) // 4 + 1 for line in lines)


def gather(
    subject: Subject,
    tokens: int = 2_000,
    allows: Callable[[str], bool] = lambda _path: True,
    path: str = "shop/cart.py",
    texts: Mapping[str, str] = FILES,
) -> dict[str, str]:
    """The texts by their files."""
    lookup = LOOKUP if texts is FILES else Texts(texts)
    snippets = gather_for_action(path, subject, lookup, FileMap(texts), count, tokens, allows)
    return {snippet.path: snippet.text for snippet in snippets}


def test_what_is_used_and_who_uses_it() -> None:
    found = gather(Subject(TOTAL))
    assert found["shop/money.py"] == (
        "@cache\ndef convert(price: Price, currency: Currency) -> Price:\n"
        '    """In another currency."""\n    return price\n...\nclass Price:\n    amount: float'
    )
    assert found["lib/sums.py"] == FILES["lib/sums.py"].rstrip()
    assert "assert total([], 1) == 0" in found["tests/test_cart.py"]
    assert "return total(cart, EURO)" in found["shop/page.py"]
    assert found["shop/rates.py"] == "class Currency:\n    name: str"
    # What is imported is meant, and not its namesake.
    assert "far/convert.py" not in found


@pytest.mark.parametrize(
    ("message", "is_found"),
    [
        ("Undefined name `Ledger`", True),
        ("undefined: Ledger", True),
        ("the word ledger in a sentence", False),
    ],
)
def test_what_diagnostics_speak_of(message: str, is_found: bool) -> None:
    found = gather(Subject("x = 1\n", (message,)))
    assert ("class Ledger:" in found.get("shop/rates.py", "")) == is_found


TS_TOTAL = """export function total(ps: Price[]): number {
  return util.sum(ps.map((p) => toEuro(p))) + api.fee();
}
"""
TYPESCRIPT = {
    "src/cart.ts": (
        'import { Price, convert as toEuro } from "./money";\nimport api from "./api";\n'
        f'import * as util from "../lib/util";\n\n{TS_TOTAL}'
    ),
    "src/money.ts": "export interface Price { amount: number }\n\n"
    "export function convert(p: Price) { return p.amount; }\n",
    "src/api.ts": "export default class Api {\n  fee(): number { return 1; }\n}\n",
    "lib/util.ts": "export const sum = (xs: number[]) => 0;\nexport const unused = 1;\n",
    "src/cart.test.ts": 'import { total } from "./cart";\n\nit("adds", () => total([]));\n',
}
C_TOTAL = "int cart_total(struct cart *c) {\n    return money_convert(c->sum, RATE);\n}\n"
C = {
    "src/cart.c": f'#include "cart.h"\n#include "money.h"\n\n{C_TOTAL}',
    "src/cart.h": "struct cart {\n    int sum;\n};\n\nint cart_total(struct cart *c);\n",
    "src/money.h": "#define RATE 2\nint money_convert(int amount, int rate);\n",
    "src/main.c": '#include "cart.h"\n\nint main(void) {\n    return cart_total(0);\n}\n',
}


@pytest.mark.parametrize(
    ("path", "code", "texts", "expected"),
    [
        (
            "src/cart.ts",
            TS_TOTAL,
            TYPESCRIPT,
            {
                "src/money.ts": "export function convert(p: Price)",
                "src/api.ts": "fee(): number",
                "lib/util.ts": "export const sum = (xs: number[]) => 0;",
                "src/cart.test.ts": 'it("adds", () => total([]));',
            },
        ),
        (
            "src/cart.c",
            C_TOTAL,
            C,
            {
                "src/cart.h": "struct cart {\n    int sum;",
                "src/money.h": "#define RATE 2\nint money_convert(int amount, int rate);",
                "src/main.c": "return cart_total(0);",
            },
        ),
    ],
    ids=["typescript", "c"],
)
def test_other_languages(
    path: str, code: str, texts: Mapping[str, str], expected: Mapping[str, str]
) -> None:
    found = gather(Subject(code), path=path, texts=texts)
    assert found.keys() == expected.keys()
    for name, part in expected.items():
        assert part in found[name]


def test_a_long_class_is_shown_by_its_heads() -> None:
    found = gather(Subject("Ledger()\n"))
    assert found["shop/rates.py"].startswith("class Ledger:\nLedger:\n    def part_0(self, value):")
    assert "return value" not in found["shop/rates.py"]


def test_what_is_imported_under_another_name() -> None:
    assert gather(Subject("P(1)\n"))["shop/money.py"] == "class Price:\n    amount: float"


def test_what_is_shown_anyway_is_left_out() -> None:
    known = "def convert(price: Price, currency: Currency) -> Price:\n    return other\n"
    found = gather(Subject(TOTAL, shown=(("shop/money.py", known),)))
    assert "convert" not in found.get("shop/money.py", "")


def test_what_the_gate_forbids_is_left_out() -> None:
    found = gather(Subject(TOTAL), allows=lambda path: path != "shop/money.py")
    assert "shop/money.py" not in found
    assert "lib/sums.py" in found


@pytest.mark.parametrize("tokens", [0, 30, 60, 100, 200])
def test_it_keeps_to_its_tokens(tokens: int) -> None:
    found = gather(Subject(TOTAL), tokens=tokens)
    assert sum(count([path, *text.split("\n")]) for path, text in found.items()) <= tokens


def test_it_is_the_same_every_time() -> None:
    def run() -> tuple[Snippet, ...]:
        return gather_for_action(
            "shop/cart.py", Subject(TOTAL), LOOKUP, FileMap(FILES), count, 300, lambda _: True
        )

    assert run() == run()


@pytest.mark.parametrize("code", ["", "\n", "((((", "def f(\x00\ud800):", "x" * 100_000])
def test_any_code_will_do(code: str) -> None:
    gather(Subject(code, (code,)))
