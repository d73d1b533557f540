"""The engine with no model, from files and a cursor to text."""

from __future__ import annotations

import random
import textwrap

import pytest

from lsp_server.embedded.engine import Engine, Suggestion

_PATH = "/w/shop/cart.py"

_INVOICE = """\
class Invoice:
    def __init__(self, number, customer, address):
        self.number = number
        self.customer = customer
        self.address = address

    def to_json(self):
        result = {}
        result["number"] = self.number
        result["customer"] = self.customer
        return result

    def load(self, path):
        with open(path, encoding="utf-8") as source:
            self.update(json.loads(source.read()))
        logger.info("loaded %s", path)
        return self
"""

_RECEIPT = """\
class Receipt:
    def check(self, path):
        with open(path, encoding="utf-8") as source:
            self.update(json.loads(source.read()))
        logger.info("loaded %s", path)
        return self
"""


def suggest(marked: str, *, eager: bool = True, path: str = _PATH) -> list[Suggestion]:
    """What the engine says at the mark `|` of a text, with two other files in the project."""
    engine = Engine()
    engine.put("/w/shop/invoice.py", _INVOICE)
    engine.put("/w/shop/receipt.py", _RECEIPT)
    before, _, after = textwrap.dedent(marked).partition("|")
    engine.put(path, before + after)
    return engine.suggest(path, "python", before, after, eager=eager)


def check(marked: str, expected: str) -> None:
    """The first line of the best suggestion."""
    suggestions = suggest(marked)
    assert suggestions, "nothing was suggested"
    assert suggestions[0].text.split("\n")[0] == expected


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        pytest.param(
            """\
            def scan(self, path):
                with open(path, |
            """,
            'encoding="utf-8") as source:',
            id="the rest of a line, from another file",
        ),
        pytest.param(
            """\
            def scan(self, path):
                with open(path, enc|
            """,
            'oding="utf-8") as source:',
            id="in the middle of a word",
        ),
        pytest.param(
            """\
            def scan(self, path):
                with open(path,|
            """,
            ' encoding="utf-8") as source:',
            id="the space that is not typed yet comes along",
        ),
        pytest.param(
            """\
            def scan(self, path):
                with open(path, encoding="utf-8") as source:
                    |
            """,
            "self.update(json.loads(source.read()))",
            id="the next line",
        ),
        pytest.param(
            """\
            class Order:
                def __init__(self, total, currency, weight):
                    self.total = total
                    self.currency = currency
                    self.weight |
            """,
            "= weight",
            id="names are put in the place of others",
        ),
        pytest.param(
            """\
            def to_json(self):
                result = {}
                result["total"] = self.total
                result["currency"] = |
                return result
            """,
            "self.currency",
            id="names are replaced inside a call's arguments",
        ),
        pytest.param(
            """\
            def get_user(self):
                if self._user is None:
                    self._user = self._load_user(self.path)
                return self._user

            def get_host(self):
                if self._host is None:
                    self._host = self._l|
                return self._host
            """,
            "oad_host(self.path)",
            id="parts of names are replaced by the model of whole ones",
        ),
        pytest.param(
            """\
            def scan(self, path):
                with open(path, |)
            """,
            'encoding="utf-8"',
            id="up to the bracket right of the cursor",
        ),
        pytest.param(
            """\
            def scan(self, path):
                with open(path, |) as source:
            """,
            'encoding="utf-8"',
            id="up to the text right of the cursor",
        ),
    ],
)
def test_suggests(marked: str, expected: str) -> None:
    check(marked, expected)


def test_text_right_of_the_cursor_that_never_comes_leaves_nothing() -> None:
    assert suggest("def scan(self, path):\n    with open(path, | unrelated\n") == []


_IDIOM = """\
    def check(self, path, mode):
        with open(path, mode, encoding="utf-8") as source:
            for line in source:
                self.update(line, mode)
        return self
"""


def test_several_lines_follow_when_they_are_sure_to_the_end_of_the_block() -> None:
    engine = Engine()
    for number in range(8):
        engine.put(f"/w/{number}.py", f"class Class{number}:\n{_IDIOM}")
    before, _, _ = f"class Order:\n{_IDIOM}".partition(" source:")
    suggestion = engine.suggest(_PATH, "python", before, "\n")[0]
    assert suggestion.text == (
        " source:\n            for line in source:\n                self.update(line, mode)"
    )


def test_at_the_end_of_a_line_the_next_one_is_offered_to_who_asks() -> None:
    marked = 'with open(path, encoding="utf-8") as source:|\n'
    texts = [suggestion.text.split("\n")[:2] for suggestion in suggest(marked)]
    assert ["", "    self.update(json.loads(source.read()))"] in texts
    assert all(suggestion.text[0] != "\n" for suggestion in suggest(marked, eager=False))


def test_the_next_line_is_not_offered_where_it_stands() -> None:
    marked = """\
    with open(path, encoding="utf-8") as source:|
        self.update(json.loads(source.read()))
    """
    texts = [suggestion.text for suggestion in suggest(marked)]
    assert "\n    self.update(json.loads(source.read()))" not in texts


def test_the_file_itself_does_not_leak_its_own_text() -> None:
    engine = Engine()
    engine.put(_PATH, "def compute(alpha):\n    return alpha * unheard_of\n")
    for before in ("def compute(alpha):\n    ", "def compute(alpha):\n    return alpha "):
        texts = [each.text for each in engine.suggest(_PATH, "python", before, "\n", eager=True)]
        assert not any("unheard_of" in text for text in texts)


def test_a_file_that_is_dropped_is_not_copied_from() -> None:
    engine = Engine()
    engine.put("/w/a.py", _INVOICE)
    before = "with open(path, "
    assert engine.suggest(_PATH, "python", before, "", eager=True)
    engine.drop("/w/a.py")
    assert engine.suggest(_PATH, "python", before, "", eager=True) == []


def test_it_says_where_the_text_is_from() -> None:
    suggestion = suggest("def scan(self, path):\n    with open(path, |\n")[0]
    assert suggestion.source == "/w/shop/invoice.py"
    assert 0 < suggestion.confidence <= 1


def test_unasked_it_says_only_what_is_sure() -> None:
    asked = suggest("result = |\n")
    unasked = suggest("result = |\n", eager=False)
    assert len(unasked) <= len(asked)
    assert all(suggestion.confidence >= 0.45 for suggestion in unasked)


def test_no_more_than_the_limit() -> None:
    engine = Engine()
    engine.put("/w/a.py", "".join(f"value = load({name})\n" for name in "abcdefgh"))
    assert len(engine.suggest(_PATH, "python", "value = load(", "", limit=2, eager=True)) <= 2


def test_tabs_and_spaces_keep_the_cursor_s_own_indentation() -> None:
    engine = Engine()
    engine.put("/w/a.py", _INVOICE.replace("    ", "\t"))
    before = 'def load(self, path):\n\twith open(path, encoding="utf-8") as source:\n\t\t'
    suggestion = engine.suggest(_PATH, "python", before, "\n", eager=True)[0]
    assert "    " not in suggestion.text


_ODD_TEXTS = [
    "",
    "\n",
    "\r\r\n\n",
    "\x00\x01\x02\x03\x0c\x1c\u2028",
    "\ud800\udfff\udc00 = \ud800",
    "x" * 5_000_000,
    "(" * 1900,
    ")]}" * 600,
    "\t \t x\n" * 50,
    "🦀 = 'ñ' ﬁ ⅷ ²\n" * 3,
    "if x:\n" * 200,
    "def f(",
    "a.b" * 400,
]


@pytest.mark.parametrize("eager", [False, True])
@pytest.mark.parametrize("after", ["", "\n", ")", "\ud800\n\x00", "y" * 3000])
def test_nothing_it_is_given_makes_it_fail(after: str, eager: bool) -> None:
    engine = Engine()
    for number, text in enumerate(_ODD_TEXTS):
        engine.put(f"/w/{number}.py", text)
    for text in _ODD_TEXTS:
        engine.suggest(_PATH, "python", text, after, eager=eager)


@pytest.mark.parametrize("seed", range(5))
def test_any_cut_of_any_text_gets_an_answer(seed: int) -> None:
    chance = random.Random(seed)
    alphabet = [*"abc ._()[]{}:,='\"\n\t\r#", "\x01", "\x02", "\ud800", "self", "return ", "\n    "]
    engine = Engine()
    for number in range(4):
        engine.put(f"/w/{number}.py", "".join(chance.choices(alphabet, k=2000)))
    for _ in range(60):
        text = "".join(chance.choices(alphabet, k=300))
        cut = chance.randrange(len(text))
        for suggestion in engine.suggest(_PATH, "", text[:cut], text[cut:], eager=True):
            assert suggestion.text
            assert 0 < suggestion.confidence <= 1


def test_the_same_question_has_the_same_answer() -> None:
    marked = "result = {}\nresult[|\n"
    assert suggest(marked) == suggest(marked)
