"""Which file a module's name means, and what belongs to a file as its other half."""

from __future__ import annotations

import pytest

from lsp_server.context.filemap import FileMap

FILES = FileMap(
    [
        "src/shop/__init__.py",
        "src/shop/cart.py",
        "src/shop/money/rates.py",
        "tests/test_cart.py",
        "deep/in/vendor/os.py",
        "web/cart.ts",
        "web/cart.test.ts",
        "web/api/index.ts",
        "web/Button.tsx",
        "web/Button.module.css",
        "native/wheel.c",
        "native/include/wheel.h",
        "java/org/shop/Cart.java",
        "java/org/shop/CartTest.java",
        "rust/src/money/mod.rs",
        "rust/src/main.rs",
        "go/shop/cart.go",
        "go/shop/cart_test.go",
    ]
)


@pytest.mark.parametrize(
    ("module", "importer", "names", "expected"),
    [
        ("shop.cart", "tests/test_cart.py", (), ["src/shop/cart.py"]),
        (".cart", "src/shop/__init__.py", ("Cart",), ["src/shop/cart.py"]),
        (".", "src/shop/cart.py", ("money",), ["src/shop/__init__.py"]),
        ("..cart", "src/shop/money/rates.py", (), ["src/shop/cart.py"]),
        (".money", "src/shop/cart.py", ("rates",), ["src/shop/money/rates.py"]),
        ("os", "src/shop/cart.py", ("path",), []),
        ("shop", "src/shop/cart.py", ("*",), ["src/shop/__init__.py"]),
        ("./api", "web/cart.ts", (), ["web/api/index.ts"]),
        ("./cart.js", "web/cart.test.ts", (), ["web/cart.ts"]),
        ("react", "web/cart.ts", (), []),
        ("org.shop.Cart", "java/org/shop/CartTest.java", (), ["java/org/shop/Cart.java"]),
        ("crate::money", "rust/src/main.rs", (), []),
        ("<wheel.h>", "native/wheel.c", (), []),
        ("include/wheel.h", "native/wheel.c", (), ["native/include/wheel.h"]),
    ],
)
def test_resolve(module: str, importer: str, names: tuple[str, ...], expected: list[str]) -> None:
    assert FILES.resolve(module, importer, names) == expected


@pytest.mark.parametrize(
    ("root", "module", "expected"),
    [
        ("shop", "shop.cart", ["cart.py"]),
        ("shop", "shop.money.rates", ["money/rates.py"]),
        ("shop", "shop.rates", []),
        ("shop", "stock.cart", []),
        ("", "shop.cart", []),
    ],
)
def test_a_workspace_that_is_itself_a_package(root: str, module: str, expected: list[str]) -> None:
    files = FileMap(["cart.py", "money/rates.py", "deep/shelf/rates.py"], root)
    assert files.resolve(module, "money/bank.py") == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("src/shop/cart.py", "tests/test_cart.py"),
        ("tests/test_cart.py", "src/shop/cart.py"),
        ("web/cart.test.ts", "web/cart.ts"),
        ("web/Button.tsx", "web/Button.module.css"),
        ("native/wheel.c", "native/include/wheel.h"),
        ("go/shop/cart.go", "go/shop/cart_test.go"),
        ("java/org/shop/Cart.java", "java/org/shop/CartTest.java"),
    ],
)
def test_the_nearest_counterpart(path: str, expected: str) -> None:
    assert FILES.counterparts(path)[0] == expected


def test_a_file_alone_has_no_counterpart() -> None:
    assert FILES.counterparts("src/shop/money/rates.py") == []
