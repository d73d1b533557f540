from __future__ import annotations

import os
import random
import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import Literal

import pytest

from lsp_server.buffer import Buffer, Change, Encoding, Position, Snapshot, split_lines
from lsp_server.syntax import limits
from lsp_server.syntax import tree as tree_module
from lsp_server.syntax.limits import count_open_operators, measure_brackets, yaml_levels
from lsp_server.syntax.parsing import Edit, find_edit
from lsp_server.syntax.tree import (
    SyntaxTree,
    Tree,
    count_errors,
    enclosing_block,
    is_in_string_or_comment,
    kinds_at,
    parse_text,
    parse_variant,
)

ROOT = Path(__file__).parents[2]
FUZZ_EDITS = int(os.environ.get("QWEN_FUZZ_EDITS", "3000"))
# Enough for any text in this file on any machine.
AGES = 60.0


def make_snapshot(text: str, language: str = "python", version: int = 1) -> Snapshot:
    return Snapshot("file:///a", version, language, tuple(split_lines(text)))


def parse(text: str, language: str = "python") -> Tree:
    tree = parse_text(language, text, AGES)
    assert tree is not None
    return tree


def place(language: str, marked: str) -> tuple[Tree, Snapshot, Position]:
    """The tree, snapshot and position of a text in which "|" marks the position."""
    offset = marked.index("|")
    text = marked[:offset] + marked[offset + 1 :]
    snapshot = make_snapshot(text, language)
    return parse(text, language), snapshot, snapshot.position(offset)


def explain(document: SyntaxTree) -> str:
    assert document.pending == (document.why_not == tree_module.NOT_FINISHED)
    return document.why_not or ""


# --- keeping a tree up to date ---


def test_the_same_lines_give_the_same_tree() -> None:
    document = SyntaxTree()
    tree = document.update(make_snapshot("x = 1\n"), AGES)
    assert tree is not None
    assert document.update(make_snapshot("x = 1\n", version=2), AGES) is tree
    assert document.why_not is None
    assert not document.pending


@pytest.mark.parametrize(
    ("old", "new", "edit"),
    [
        (b"", b"", Edit(0, 0, 0)),
        (b"", b"ab", Edit(0, 0, 2)),
        (b"ab", b"", Edit(0, 2, 0)),
        (b"abc", b"abc", Edit(3, 3, 3)),
        (b"aa", b"aaa", Edit(2, 2, 3)),
        (b"axb", b"ayyb", Edit(1, 2, 3)),
        (b"abab", b"ab", Edit(2, 4, 2)),
        # A shared first or last byte does not tear a character apart.
        ("é".encode(), "è".encode(), Edit(0, 2, 2)),
        ("aéb".encode(), "aèb".encode(), Edit(1, 3, 3)),
        ("é".encode(), "ĩ".encode(), Edit(0, 2, 2)),
        ("😀".encode(), "😁".encode(), Edit(0, 4, 4)),
    ],
)
def test_find_edit(old: bytes, new: bytes, edit: Edit) -> None:
    assert find_edit(old, new) == edit


SOURCES = {
    "python": 'class A:\n    """D"""\n    def f(self, x):\n        return f"é{x}"\n\n\nx = "😀"\n',
    "typescriptreact": "const f = (a: A<B>) => {\n  return <p c={a}>é {`x${a}`}</p>;\n};\n",
    "rust": "/// d\nfn f<'a>(x: &'a str) -> u8 {\n    match x { \"é\" => 1, _ => 2 }\n}\n",
    "ruby": "def f(x)\n  y = <<~E\n    é #{x}\n  E\n  puts y\nend\n",
    "yaml": 'a:\n  - b: "é"\n    c: |\n      text\nd: {e: [f]}\n',
    "shellscript": 'f() {\n  echo "é $1 ${2:-x}" $(ls)\n}\nfor i in a; do f "$i"; done\n',
}
PIECES = ["x", " ", "\n", "\r\n", "\r", "    ", "(", ")", "{", "}", '"', "'", "`", "é", "😀"]
PIECES += ["#", "//", "/*", "*/", ":", ";", ",", "if ", "<", ">", '"""', "$", "${", "-", "\u2028"]


@pytest.mark.parametrize("language", SOURCES)
def test_a_tree_kept_up_to_date_is_as_good_as_a_new_one(language: str) -> None:
    rng = random.Random(language)
    text = SOURCES[language]
    for start in range(0, FUZZ_EDITS // len(SOURCES) // 5, 40):
        buffer = Buffer("file:///a", start, language, text, Encoding.UTF32)
        document = SyntaxTree()
        for version in range(start, start + 40):
            snapshot = buffer.snapshot()
            tree = document.update(snapshot, AGES)
            new = parse(snapshot.text, language)
            assert tree is not None
            assert tree.source == snapshot.text.encode()
            # Where a text has errors, several trees may explain it.
            assert new.root.has_error or str(tree.root) == str(new.root), snapshot.text
            line = rng.randrange(len(snapshot.lines))
            column = rng.randint(0, len(snapshot.lines[line]))
            piece = rng.choice([*PIECES, "", "", ""])
            end = (line + rng.choice([0, 0, 0, 1]), column + rng.randint(0, 3))
            buffer.apply([Change((line, column), end, piece)], version)


def test_a_parse_is_spread_over_several_updates() -> None:
    snapshot = make_snapshot(SOURCES["python"] * 200)
    document = SyntaxTree()
    assert document.update(snapshot, 0.0) is None
    assert explain(document) == tree_module.NOT_FINISHED
    updates = 1
    tree = None
    while document.pending:
        tree = document.update(snapshot, 0.0)
        updates += 1
    assert updates > 10
    assert tree is not None
    assert explain(document) == ""
    assert str(tree.root) == str(parse(snapshot.text).root)


def test_a_parse_goes_on_while_the_text_changes() -> None:
    text = SOURCES["python"] * 200
    document = SyntaxTree()
    assert document.update(make_snapshot(text), 0.0) is None
    later = make_snapshot("y" + text, version=2)
    assert document.update(later, 0.0) is None
    tree = document.update(later, AGES)
    assert tree is not None
    assert tree.lines == later.lines


def test_a_parse_is_dropped_when_its_text_is_no_longer_wanted() -> None:
    text = SOURCES["python"] * 200
    document = SyntaxTree()
    tree = document.update(make_snapshot(text), AGES)
    assert document.update(make_snapshot('"""' + text, version=2), 0.0) is None
    assert explain(document) == tree_module.NOT_FINISHED
    assert document.update(make_snapshot(text, version=3), 0.0) is tree
    assert explain(document) == ""
    other = make_snapshot("z = 1\n", version=4)
    other_tree = document.update(other, AGES)
    assert other_tree is not None
    assert str(other_tree.root) == str(parse(other.text).root)


def test_after_giving_up_it_rests_until_the_text_has_changed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tree_module, "FIRST_REST", 2)
    monkeypatch.setattr(tree_module, "MAX_PARSE_SECONDS", -1.0)
    document = SyntaxTree()

    def update(text: str) -> str:
        tree = document.update(make_snapshot(text), AGES)
        return "tree" if tree else str(document.why_not)

    gave_up = tree_module.GAVE_UP
    # The parse that cost too much has come to its end here, so its tree is still of use.
    assert [update(text) for text in ("a", "a", "ab", "ab", "a")] == [
        "tree",
        "tree",
        gave_up,
        gave_up,
        "tree",
    ]
    monkeypatch.setattr(tree_module, "MAX_PARSE_SECONDS", AGES)
    assert [update(text) for text in ("abc", "abcd")] == ["tree", "tree"]


def test_a_failed_parse_leaves_no_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree_module, "FIRST_REST", 1)
    monkeypatch.setattr(tree_module, "MAX_PARSE_SECONDS", -1.0)
    document = SyntaxTree()
    assert document.update(make_snapshot(SOURCES["python"] * 200), 0.0) is None
    assert not document.pending
    monkeypatch.setattr(tree_module, "MAX_PARSE_SECONDS", AGES)
    tree = document.update(make_snapshot("x = 1\n"), AGES)
    assert tree is not None
    assert str(tree.root) == str(parse("x = 1\n").root)


def test_languages() -> None:
    document = SyntaxTree()
    assert document.update(make_snapshot("x", "plaintext")) is None
    assert document.why_not == "There is no grammar for plaintext."
    tree = document.update(make_snapshot("x", "javascript"), AGES)
    assert tree is not None
    assert (tree.language, tree.root.type) == ("javascript", "program")
    assert parse_text("plaintext", "x") is None


# --- limits ---


@pytest.mark.parametrize(
    ("language", "text", "reason"),
    [
        ("python", "x = 1\n" * 50_001, "The file has more than 50,000 lines."),
        ("python", ("x" * 99 + "\n") * 15_001, "The file has more than 1,500,000 characters."),
        ("python", "x" * 20_001, "A line has more than 20,000 characters."),
        ("python", "x = 1\0\n", "The file holds NUL characters."),
        ("python", "(" * 1_001, "Brackets are nested more than 1,000 deep."),
        ("python", "(" * 500 + "[" * 501 + "]" * 999, "Brackets are nested more than 1,000 deep."),
        ("rust", "+--true(" * 101, "More than 100 brackets are left open."),
        ("sh", "a|" * 251, "The last statement has more than 250 operators and no end."),
        ("python", "/*\n" * 251, "The last statement has more than 250 operators and no end."),
        ("rust", "{[(\n" * 400, "Brackets are nested more than 1,000 deep."),
        ("go", ")" * 2_000 + "(\n" * 1_001, "Brackets are nested more than 1,000 deep."),
        ("java", "a<\n" * 500, "More than 500 type arguments are left open."),
        ("cs", "a<\n" * 500, "More than 500 type arguments are left open."),
        ("yaml", "- " * 200, "Blocks are nested more than 150 deep."),
        ("YAML", "- " * 200, "Blocks are nested more than 150 deep."),
        ("yml", "-\n " * 200, "Blocks are nested more than 150 deep."),
        ("python", "x = 1\n" * 10_000, None),
        ("python", "f(a)[b]\n" * 5_000, None),
        ("python", "x = [" + "-1,\n" * 5_000 + "]\n", None),
        ("python", "x = " + "a + " * 1_000 + "b\n", None),
        ("markdown", "| a | b |\n" * 500, None),
        ("python", "x" * 20_000, None),
        ("c", "#define A (1 << 2)\n" * 2_000, None),
        ("csharp", "if (a < b) { }\n" * 2_000, None),
        ("yaml", "a:\n  - b: - c\n" * 2_000, None),
    ],
)
def test_refusals(language: str, text: str, reason: str | None) -> None:
    document = SyntaxTree()
    tree = document.update(make_snapshot(text, language), AGES)
    assert document.why_not == reason
    assert (tree is None) == (reason is not None)
    assert (parse_text(language, text, AGES) is None) == (reason is not None)
    assert not document.pending


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("x = 1\n", "x = 1\n\0"),
        ("x = [" + "[" * 98 + "\n", "x = [" + "[" * 100 + "\n"),
        ("x = a\n", "x = a" + " + " * 251),
        ("x = 1\n", "x" * 20_001),
    ],
)
def test_a_refused_text_is_parsed_again_when_mended(good: str, bad: str) -> None:
    document = SyntaxTree()
    assert document.update(make_snapshot(good), AGES) is not None
    assert document.update(make_snapshot(bad, version=2), AGES) is None
    assert document.why_not is not None
    assert parse_variant(parse(good), bad, AGES) is None
    tree = document.update(make_snapshot(good + "y", version=3), AGES)
    assert tree is not None
    assert document.why_not is None


@pytest.mark.parametrize(
    ("source", "depth", "unclosed"),
    [
        (b"", 0, 0),
        (b"abc", 0, 0),
        (b"()[]{}", 1, 0),
        (b"([{", 3, 3),
        (b"(()(()))", 3, 0),
        (b")))((", 2, 2),
        (b"((()", 3, 2),
        (b"(])([", 2, 2),
    ],
)
def test_measure_brackets(source: bytes, depth: int, unclosed: int) -> None:
    assert measure_brackets(source) == (depth, unclosed)


@pytest.mark.parametrize(
    ("source", "operators"),
    [
        (b"", 0),
        (b"a", 0),
        (b"a |\n", 1),
        (b"a | b || c\n", 0),
        (b"a | b || c", 2),
        (b"a | b\nc |\n\nd >= ", 2),
        (b"a | b; c | ", 1),
        (b"{a | b} c", 0),
        (b"x = 1\n" + b"/*\n" * 9, 9),
        (b"/*\n" * 9 + b"x = 1\n", 0),
        (b"a |   \n b", 1),
        (b"a|" * 999, 251),
        (b"a|\n" * 999, 251),
        (b"\n" * 999, 0),
    ],
)
def test_count_open_operators(source: bytes, operators: int) -> None:
    assert count_open_operators(source) == operators


@pytest.mark.parametrize(
    ("source", "at_least", "at_most"),
    [
        (b"a: 1\n", 1, 2),
        (b"a:\n  b:\n    c: 1\n", 3, 6),
        (b"a:\n- b:\n  - c\n", 4, 9),
        (b"- - - - a\n", 4, 6),
        (b"-\n -\n  -\n", 3, 9),
        (b"- ? - ? a\n", 4, 6),
        (b"a:\r b:\r  c:\r", 3, 6),
        (b"a: 1\nb: 2\n" * 500, 1, 2),
    ],
)
def test_yaml_levels(source: bytes, at_least: int, at_most: int) -> None:
    assert at_least <= yaml_levels(source) <= at_most


# Each of these has stalled or ended a process that handed it to the parser as it is, or is of a
# kind that does so elsewhere. Nothing here may take the process with it.
HOSTILE: dict[str, tuple[str, str]] = {
    "a file of 10 MB": ("python", "x = foo(1)\n" * 950_000),
    "a line of 5 MB": ("python", "x" * 5_000_000),
    "300,000 lines": ("python", "x\n" * 300_000),
    "NULs": ("c", "\0" * 100_000),
    "open brackets": ("python", "(\n" * 40_000),
    "nested brackets": ("javascript", "[\n" * 5_000 + "]\n" * 5_000),
    "brackets at the limit": ("javascript", "[a,{b:\n" * 499 + "}]" * 480),
    "operators and brackets": ("rust", "+--true(" * 100),
    "operators": ("python", "/*\n" * 250),
    "more operators": ("shellscript", "a|" * 9_000),
    "nested interpolations": ("php", "<?php " + '"{$' * 900),
    "indented ifs": ("python", "".join(" " * i + "if x:\n" for i in range(1_000))),
    "ifs in a line": ("javascript", "if (a) " * 2_500),
    "else ifs": ("javascript", "if (a) {}\n" + "else if (a) {}\n" * 20_000),
    "elifs": ("python", "if a: b\n" + "elif a: b\n" * 20_000),
    "unary operators": ("python", "x = " + ("- " * 9_000 + "\\\n") * 10 + "1"),
    "members": ("javascript", "a" + "\n.b" * 49_000),
    "sums": ("go", "package a\nvar x = a" + " +\na" * 20_000),
    "open type arguments": ("java", "class A { int f() { return " + "a<" * 499),
    "more of them": ("csharp", "class A { int f() { return " + "a<\n" * 40_000),
    "YAML sequences": ("yaml", "- " * 300),
    "YAML keys": ("yaml", "? " * 300),
    "YAML indentation": ("yaml", "".join(" " * i + "a:\n" for i in range(1_000))),
    "YAML after returns": ("yaml", "".join(" " * i + "a:\r" for i in range(400))),
    "YAML at the limit": ("yaml", "".join(" " * i + "a:\n" for i in range(74))),
    "quotes": ("python", '"""\n' * 20_000),
    "heredocs": ("ruby", "x <<A\n" * 5_000),
    "tags": ("html", "<a>\n" * 3_000),
    "block quotes": ("markdown", (">" * 200 + "x\n") * 500),
}


def meet_hostile_files() -> None:
    """Parse, edit and question every hostile text; print a line for each. Run in a process."""
    for name, (language, text) in HOSTILE.items():
        document = SyntaxTree()
        outcomes = []
        for version, edited in enumerate((text, "\n" + text, text + "x")):
            snapshot = make_snapshot(edited, language, version)
            tree = document.update(snapshot)
            while tree is None and document.pending:
                tree = document.update(snapshot)
            if tree is not None:
                for position in (Position(0, 1), Position(len(snapshot.lines) // 2, 3)):
                    kinds_at(tree, snapshot, position)
                    is_in_string_or_comment(tree, snapshot, position)
                    enclosing_block(tree, snapshot, position)
                count_errors(tree)
            outcomes.append("parsed" if tree is not None else document.why_not)
        print(f"{name}: {outcomes}")


def test_hostile_files_do_not_end_the_process() -> None:
    call = "from tests.unit.test_tree import meet_hostile_files; meet_hostile_files()"
    done = subprocess.run(
        [sys.executable, "-c", call],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert [line.partition(":")[0] for line in done.stdout.splitlines()] == list(HOSTILE)
    assert "None" not in done.stdout


def test_deep_places_are_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lsp_server.syntax.places.MAX_DEPTH", 5)
    assert kinds_at(*place("python", "x = [[[[|]]]]")) == ("module",)
    assert kinds_at(*place("python", "[|]")) == ("list", "expression_statement", "module")


def test_the_limits_are_those_in_the_reasons() -> None:
    assert limits.MAX_YAML_LEVELS < 250, "the YAML scanner writes past its memory at 252"


# --- what is asked of trees ---


@pytest.mark.parametrize(
    ("language", "text", "errors"),
    [
        ("python", "", 0),
        ("python", "def f(): pass\n", 0),
        ("python", "def f(:\n    pass\n", 1),
        ("python", "x = (1\n", 1),
        ("javascript", "f(a; g();\n", 1),
        ("c", 'char *s = "abc;\nint x;', 1),
        ("json", '{"a": }', 1),
        ("json", '{"a": 1', 1),
        ("json", '[1 2] {"a"}', 2),
        ("json", "}", 1),
    ],
)
def test_count_errors(language: str, text: str, errors: int) -> None:
    assert count_errors(parse(text, language)) == errors


def test_count_errors_matches_a_plain_walk() -> None:
    rng = random.Random("errors")
    for language, source in SOURCES.items():
        for _ in range(20):
            text = source
            for _ in range(rng.randint(1, 6)):
                offset = rng.randint(0, len(text))
                text = text[:offset] + rng.choice(PIECES) + text[offset + rng.randint(0, 3) :]
            tree = parse(text, language)
            nodes = [tree.root]
            for node in nodes:
                nodes.extend(node.children)
            assert count_errors(tree) == sum(node.is_error or node.is_missing for node in nodes)


@pytest.mark.parametrize(
    ("language", "text", "kinds"),
    [
        ("python", "|", "module"),
        ("python", "foo(a, b|)", "identifier argument_list call expression_statement module"),
        ("python", "foo(|)", "argument_list call expression_statement module"),
        ("python", "foo(|a)", "identifier argument_list call expression_statement module"),
        ("python", "foo|(a)", "identifier call expression_statement module"),
        ("python", "é = '日本'; ab|c", "identifier expression_statement module"),
        ("python", "x = 1  |", "module"),
        # The column on a blank line says which block it belongs to.
        ("python", "def f():\n    |", "block function_definition module"),
        ("python", "def f():\n    x\n    |\n\ny\n", "block function_definition module"),
        ("python", "def f():\n    x\n|\n    y\n", "module"),
        ("python", "def f():\n    x\n\n\n    |\n    y\n", "block function_definition module"),
        ("python", "def f():\n    # c\n    |\n", "block function_definition module"),
        ("python", "if a:\n    b\n|\n", "module"),
        (
            "python",
            "class A:\n    def f():\n        if x:\n            y\n        |\n    z = 1\n",
            "block function_definition block class_definition module",
        ),
        (
            "python",
            "def f():\n    if x:\n        |",
            "block if_statement block function_definition module",
        ),
        ("python", "x = [\n    1,\n    |\n]", "list assignment expression_statement module"),
        ("python", "\n\n|", "module"),
        ("yaml", "a:\n  b: 1\n|\n", "block_mapping block_node document stream"),
        ("go", 'package a\n|import "b"\n', "import_declaration source_file"),
        (
            "javascript",
            "f(() => { a.b| })",
            "property_identifier member_expression "
            "expression_statement statement_block arrow_function arguments call_expression "
            "expression_statement program",
        ),
    ],
)
def test_kinds_at(language: str, text: str, kinds: str) -> None:
    assert kinds_at(*place(language, text)) == tuple(kinds.split())


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("python", 'x = "ab|c"', "string"),
        ("python", 'x = |"abc"', None),
        ("python", 'x = "abc"|', None),
        ("python", 'x = f"a{|b}"', None),
        ("python", 'x = f"a{b|}"', None),
        ("python", 'x = f"a|{b}"', "string"),
        ("python", 'x = f"a{b}|"', "string"),
        ("python", 'x = f"{a["b|"]}"', "string"),
        ("python", 'def f():\n    """A\n    b|\n    """', "string"),
        ("python", "# abc|", "comment"),
        ("python", "x  # abc|\ny", "comment"),
        ("python", "|# abc", None),
        ("python", "# abc\n|x", None),
        ("python", 'x = "abc|\ny = 1\n', "string"),
        ("python", 'print("a", \'b|\n', "string"),
        ("python", 'print("a", b|\n', None),
        ("python", 'x = "\\"|\ny = 1\n', "string"),
        ("python", 'x = """abc\ndef|\n', "string"),
        ("python", 'def f(:\n    "a"\n    x|\n', None),
        ("javascript", "x = `a|${b}`", "string"),
        ("javascript", "x = `a${b|}`", None),
        ("javascript", "x = `a${'b|'}`", "string"),
        ("javascript", "x = /a|b/", "string"),
        ("javascript", 'let x = "abc|\nlet y = 1\n', "string"),
        ("javascript", "/* a| */", "comment"),
        ("javascript", "/* a */|", None),
        ("javascript", "/** a|\n", "comment"),
        ("javascript", "// a|\nb", "comment"),
        ("javascriptreact", "x = <p>don't|</p>", None),
        ("typescript", "type A = `a|${B}`", "string"),
        ("typescript", "type A = `a${B|}`", None),
        ("typescript", "let a: str|ing", None),
        ("go", "package a\nvar x = `a|`", "string"),
        ("go", "package a\nvar x = 'a|'", "string"),
        ("go", 'x := "abc|\ny := 1\n', "string"),
        ("rust", "/// a|\nfn f() {}", "comment"),
        ("rust", "/// a\n|fn f() {}", None),
        ("rust", 'fn f() { let x = r#"a|"#; }', "string"),
        ("rust", "fn f<'a|>(x: &'a str) {}", None),
        ("c", "#include <a|>", "string"),
        ("c", 'char *s = "abc|\nint y;', "string"),
        ("c", "int x; /* a|", "comment"),
        ("cpp", 'auto s = R"x(a|)x";', "string"),
        ("java", 'class A { String s = """\n a|\n"""; }', "string"),
        ("java", 'class A { String s = "a|; }', "string"),
        ("csharp", 'var x = $"a| {b} c";', "string"),
        ("csharp", 'var x = $"a {b|} c";', None),
        ("csharp", 'var x = @"a|";', "string"),
        ("ruby", 'x = "a #{b|}"', None),
        ("ruby", "x = <<~E\n  a|b\nE\n", "string"),
        ("ruby", "y = %w[a| b]", "string"),
        ("ruby", "module A\n  x|\nend", None),
        ("php", '<?php $x = "a| $b";', "string"),
        ("php", '<?php $x = "a {$b->c|d}";', None),
        ("php", "<?php // a|", "comment"),
        ("shellscript", 'echo "a| $b"', "string"),
        ("shellscript", 'echo "a $(b|)"', None),
        ("shellscript", "cat <<E\na|b\nE\n", "string"),
        ("html", '<a href="x|">', "string"),
        ("html", "<!-- a| -->", "comment"),
        ("html", "<p>don't|</p>", None),
        ("css", "/* a| */", "comment"),
        ("css", 'a { content: "x|" }', "string"),
        ("json", '{"a|": 1}', "string"),
        ("jsonc", "{} // a|", "comment"),
        ("lua", "x = [[a|]]", "string"),
        ("lua", "--[[ a|\n ]]", "comment"),
        ("yaml", 'a: "x|"', "string"),
        ("yaml", "a: x|", None),
        ("toml", 'a = "x|"', "string"),
    ],
)
def test_is_in_string_or_comment(
    language: str, text: str, expected: Literal["string", "comment"] | None
) -> None:
    assert is_in_string_or_comment(*place(language, text)) == expected


@pytest.mark.parametrize(
    ("language", "text", "block"),
    [
        ("python", "x|", None),
        ("python", "def f():\n    x|\n\ny\n", "def f():\n    x"),
        ("python", "|def f():\n    x\n", None),
        ("python", "def f():\n    x\n    |\n\ny\n", "def f():\n    x\n    "),
        ("python", "def f():\n    x\n|\ny\n", None),
        ("python", "def f():\n    |", "def f():\n    "),
        ("python", "@a\n@b\ndef f():\n    x|\n", "@a\n@b\ndef f():\n    x"),
        ("python", "@a|\ndef f():\n    x\n", "@a\ndef f():\n    x"),
        ("python", "class É:\n    '日本'\n    def f(): 'é'; x|\n", "def f(): 'é'; x"),
        ("python", "class A:\n    x = 1|\n", "class A:\n    x = 1"),
        ("javascript", "class A { f() { x| } }", "f() { x }"),
        ("javascript", "g((a) => {\n  b|\n})", "(a) => {\n  b\n}"),
        ("javascript", "function f() { g(x => x|) }", "function f() { g(x => x) }"),
        ("typescript", "interface A { b|: C }", "interface A { b: C }"),
        ("go", "package a\nfunc (a *A) f() { x| }\n", "func (a *A) f() { x }"),
        ("rust", "impl A { fn f() { x| } }", "fn f() { x }"),
        ("rust", "impl A { | fn f() {} }", "impl A {  fn f() {} }"),
        ("java", "class A { int f() { return x|; } }", "int f() { return x; }"),
        ("c", "struct s { int a|; };", "struct s { int a; }"),
        ("cpp", "namespace a { class B { int f() { x|; } }; }", "int f() { x; }"),
        ("csharp", "class A { int F() { x|; } }", "int F() { x; }"),
        ("ruby", "module A\n  def f\n    x|\n  end\nend\n", "def f\n    x\n  end"),
        ("ruby", "module A\n  x|\nend\n", "module A\n  x\nend"),
        ("php", "<?php function f() { $x|; }", "function f() { $x; }"),
        ("shellscript", "f() {\n  x|\n}\n", "f() {\n  x\n}"),
        ("lua", "function f() x()| end", "function f() x() end"),
    ],
)
def test_enclosing_block(language: str, text: str, block: str | None) -> None:
    tree, snapshot, position = place(language, text)
    found = enclosing_block(tree, snapshot, position)
    if found is None:
        assert block is None
        return
    start, end = (snapshot.offset(place) for place in found)
    assert snapshot.text[start:end] == block


def test_questions_take_any_position() -> None:
    tree, snapshot, _ = place("python", "def f():\n    'é'\n|")
    for line in (-1, 0, 1, 2, 9):
        for column in (-1, 0, 4, 99):
            position = Position(line, column)
            assert kinds_at(tree, snapshot, position)[-1] == "module"
            is_in_string_or_comment(tree, snapshot, position)
            enclosing_block(tree, snapshot, position)


def test_parse_variant() -> None:
    tree = parse(SOURCES["python"])
    text = tree.source.decode().replace("return", "yield")
    variant = parse_variant(tree, text, AGES)
    assert variant is not None
    assert str(variant.root) == str(parse(text).root)
    assert str(tree.root) == str(parse(SOURCES["python"]).root)


def test_texts_longer_than_a_piece_are_read_whole() -> None:
    text = "é = '日本😀'  # \U0001d54f\n" * 3_000
    tree = parse(text)
    assert tree.root.text == text.encode()
    assert str(tree.root) == str(parse("é = '日本😀'  # \U0001d54f\n").root).replace(
        "module ",
        "module " + "(expression_statement (assignment left: (identifier) right: "
        "(string (string_start) (string_content) (string_end)))) (comment) " * 2_999,
    )


def test_parsing_keeps_no_text() -> None:
    document = SyntaxTree()
    text = SOURCES["python"] * 200

    def parse_often(times: int) -> None:
        for version in range(times):
            assert document.update(make_snapshot(text + "x" * (version % 9)), AGES) is not None

    tracemalloc.start()
    parse_often(9)
    before, _ = tracemalloc.get_traced_memory()
    parse_often(45)
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # The binding lets none of the text go that a read callback hands it: 45 texts, here.
    assert after - before < len(text)


def test_lone_surrogates_are_parsed() -> None:
    assert count_errors(parse("x = '\ud800'\n")) == 0
