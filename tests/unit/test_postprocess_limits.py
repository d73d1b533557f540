"""The filters that decide how much of the code is shown."""

from __future__ import annotations

import pytest

from lsp_server.postprocess import FILTERS, UNWRAPPING
from lsp_server.postprocess.base import Dropped
from lsp_server.postprocess.empty import drop_empty
from lsp_server.postprocess.repeated_suffix import cut_repeated_suffix
from lsp_server.postprocess.repetition import cut_repetition
from lsp_server.postprocess.scope import limit_to_block
from lsp_server.postprocess.single_line import limit_to_line
from tests.marks import read_place


@pytest.mark.parametrize(
    ("source", "text", "expected"),
    [
        ("x = █", "1\ny = 2", "1"),
        ("x = █", "1  \n", "1"),
        ("x = █", "\n1", ""),
        ("    █", "\nx", "x"),
        ("f(█b)", "a, \nc", "a, "),
        ("f(█b)", "  ", ""),
    ],
)
def test_single_line(source: str, text: str, expected: str) -> None:
    assert limit_to_line(text, read_place(source, multiline=False)) == expected


@pytest.mark.parametrize(
    ("source", "text", "expected"),
    [
        ("x = █", "1\ny = 2\n", "1\ny = 2"),
        ("f(█)", "\n  a,\n  b\n", "\n  a,\n  b"),
        ("f(█);", "\n  a,\n  b\n);", "\n  a,\n  b\n);"),
        ("f(█);", "a)\ng(b", "a)"),
        ("def f(█):", "x):\n    return x", "x):\n    return x"),
        ("def f(█):", "x) -> int:\n    return x", "x) -> int:\n    return x"),
        ("def f(█) -> str:", "x):\n    return x", "x):"),
        ("{█}", "\n  x\n}", "\n  x\n}"),
        ('"█"', "a\nb", "a\nb"),
    ],
)
def test_several_lines_only_where_they_fit(source: str, text: str, expected: str) -> None:
    assert limit_to_line(text, read_place(source)) == expected


@pytest.mark.parametrize(
    ("source", "text", "expected"),
    [
        ("    █", "x\n    y\nz", "x\n    y"),
        ("    █", "x\n\n    y\n\nz", "x\n\n    y"),
        ("    █", "x\n}", "x\n}"),
        ("    █", "x\n}\ny", "x\n}"),
        ("    █", "x\n} else {\n    y", "x"),
        ("    █", "x\n  </div>\n</body>", "x\n  </div>"),
        ("    █", "x\nend\ny", "x\nend"),
        ("    █", "x\nendless()", "x"),
        ("█", "    x\n    y\nz", "    x\n    y"),
        ("█", "def f():\n    x\n\ny", "def f():\n    x\n\ny"),
        ("def f():█", "\n    x\n\n\ndef g():", "\n    x"),
        ("if x:█", "\n    y\nelse:\n    z\nw", "\n    y\nelse:\n    z"),
        ("if x:█", "\n    y\nelsewhere()", "\n    y"),
        ("if (x) {█", "\n  y\n} else {\n  z\n}\nw", "\n  y\n} else {\n  z\n}"),
        ("if (x) {█", "\n  y\n}\nw", "\n  y\n}"),
        ("f(█", "\n  a,\n)\ng()", "\n  a,\n)"),
        ("f(█", "a)\ng()", "a)"),
        ("switch (x) {█", "\ncase 1:\n  y\ndefault:\n}\nw", "\ncase 1:\n  y\ndefault:\n}"),
        ("\tif x {█", "\n\t\ty\n\t}\n\tz", "\n\t\ty\n\t}"),
        ("x = █", "1\ny = 2", "1\ny = 2"),
    ],
)  # fmt: skip
def test_block(source: str, text: str, expected: str) -> None:
    assert limit_to_block(text, read_place(source)) == expected


AGAIN = Dropped("The model only repeated the line after the cursor.")


@pytest.mark.parametrize(
    ("source", "text", "expected"),
    [
        ("    █\n    return x", "return x", AGAIN),
        ("    █\n\n    return x", "return x", AGAIN),
        ("    █\n    return x", "\n    return x", AGAIN),
        ("    █\n    return x", "return x  ", AGAIN),
        ("    █\n    return x", "y = 1\n    return x\n", "y = 1"),
        ("    █\n    return x", "y = 1\n\n    return x", "y = 1"),
        ("    █\n    return x", "y = 1\n    return", "y = 1"),
        ("    █\n    return x", "y = 1\n    ret", "y = 1\n    ret"),
        ("    █\n    return x", "y = 1\n    return y", "y = 1\n    return y"),
        ("    █\nreturn x", "return x", "return x"),
        ("    █\n    return", "return x", "return x"),
        ("█\nx", "x", "x"),
        ("█\nx\ny()", "x\ny()", AGAIN),
        ("█\nx\ny()", "z\nx\ny()", "z"),
        ("    █\n    pass", "y = 1\n    pass", "y = 1"),
        (
            "    █\n    @property\n    def b(self):",
            "@property\n    def a(self):\n        pass",
            "@property\n    def a(self):\n        pass",
        ),
        (
            "    █\n    @property\n    def b(self):",
            "def a(self):\n        pass\n\n    @property\n    def b(self):\n        pass",
            "def a(self):\n        pass",
        ),
        (
            "    █\n    continue\n    x()",
            "if a:\n    continue\n    y()",
            "if a:\n    continue\n    y()",
        ),
        (
            "    █\n    total = add(total, price)\n    x()",
            "y()\n    total = add(total, price)\n    z()",
            "y()",
        ),
        ("  █\n}", "x;\n}", "x;"),
        ("  █\n}", "if (x) {\n    y;\n  }\n}", "if (x) {\n    y;\n  }"),
        ("█\n}", "if (x) {\n  y;\n}", "if (x) {\n  y;\n}"),
        ("if (x) {█\n}", "\n  y;\n}", "\n  y;"),
        ("if (x) █\n}", "{\n  y;\n}", "{\n  y;\n}"),
        ("  █\n});", "x();\n});", "x();"),
        ("█\n});", "it(() => {\n  x();\n});", "it(() => {\n  x();\n});"),
        ("  █\nend", "x\nend", "x"),
        ("█\nend", "if x\n  y\nend", "if x\n  y\nend"),
        ("x = █\ny", "1", "1"),
        ("x█", "anything", "anything"),
    ],
)
def test_repeated_suffix(source: str, text: str, expected: str | Dropped) -> None:
    assert cut_repeated_suffix(text, read_place(source)) == expected


ECHO = Dropped("The model only repeated the line above.")
ENDLESS = Dropped("The model repeated itself without end.")


@pytest.mark.parametrize(
    ("source", "text", "expected"),
    [
        ("x()\ny()\n█", "y()", "y()"),
        ("call(x)\n█", "call(x)", ECHO),
        ("    call(x)\n    █", "call(x)\n    z", ECHO),
        ("    call(x)\n█", "call(x)", "call(x)"),
        ("    </div>\n  █", "</div>", "</div>"),
        ("█", "call(x)\n" * 3, "call(x)"),
        ("█", "call(x)\n" * 2, "call(x)\n" * 2),
        ("█", "a\ncall(x)\n\ncall(x)\n\ncall(x)", "a\ncall(x)"),
        ("█", "call(x)\ncall(y)\n" * 3, "call(x)\ncall(y)"),
        ("█", "}\n}\n}", "}\n}\n}"),
        ("█", "end\nend\nend", "end\nend\nend"),
        ("█", "x()\npass\npass\npass\npass", "x()\npass"),
        ("█", "case 1:\n  break;\ncase 2:\n  break;\ncase 3:\n  break;", None),
        ("█", "x = 1\nname, name, name, name, name, name, name", "x = 1"),
        ("█", "name, name, name, name, name, name, name", ENDLESS),
        ("█", "# ----------------------------------------", None),
        ("█", "[0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00]", None),
    ],
)
def test_repetition(source: str, text: str, expected: str | Dropped | None) -> None:
    assert cut_repetition(text, read_place(source)) == (text if expected is None else expected)


NOTHING = Dropped("The model had nothing to add here.")
STANDS = Dropped("The model's text already stands right of the cursor.")


@pytest.mark.parametrize(
    ("source", "text", "expected"),
    [
        ("█", "", NOTHING),
        ("█", " \n\t", NOTHING),
        ("f(█)", ")", STANDS),
        ("f(█))", ")", STANDS),
        ("█x = 1", "x = 1 ", STANDS),
        ("█x = 1", "x", STANDS),
        ("█x", "x = 1", "x = 1"),
        ("█\nx", "x", "x"),
    ],
)
def test_empty(source: str, text: str, expected: str | Dropped) -> None:
    assert drop_empty(text, read_place(source)) == expected


def test_the_recipe() -> None:
    assert [apply.__name__ for apply in FILTERS] == [
        "limit_size",
        "normalise_line_ends",
        "cut_control_tokens",
        "strip_fences",
        "match_tabs",
        "drop_repeated_prefix",
        "strip_leading_blank",
        "drop_hidden_characters",
        "cut_placeholders",
        "drop_prose",
        "limit_to_line",
        "limit_to_block",
        "cut_repeated_suffix",
        "cut_repetition",
        "keep_parsing",
        "drop_empty",
    ]
    assert FILTERS[: len(UNWRAPPING)] == UNWRAPPING
