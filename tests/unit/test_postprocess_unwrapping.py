"""The filters that take off what stands around the code."""

from __future__ import annotations

import pytest

from lsp_server.postprocess import unwrap
from lsp_server.postprocess.base import Dropped
from lsp_server.postprocess.control_tokens import cut_control_tokens
from lsp_server.postprocess.fences import strip_fences
from lsp_server.postprocess.leading_blank import strip_leading_blank
from lsp_server.postprocess.line_ends import normalise_line_ends
from lsp_server.postprocess.prose import drop_prose
from lsp_server.postprocess.repeated_prefix import drop_repeated_prefix, may_repeat_prefix
from lsp_server.postprocess.size import MAX_LINE, MAX_LINES, limit_size
from lsp_server.postprocess.tabs import match_tabs
from tests.marks import read_place

TOO_LONG = Dropped("The model's line was too long to be code.")
ANYWHERE = read_place("█")
FENCED = '"""\n```python\nf()\n```\n"""\n█'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("x" * MAX_LINE, "x" * MAX_LINE),
        ("a\n" + "x" * (MAX_LINE + 1), "a"),
        (f"{'x' * 511}\n" * 20, (f"{'x' * 511}\n" * 16)[:-1]),
        (f"{'é' * 511}\n" * 20, (f"{'é' * 511}\n" * 8)[:-1]),
        ("a\n" * (MAX_LINES - 1) + "b", "a\n" * (MAX_LINES - 1) + "b"),
        ("a\n" * 100, ("a\n" * MAX_LINES)[:-1]),
        ("x" * (MAX_LINE + 1), TOO_LONG),
        ("x" * 1_000_000, TOO_LONG),
        ("\n" + "🙂" * 1_000_000, TOO_LONG),
    ],
)
def test_size(text: str, expected: str | Dropped) -> None:
    assert limit_size(text, ANYWHERE) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a\r\nb", "a\nb"), ("a\rb", "a\nb"), ("a\n\rb", "a\n\nb"), ("a\r\r\nb", "a\n\nb")],
)
def test_line_ends(text: str, expected: str) -> None:
    assert normalise_line_ends(text, ANYWHERE) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a<|fim_pad|><|fim_pad|>", "a"),
        ("<|fim_middle|>a", ""),
        ("a<|file_sep|>b.py\nc", "a"),
        ("a<|cursor|>b", "a"),
        ("a<fim_suffix>b", "a"),
        ("a <| b", "a <| b"),
        ('"<¦im_end¦>"', '"<|im_end|>"'),
        ('"<¦im_end¦>"<|im_end|>', '"<|im_end|>"'),
    ],
)
def test_control_tokens(text: str, expected: str) -> None:
    assert cut_control_tokens(text, ANYWHERE) == expected


@pytest.mark.parametrize(
    ("source", "text", "expected"),
    [
        ("█", "x = 1", "x = 1"),
        ("█", "x = 1\n```", "x = 1"),
        ("█", "x = 1\n```\nThis is all.", "x = 1"),
        ("█", "x = 1\n\n```\n", "x = 1"),
        ("█", "```python\nx = 1\n```", "x = 1"),
        ("█", "```python\nx = 1\n```\nThis is all.\n```\ny\n```", "x = 1"),
        ("█", "```python\nx = 1", "x = 1"),
        ("█", "\n```py\nx = 1\n```", "x = 1"),
        ("█", "```\nx = 1\n```", "x = 1"),
        ("█", "```\nx = 1", "x = 1"),
        ("█", "````python\n```\n````", "```"),
        ("█", "```", ""),
        ("█", "```\n", ""),
        ("█", "```\n\nThe code is complete.", ""),
        ("█", "```\nThis code is complete.", ""),
        ("█", "```python", ""),
        ("█", "```python\n", ""),
        ("█", "Here is the code:\n```python\nx = 1\n```\nIt works.", "x = 1"),
        ("█", "Sure! It is:\n\n```\nx = 1\n```", "x = 1"),
        ("█", "Sure! It is:\n\n```\nx = ", "x = "),
        ("█", "s = '```'", "s = '```'"),
        ("█", '"""Do.\n    ```\n    f()\n    ```"""', '"""Do.\n    ```\n    f()\n    ```"""'),
        (FENCED, "x = 1\n```", "x = 1\n```"),
        (FENCED, "x = 1\n````", "x = 1"),
        (FENCED, "```python\nx = 1\n```", "x = 1"),
    ],
)  # fmt: skip
def test_fences(source: str, text: str, expected: str) -> None:
    assert strip_fences(text, read_place(source)) == expected


@pytest.mark.parametrize("text", ["```sh\nmake\n```", "Run:\n\n```\nmake\n```\n", "```"])
def test_fences_belong_to_markdown(text: str) -> None:
    assert strip_fences(text, read_place("# Title\n█", "markdown")) == text
    assert strip_fences(text + "\n````\nBye", read_place("█", "markdown")) == text.rstrip("\n")


PROSE = Dropped("The model explained itself where code was asked for.")


@pytest.mark.parametrize(
    ("source", "language", "text", "expected"),
    [
        ("█", "python", "Here is the code:", PROSE),
        ("█", "python", "Here's the code:", PROSE),
        ("█", "python", "I'm sorry, I cannot do that.", PROSE),
        ("    █", "python", "Sure, this adds up:\n    x", PROSE),
        ("x = █", "python", "The missing code is", PROSE),
        ("█", "python", "here = is_the(code)", "here = is_the(code)"),
        ("█", "python", "Sure = 1", "Sure = 1"),
        ("█", "python", "Here(x)", "Here(x)"),
        ("█", "python", "To(x)", "To(x)"),
        ("# █", "python", "Here is why", "Here is why"),
        ("// Do.\n█", "go", "Here is why", "Here is why"),
        ('"""Do.\n\n█', "python", "Here is why", "Here is why"),
        ('"""Do."""\n█', "python", "Here is why", PROSE),
        ('print("█")', "python", "Here is your order", "Here is your order"),
        ("<p>█</p>", "html", "Here is your order", "Here is your order"),
        ("█", "markdown", "Here is your order", "Here is your order"),
        ("x = 1  # █", "python", "Here is why", "Here is why"),
    ],
)
def test_prose(source: str, language: str, text: str, expected: str | Dropped) -> None:
    result = drop_prose(text, read_place(source, language))
    assert result == (text if expected == text else expected)


@pytest.mark.parametrize(
    ("source", "text", "expected"),
    [
        ("    return █", "return x", "x"),
        ("    return █", "    return x", "x"),
        ("    return █", "returned", "returned"),
        ("    return█", "return x", " x"),
        ("a = █", "a = 1", "a = 1"),
        ("def f():\n    x = 1\n    █", "def f():\n    x = 1\n    y", "y"),
        ("def f():\n    x = 1\n    █", "    x = 1\n    y", "y"),
        ("def f():\n    x = 1\n    █", "x = 1\n    y", "y"),
        ("def f():\n    x = 1\n    █", "x = 1\ny", "x = 1\ny"),
        ("import os\n\nx = █", "import os\n\nx = os.name", "os.name"),
        ("pro█", "process.env", "cess.env"),
        ("x.pro█", "process.env", "cess.env"),
        ("pr█", "process", "process"),
        ("    (█", "    (a, b", "a, b"),
        ("(█", "(a, b", "(a, b"),
        ("█", "anything", "anything"),
    ],
)
def test_repeated_prefix(source: str, text: str, expected: str) -> None:
    assert drop_repeated_prefix(text, read_place(source)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("def", False),
        ("def f", True),
        ("def f():\n    x = 1\n", True),
        ("def f():\n    x = 1\n    ", False),
        ("x = 1\n", True),
        ("return", False),
        ("", False),
    ],
)
def test_may_repeat_prefix(text: str, expected: bool) -> None:
    place = read_place("def f():\n    x = 1\n    █")
    assert may_repeat_prefix(text, place) is expected


@pytest.mark.parametrize(
    ("source", "text", "expected"),
    [
        ("x = █", " 1", "1"),
        ("x =█", " 1", " 1"),
        ("x  █", " = 1", " = 1"),
        ("x █", "   = 1", "   = 1"),
        ("x\t█", " = 1", " = 1"),
        ("x = █", "\n    1", "\n    1"),
        ("    x = 1\n    █", "\n    y = 2", "y = 2"),
        ("    x = 1\n    █", "\n\n    y = 2", "y = 2"),
        ("    x = 1\n    █", "    \n    y = 2", "y = 2"),
        ("    x = 1\n    █", "\n\ty = 2", "\n\ty = 2"),
        ("    x = 1\n    █", "\ny = 2", "\ny = 2"),
        ("    x = 1\n█", "\n\ndef g():", "\n\ndef g():"),
        ("x = 1\n█", "\ny = 2", "y = 2"),
        ("    x = 1\n    █", "    y = 2", "y = 2"),
        ("    x = 1\n    █", "        y = 2", "    y = 2"),
        ("if x:\n    █", "    y = 2", "y = 2"),
        ("if x:\n    █", "        y = 2", "    y = 2"),
        ("    if x:\n    █", "    y = 2", "    y = 2"),
        ("    if x:\n    █", "        y = 2", "    y = 2"),
        ("if x:\n█", "    y = 2", "    y = 2"),
        ("  if (x) {\n    █", "    y();", "y();"),
        ("\tif x {\n\t\t█", "\t\ty()", "y()"),
        ("        x = 1\n\n    █", "    def g():\n        y", "def g():\n        y"),
        ("        x = 1\n    █", "    if x:\n            y", "    if x:\n            y"),
        ("/**\n * a\n █", " * b", "* b"),
        ("█", "\n", ""),
        ("    █", "\n\n", ""),
    ],
)
def test_leading_blank(source: str, text: str, expected: str) -> None:
    assert strip_leading_blank(text, read_place(source)) == expected


@pytest.mark.parametrize(
    ("source", "text", "expected"),
    [
        ("{\n\t█", "if x {\n        y()\n    }", "if x {\n\t\ty()\n\t}"),
        ("{\n\t█", "if x {\n    y()\n  }", "if x {\n\t\ty()\n\t}"),
        ("{\n\tx()\n█", "    y()\n    z()", "\ty()\n\tz()"),
        ("{\n\t/**\n\t █", "* a\n     * b", "* a\n\t * b"),
        ("{\n\tx()\n\t█", "y()", "y()"),
        ("{\n\tx(a,\n\t  b)\n\t█", "y(\n        z)", "y(\n\t\tz)"),
        ("{\n    x()\n    █", "if x {\n\t\ty()\n\t}", "if x {\n        y()\n    }"),
        ("{\n    x()\n\ty()\n    █", "if x {\n\t\ty()", "if x {\n\t\ty()"),
        ("x\n█", "if x:\n\ty", "if x:\n\ty"),
        ("\tx = █", "[\n    1,\n]", "[\n\t1,\n]"),
    ],
)
def test_tabs(source: str, text: str, expected: str) -> None:
    assert match_tabs(text, read_place(source)) == expected


@pytest.mark.parametrize(
    ("source", "text", "expected"),
    [
        (
            "def f():\n    x = 1\n    █",
            "Here you are:\r\n```python\r\ndef f():\r\n    x = 1\r\n    return x\r\n```\r\n",
            "return x",
        ),
        ("    return █", "```\n    return x\n```<|im_end|>", "x"),
        ("x = █", "1" * 10_000, ""),
    ],
)
def test_all_of_it(source: str, text: str, expected: str) -> None:
    assert unwrap(text, read_place(source)) == expected
