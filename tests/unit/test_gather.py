"""A place and what the index knows -> what a prompt is built from."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from lsp_server.buffer import Buffer, Encoding, Position
from lsp_server.context.edits import Edit
from lsp_server.context.filemap import FileMap
from lsp_server.context.frame import frame_scene
from lsp_server.context.gather import Gathered, gather, keep_paths
from lsp_server.context.scene import Scene, make_scene
from tests.fakes.lookup import Texts

CART = '''"""The shopping cart."""

from shop.money import Price, convert


class Cart:
    def __init__(self) -> None:
        self.lines: list[Price] = []

    def add(self, price: Price) -> None:
        self.lines.append(price)

    def total(self, currency: str) -> Price:
        return
'''
MONEY = '''"""Prices and rates."""

RATES = {"EUR": 1.0}


class Price:
    """An amount in a currency."""

    amount: float
    currency: str

    def rounded(self, digits: int = 2) -> "Price":
        return self


def convert(price: Price, currency: str) -> Price:
    """The same in another currency."""
    return price
'''
WISHES = """from shop.money import Price, convert


class WishList:
    def total(self, currency: str) -> Price:
        converted = [convert(price, currency) for price in self.wishes]
        return sum_prices(converted)
"""
USER = "from shop.cart import Cart, merge_carts\n\nmerge_carts(Cart(), Cart())\n"
LOOKUP = Texts(
    {
        "shop/cart.py": CART,
        "shop/money.py": MONEY,
        "shop/wishes.py": WISHES,
        "shop/checkout.py": USER,
        "tests/test_cart.py": "from shop.cart import Cart\n\ndef test_total_of_nothing(): ...\n",
    }
)
FILES = FileMap(LOOKUP.files())


def count(lines: Sequence[str]) -> int:
    return sum(len(line) // 4 + 1 for line in lines)


def scene_at(text: str, line: int, path: str = "shop/cart.py") -> Scene:
    snapshot = Buffer(f"file:///{path}", 1, "python", text, Encoding.UTF16).snapshot()
    position = snapshot.clamp(Position(line, 99_999))
    scene = make_scene(snapshot, position, path)
    assert scene is not None
    return scene


def run(budget: int = 1536, last: Gathered | None = None, edits: Sequence[Edit] = ()) -> Gathered:
    return gather(scene_at(CART, 13), LOOKUP, FILES, count, budget, last, edits)


def told(gathered: Gathered) -> str:
    return "\n".join(f"{snippet.path}\n{snippet.text}" for snippet in gathered.snippets)


@pytest.mark.parametrize(
    "expected",
    [
        "def convert(price: Price, currency: str) -> Price",  # what is imported
        "def rounded(self, digits: int = 2)",  # a member of a type in use
        "sum_prices(converted)",  # similar code
        "merge_carts",  # what others import from here
        "test_total_of_nothing",  # the counterpart
    ],
)
def test_each_source_is_told(expected: str) -> None:
    assert expected in told(run())


def test_the_window_holds_the_text_around_the_cursor() -> None:
    gathered = run()
    assert gathered.frame.prefix + "\n" + gathered.frame.suffix == CART + "\n"


def test_nothing_is_told_that_the_window_holds() -> None:
    assert all(choice.piece.path != "shop/cart.py" for choice in run().choices)


@pytest.mark.parametrize("budget", [64, 128, 256, 400])
def test_the_budget_holds(budget: int) -> None:
    gathered = run(budget, edits=[Edit("shop/money.py", 3, ("old",), ("new",))] * 5)
    lines = [*gathered.frame.prefix.split("\n"), *gathered.frame.suffix.split("\n")]
    lines += told(gathered).split("\n")
    assert count(lines) <= budget
    assert gathered.tokens <= budget


def test_edits_stand_last() -> None:
    gathered = run(edits=[Edit("shop/money.py", 3, ("old",), ("new",))])
    assert gathered.snippets[-1].text == "--- shop/money.py:4\n-old\n+new"


def test_a_burst_keeps_its_beginning() -> None:
    above = "".join(f"value_{number} = {number}\n" for number in range(150))
    typed = "def total(cart):\n    return convert(cart.lines)"
    last: Gathered | None = None
    before = ""
    kept = []
    for length in range(len(typed)):
        text = above + typed[:length]
        scene = scene_at(text + "\n" + above, text.count("\n"))
        last = gather(scene, LOOKUP, FILES, count, 800, last)
        prompt = told(last) + last.frame.prefix
        kept.append(prompt.startswith(before))
        before = prompt
    assert all(kept)


def test_files_that_may_not_be_sent_are_left_out() -> None:
    gathered = keep_paths(run(), {"shop/wishes.py"})
    assert {snippet.path for snippet in gathered.snippets} == {"shop/wishes.py"}
    assert gathered.paths == {"shop/wishes.py"}


def test_a_line_longer_than_the_budget_is_cut() -> None:
    scene = scene_at("x = '" + "abc " * 5000 + "'\n", 0)
    gathered = gather(scene, LOOKUP, FILES, count, 256)
    assert count([gathered.frame.prefix]) <= 256
    assert gathered.frame.prefix.endswith("'")


def test_lines_of_data_have_no_scene() -> None:
    snapshot = Buffer("file:///a", 1, "json", "x" * 300_000, Encoding.UTF16).snapshot()
    assert make_scene(snapshot, Position(0, 5), "a") is None


@pytest.mark.parametrize(
    ("tokens", "suffix_tokens", "prefix", "suffix"),
    [
        (100, 100, "a\nb\nc", "d\ne\nf"),
        (100, 2, "a\nb\nc", "d\ne\n"),
        (4, 100, "a\nb\nc", "d\n"),
        (3, 100, "a\nb\nc", ""),
    ],
)
def test_a_frame_is_cut_at_line_ends(
    tokens: int, suffix_tokens: int, prefix: str, suffix: str
) -> None:
    scene = Scene("a.py", "python", 0, ("a", "b"), "c", "d", ("e", "f"))
    frame = frame_scene(scene, lambda lines: len(lines), 0, tokens, suffix_tokens)
    assert frame is not None
    assert (frame.prefix, frame.suffix) == (prefix, suffix)


@pytest.mark.parametrize("first", [-1, 3])
def test_a_frame_that_is_not_known(first: int) -> None:
    scene = Scene("a.py", "python", 0, ("a", "b"), "c", "d", ())
    assert frame_scene(scene, lambda lines: len(lines), first, 100, 10) is None


def test_a_frame_past_its_tokens_is_none() -> None:
    scene = Scene("a.py", "python", 0, ("a", "b"), "c", "d", ())
    assert frame_scene(scene, lambda lines: len(lines), 0, 2, 1) is None
