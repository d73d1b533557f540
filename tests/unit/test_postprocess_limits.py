"""The filters that decide how much of the code is shown."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lsp_server.postprocess import FILTERS, UNWRAPPING, refine
from lsp_server.postprocess.base import Dropped
from lsp_server.postprocess.empty import drop_empty
from lsp_server.postprocess.hidden_characters import drop_hidden_characters
from lsp_server.postprocess.repeated_suffix import cut_repeated_suffix
from lsp_server.postprocess.repetition import cut_repetition
from lsp_server.postprocess.scope import limit_to_block
from lsp_server.postprocess.single_line import limit_to_line
from lsp_server.postprocess.size import MAX_BYTES, MAX_LINES
from tests.marks import read_place

HIDDEN = [
    *range(0x00, 0x09), *range(0x0B, 0x20), *range(0x7F, 0xA0),
    *range(0x202A, 0x202F), *range(0x2066, 0x206A), *range(0xE0000, 0xE0080),
]  # fmt: skip
HELD = Dropped("The model's text held hidden or control characters.")


@pytest.mark.parametrize("code", HIDDEN, ids=hex)
def test_each_hidden_character_at_each_place(code: int) -> None:
    for pattern in ("{}x = 1", "x = '{}'", "x = 1{}", "x = 1\n{}y = 2"):
        text = pattern.format(chr(code))
        assert drop_hidden_characters(text, read_place("█")) == HELD
        # A lone line end is the one that is mended, before this filter sees it.
        assert (refine(text, read_place("█")) == HELD) == (code != 0x0D)


@pytest.mark.parametrize(
    "text",
    ["مرحبا", "שלום", "👩\u200d💻", "👍🏽", "e\u0301", "\t\n", "日本語", "\u00a0", "a\u200bb"],
)
def test_what_people_write_is_unharmed(text: str) -> None:
    assert drop_hidden_characters(text, read_place("█")) == text


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


_ANSWER = st.text(alphabet="ab (){}:\n\t`\"'<|>#¦\x1b\u202e🙂", max_size=60)
_FILE = st.text(alphabet="ab (){}:\n\t`\"'#", max_size=40)


@given(_FILE, _FILE, _ANSWER, st.booleans(), st.sampled_from(["python", "rust", "markdown"]))
@settings(max_examples=400, deadline=None, derandomize=True)
def test_whatever_comes_what_is_shown_is_fit_to_be_shown(
    before: str, after: str, answer: str, multiline: bool, language: str
) -> None:
    place = read_place(f"{before}█{after}", language, multiline=multiline)
    shown = refine(answer, place)
    if isinstance(shown, Dropped):
        assert shown.reason.endswith(".")
        return
    assert shown.strip()
    assert multiline or "\n" not in shown
    assert "\r" not in shown
    assert not any(unicodedata.category(each) == "Cc" and each not in "\n\t" for each in shown)
    assert not re.search(r"<\|[a-z0-9_]{1,32}\|>", answer) or len(shown) < len(answer)
    assert len(shown) <= MAX_BYTES
    assert shown.count("\n") < MAX_LINES


@pytest.mark.parametrize(
    "unit",
    ["a", "(", "()", "\n", "a\n", "`", "```\n", "<|", "¦", "ab ", "    x\n", '"', "}\n", "\t"],
)
def test_hostile_answers_are_read_in_one_pass(unit: str) -> None:
    # Were a filter quadratic, this would take minutes and not milliseconds.
    text = unit * (MAX_BYTES // len(unit))
    for source in ("█", "    x = █)\n}", f"{text}█{text}"):
        refine(text, read_place(source))
