"""The index's database: what is written is found, by several at once, and after damage."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from lsp_server.index.base import Import, Lookup
from lsp_server.index.extract import extract
from lsp_server.index.reader import Reader
from lsp_server.index.schema import (
    KINDS,
    database_path,
    identify,
    is_damage,
    remove_database,
    remove_unused,
)
from lsp_server.index.store import Entry, Store

PYTHON = {
    "shop/cart.py": '''
from shop.price import Price as P, total


class Cart:
    """Holds what is bought."""

    limit: int = 3

    def addItem(self, item):
        self.items = [item]

    class Row:
        amount = 1
''',
    "shop/price.py": """
class Price:
    amount: int

    def in_euro(self):
        return convert_currency(self)


def total(prices): return sum(prices)
""",
}


def entry(path: str, text: str, stamp: tuple[int, int] = (1, 1)) -> Entry:
    return Entry(extract(path, "python", text), stamp)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "index" / "a.sqlite"


@pytest.fixture
def store(path: Path) -> Store:
    store = Store(path)
    store.write([entry(name, text) for name, text in PYTHON.items()])
    return store


def names(symbols: object) -> list[str]:
    assert isinstance(symbols, list)
    return [each.name for each in symbols]


def test_definitions(store: Store, path: Path) -> None:
    lookup: Lookup = Reader(path)
    (cart,) = lookup.define(["Cart"])
    assert cart == extract("shop/cart.py", "python", PYTHON["shop/cart.py"]).symbols[0]
    assert names(lookup.define(["total", "Price"])) == ["total", "Price"]
    assert names(lookup.define(["amount"], limit=1)) == ["amount"]
    assert lookup.define(["nothing", ""]) == []
    assert lookup.define([]) == []


def test_types_and_functions_come_before_fields(store: Store, path: Path) -> None:
    text = "".join(f"class A{n}:\n    same = 1\n" for n in range(50)) + "def same(): pass\n"
    store.write([entry("many.py", text)])
    found = Reader(path).define(["same", "Cart"], limit=8)
    assert [(each.name, each.kind) for each in found][:3] == [
        ("same", "function"),
        ("Cart", "class"),
        ("same", "field"),
    ]
    assert len(found) == 8


@pytest.mark.parametrize(
    ("container", "expected"),
    [
        ("Cart", ["limit", "addItem", "items", "Row"]),
        ("Cart.Row", ["amount"]),
        ("Row", ["amount"]),
        ("Price", ["amount", "in_euro"]),
        ("art", []),
        ("x.Cart", []),
        ("", []),
    ],
)
def test_members(store: Store, path: Path, container: str, expected: list[str]) -> None:
    assert names(Reader(path).members([container])) == expected


def test_members_of_several(store: Store, path: Path) -> None:
    assert names(Reader(path).members(["Price", "Row"])) == ["amount", "in_euro", "amount"]


def test_a_files_outline_and_imports(store: Store, path: Path) -> None:
    lookup = Reader(path)
    assert names(lookup.outline("shop/price.py")) == ["Price", "amount", "in_euro", "total"]
    assert lookup.imports("shop/cart.py") == [
        Import("shop.price", ("P", "total"), 1, ("Price", "total"))
    ]
    assert (lookup.outline("nowhere"), lookup.imports("nowhere")) == ([], [])
    assert lookup.files() == ["shop/cart.py", "shop/price.py"]


@pytest.mark.parametrize(
    ("name", "first", "last", "expected"),
    [
        ("long.py", 0, 0, ["a0 = 0"]),
        ("long.py", 58, 61, ["a58 = 58", "a59 = 59", "a60 = 60", "a61 = 61"]),
        ("long.py", 199, 199, ["a199 = 199"]),
        ("long.py", 198, 200, []),
        ("long.py", 3, 2, []),
        ("nowhere.py", 0, 0, []),
    ],
)
def test_lines(
    store: Store, path: Path, name: str, first: int, last: int, expected: list[str]
) -> None:
    text = "".join(f"a{number} = {number}\r\n" for number in range(200))
    store.write([entry("long.py", text)])
    assert Reader(path).lines(name, first, last) == expected


def test_imports_without_names_and_of_modules(store: Store, path: Path) -> None:
    text = 'import "side";\nimport * as all from "x";\n'
    store.write([Entry(extract("a.ts", "typescript", text), (1, 1))])
    assert Reader(path).imports("a.ts") == [
        Import("side", (), 0, ()),
        Import("x", ("all",), 1, ("",)),
    ]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["addItem"], ["shop/cart.py"]),
        (["item"], ["shop/cart.py"]),
        (["ADD_ITEM"], ["shop/cart.py"]),
        (["currency"], ["shop/price.py"]),
        (["convert_currency", "Cart"], ["shop/price.py", "shop/cart.py"]),
        (["nothing"], []),
        (['quote"', "NOT", "a b"], []),
        (["\ud800", "\0"], []),
        ([], []),
    ],
)
def test_search(store: Store, path: Path, words: list[str], expected: list[str]) -> None:
    filler = [entry(f"filler{number}.py", "filler = 1\n") for number in range(20)]
    store.write(filler)
    assert [chunk.path for chunk in Reader(path).search(words)] == expected


def test_search_says_where_and_how_good(store: Store, path: Path) -> None:
    lines = "".join(f"# filler {number}\n" for number in range(100)) + "needle = other_needle\n"
    store.write([entry("long.py", lines), entry("short.py", "needle = 2\n")])
    found = Reader(path).search(["needle", "other_needle"])
    assert [chunk.path for chunk in found] == ["long.py", "short.py"]
    assert found[0].text.split("\n")[100 - found[0].line] == "needle = other_needle"
    assert found[0].score > found[1].score > 0
    assert found[0].language == "python"
    assert [each.path for each in Reader(path).search(["needle"], without="long.py")] == [
        "short.py"
    ]
    assert len(Reader(path).search(["needle"], limit=1)) == 1


def test_words_that_stand_everywhere_are_passed_over(store: Store, path: Path) -> None:
    text = "".join(f"common = {number}\n" + "\n" * 31 for number in range(1_600))
    store.write([entry("everywhere.py", text), entry("rare.py", "common = rarely\n")])
    found = Reader(path).search(["common", "rarely"])
    assert [chunk.path for chunk in found] == ["rare.py"]


def test_what_is_written_again_replaces_what_was(store: Store, path: Path) -> None:
    lookup = Reader(path)
    store.write([entry("shop/cart.py", "class Basket: pass\n", (2, 2))])
    assert names(lookup.outline("shop/cart.py")) == ["Basket"]
    assert lookup.define(["Cart"]) == []
    assert lookup.search(["addItem"]) == []
    assert [chunk.path for chunk in lookup.search(["Basket"])] == ["shop/cart.py"]
    assert store.read_stamps() == {"shop/cart.py": (2, 2), "shop/price.py": (1, 1)}


@pytest.mark.parametrize("removed", ["shop", "shop/cart.py"])
def test_files_and_folders_are_forgotten(store: Store, path: Path, removed: str) -> None:
    store.write([entry("shop2/a.py", "class Cart: pass\n"), entry("shop.py", "class B: pass\n")])
    store.remove([removed, "nowhere"])
    assert [each.path for each in Reader(path).define(["Cart"])] == ["shop2/a.py"]
    assert Reader(path).search(["addItem"]) == []
    assert "shop.py" in Reader(path).files()


def test_nothing_is_left_of_what_is_forgotten(store: Store, path: Path) -> None:
    store.remove(["shop"])
    store.close()
    connection = sqlite3.connect(path)
    for table in ("file", "symbol", "import", "chunk"):
        assert connection.execute(f"SELECT COUNT(*) FROM {table}").fetchone() == (0,)
    connection.execute("CREATE VIRTUAL TABLE temp.words USING fts5vocab(main, word, row)")
    assert connection.execute("SELECT COUNT(*) FROM words").fetchone() == (0,)
    connection.close()


def test_only_one_may_read_the_whole_workspace(store: Store, path: Path) -> None:
    other = Store(path)
    assert store.claim("a", 60)
    assert store.claim("a", 60)
    assert not other.claim("b", 60)
    store.release("a")
    assert other.claim("b", 60)
    store.release("a")
    assert not store.claim("a", 60)
    other.close()


@pytest.mark.parametrize("seconds", [-1.0, 10_000_000.0])
def test_a_claim_ends_and_none_lies_far_ahead(store: Store, seconds: float) -> None:
    assert store.claim("a", seconds)
    assert store.claim("b", 60)


def test_several_write_at_once(path: Path) -> None:
    first, second = Store(path), Store(path)
    for number in range(5):
        first.write([entry(f"a{number}.py", f"class A{number}: pass\n")])
        second.write([entry(f"b{number}.py", f"class B{number}: pass\n")])
        second.write([entry("same.py", f"class Same{number}: pass\n")])
    assert len(Reader(path).files()) == 11
    assert names(Reader(path).outline("same.py")) == ["Same4"]


@pytest.mark.parametrize("kept", [0.0, 0.5])
def test_a_damaged_database_answers_nothing_and_is_made_anew(
    store: Store, path: Path, kept: float
) -> None:
    store.close()
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * kept)] + b"damage" * 3_000)
    reader = Reader(path)
    assert reader.search(["addItem"]) == []
    with pytest.raises(sqlite3.DatabaseError) as caught:
        store.write([entry(name, text, (3, 3)) for name, text in PYTHON.items()])
    assert is_damage(caught.value)
    store.begin_anew()
    store.write([entry("a.py", "class Cart: pass\n")])
    assert [each.path for each in reader.define(["Cart"])] == ["a.py"]


def test_damage_is_mended_once_by_two(store: Store, path: Path) -> None:
    other = Store(path)
    other.read_stamps()
    store.begin_anew()
    store.write([entry("a.py", "x = 1\n")])
    other.begin_anew()
    assert other.read_stamps() == {"a.py": (1, 1)}


def test_tables_of_another_version_are_damage(store: Store, path: Path) -> None:
    store.close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(sqlite3.DatabaseError) as caught:
        store.read_stamps()
    assert is_damage(caught.value)
    assert Reader(path).files() == []


@pytest.mark.parametrize(
    "message", ["database is locked", "database or disk is full", "unable to open database file"]
)
def test_what_may_pass_is_no_damage(message: str) -> None:
    assert not is_damage(sqlite3.OperationalError(message))
    assert not is_damage(OSError(message))


def test_without_a_database_there_are_no_answers(tmp_path: Path) -> None:
    reader = Reader(tmp_path / "nowhere.sqlite")
    assert (reader.define(["a"]), reader.search(["abc"]), reader.files()) == ([], [], [])
    assert not (tmp_path / "nowhere.sqlite").exists()
    reader.close()


def test_a_file_that_was_removed_is_written_anew(store: Store, path: Path) -> None:
    reader = Reader(path)
    assert reader.files()
    remove_database(path)
    assert reader.files() == []
    store.write([entry("a.py", "x = 1\n")])
    assert reader.files() == ["a.py"]


def test_only_the_user_may_read_it(store: Store, path: Path) -> None:
    assert path.stat().st_mode & 0o077 == 0
    assert identify(path) is not None


def test_one_database_for_a_folder_and_its_rules(tmp_path: Path) -> None:
    rules = (".gitignore",)
    path = database_path(tmp_path, rules)
    (tmp_path / "link").symlink_to(tmp_path, target_is_directory=True)
    assert database_path(tmp_path / "link", rules) == path
    others = {database_path(tmp_path / "a", rules), database_path(tmp_path, ())}
    assert len({path, *others}) == 3
    assert database_path(tmp_path, rules, tmp_path).parent == tmp_path


def test_what_no_server_opens_any_more_is_removed(store: Store, path: Path) -> None:
    store.close()
    for name in ("old.sqlite", "old.sqlite-wal", "new.sqlite", "old.txt"):
        (path.parent / name).write_text("")
        if name.startswith("old"):
            os.utime(path.parent / name, (0, 0))
    os.utime(path, (0, 0))
    remove_unused(path)
    assert sorted(file.name for file in path.parent.iterdir()) == [
        "a.sqlite",
        "new.sqlite",
        "old.txt",
    ]
    store.read_stamps()
    assert path.stat().st_mtime > 0
    remove_unused(path.parent / "nowhere" / "a.sqlite")


def test_every_kind_has_its_rank() -> None:
    assert len(set(KINDS)) == len(KINDS) == 13
