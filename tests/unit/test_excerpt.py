"""What is around the cursor judges a text as the whole file does."""

from __future__ import annotations

import pytest

from lsp_server.syntax.parsing import encode, parse_text
from lsp_server.syntax.splice import Spot, find_spot_in

# A member of each language, and what stands before and after sixty of them.
FILES = {
    "python": (
        '"""Of a module."""\nimport os\n\n\nclass All:\n',
        "    @property\n    def get_NUMBER(self):\n        for each in [1, 2]:\n"
        "            if each:\n                print('of', each)\n        return os.name\n\n",
        "\n\nx = 1\n",
    ),
    "typescript": (
        "import x from 'x';\n\nexport class All<T> {\n",
        "  /** Gets it. */\n  getNUMBER(a: T): number {\n    for (const each of [1, 2]) {\n"
        "      if (each) {\n        print({ a, each });\n      }\n    }\n    return 1;\n  }\n\n",
        "}\n",
    ),
    "java": (
        "package all;\n\nimport java.util.List;\n\npublic class All {\n",
        "    @Override\n    public int getNUMBER(int a) {\n        for (int i = 0; i < 2; i++) {\n"
        '            if (i > a) {\n                print("of", i);\n            }\n        }\n'
        "        return 1;\n    }\n\n",
        "}\n",
    ),
    "go": (
        'package all\n\nimport "fmt"\n\n',
        "// GetNUMBER gets it.\nfunc GetNUMBER(a int) int {\n\tfor i := range []int{1, 2} {\n"
        '\t\tif i > a {\n\t\t\tfmt.Println("of", i)\n\t\t}\n\t}\n\treturn 1\n}\n\n',
        "var x = 1\n",
    ),
    "rust": (
        "use std::fmt;\n\nimpl All {\n",
        "    #[inline]\n    fn get_NUMBER(&self, a: i32) -> i32 {\n        for i in [1, 2] {\n"
        '            if i > a {\n                print("of", i);\n            }\n        }\n'
        "        1\n    }\n\n",
        "}\n",
    ),
    "ruby": (
        "require 'set'\n\nclass All\n",
        "  # Gets it.\n  def get_NUMBER(a)\n    [1, 2].each do |each|\n      if each\n"
        "        puts 'of', each\n      end\n    end\n    1\n  end\n\n",
        "end\n",
    ),
    "php": (
        "<?php\n\nnamespace All;\n\nclass All {\n",
        "    public function getNUMBER(int $a): int {\n        foreach ([1, 2] as $each) {\n"
        "            if ($each) {\n                print('of' . $each);\n            }\n        }\n"
        "        return 1;\n    }\n\n",
        "}\n",
    ),
    "c": (
        "#include <x.h>\n\n",
        "/* Gets it. */\nint get_NUMBER(int a) {\n    for (int i = 0; i < 2; i++) {\n"
        '        if (i > a) {\n            print("of", i);\n        }\n    }\n    return 1;\n}\n\n',
        "int x = 1;\n",
    ),
}
TEXTS = (
    *("x", " = 1", "value = 1\n", "f(a, ", "(1,\n  2)", ")", "}", "]", '"', '"""', "'"),
    *("if (x) {\n", "if x:\n    y()\n", "else:\n    pass", "end", "end\n\ndef x\n", "return", ";"),
    *("def f():\n", "class X {", "case 1:", "\n\n", "a b c", "for x in y { z(); }", "# x", "// x"),
)


def make_file(language: str) -> str:
    """A file of sixty members."""
    before, member, after = FILES[language]
    members = (member.replace("NUMBER", str(number)) for number in range(60))
    return "".join([before, *members, after])


def list_places(language: str) -> list[tuple[str, str]]:
    """The text before and after each place in three members."""
    text, member = make_file(language), FILES[language][1]
    places: list[int] = []
    for number in ("0", "30", "59"):
        line = next(each for each in member.split("\n") if "NUMBER" in each)
        start = text.index(line.replace("NUMBER", number))
        places += range(start + 4, start + len(member) - 40, 7)
    return [(text[:place], text[place:]) for place in places]


def find_spot(language: str, before: str, after: str) -> Spot:
    tree = parse_text(language, before + after, 10.0)
    assert tree is not None
    return find_spot_in(tree, before, after)


@pytest.mark.parametrize("language", FILES)
def test_it_says_of_a_text_what_the_whole_file_says(language: str) -> None:
    """Never that it fits where it does not; where they differ, the next member happens to go on
    with the text."""
    trials = stricter = 0
    for before, after in [*list_places(language), (make_file(language), "")]:
        spot = find_spot(language, before, after)
        for text in TEXTS:
            whole, near = spot.errors_with(text), spot.near.errors_with(text)
            # In a large file some take too long to be judged.
            if whole is not None:
                assert near or not whole, (before[-60:], text)
                trials, stricter = trials + 1, stricter + (bool(near) and not whole)
    assert stricter <= trials / 50


@pytest.mark.parametrize("language", FILES)
def test_it_is_small_and_the_cursor_stands_where_it_stood(language: str) -> None:
    for before, after in list_places(language):
        spot = find_spot(language, before, after)
        near = spot.near
        assert len(near.tree.source) < 1_200
        line = before[before.rfind("\n") + 1 :] + after.partition("\n")[0]
        at = near.byte - len(encode(before[before.rfind("\n") + 1 :]))
        assert near.tree.source[at:].startswith(encode(line))
        code = near.tree.source[near.line_start : near.line_end]
        assert code == spot.tree.source[spot.line_start : spot.line_end] == encode(line.strip())


def test_where_the_file_has_errors_it_is_the_whole_file() -> None:
    text = make_file("python")
    spot = find_spot("python", text + "def (\n", "")
    assert spot.near is spot


def test_large_neighbours_are_not_taken_apart() -> None:
    """Between two large classes a text may belong to either, so that all stays."""
    before, member, _ = FILES["java"]
    text = before + 200 * member + "}\n"
    spot = find_spot("java", text, text)
    assert spot.near is spot


def test_where_a_comma_follows_the_next_member_tells() -> None:
    members = "".join(f"  NAME_{number} = {number},\n" for number in range(300))
    before, after = f"enum All {{\n{members}", f"{members}}}\n"
    spot = find_spot("typescript", before, after)
    assert spot.errors_with("  X = 1\n")
    assert spot.near.errors_with("  X = 1\n")
    assert spot.near.errors_with("  X = 1,\n") == 0


def test_what_does_not_parse_alone_is_judged_in_the_whole_file() -> None:
    """Members that share their lines cannot be left out by lines."""
    members = "; ".join(f"a{number} = {number}" for number in range(500))
    spot = find_spot("python", f"class All:\n    {members}; ", "z = 1\n")
    assert spot.errors_with("y = 2; ") == spot.near.errors_with("y = 2; ") == 0
    assert spot.near.errors_with("y = = 2; ")
