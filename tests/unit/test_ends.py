"""Ends of blocks and statements, told by the tree of the file with a text in it."""

from __future__ import annotations

import pytest

from lsp_server.syntax.ends import (
    End,
    find_first_block,
    find_first_statement,
    splice,
    stands_anywhere,
)
from lsp_server.syntax.splice import Spot
from tests.marks import read_parsed_place


def spot_in(language: str, source: str) -> Spot:
    spot = read_parsed_place(source, language).spot
    assert spot is not None
    return spot


# Where the block ends is marked by ■ if no other line can go on with it, else by □.
BLOCKS = [
    ("python", "x = 1\n█\n", "def f():\n    a\n\n    b□\n\n\ndef g():\n"),
    ("python", "x = 1\n█\n", "import a\n\nclass A:\n    pass□\ny = 1\n"),
    ("python", "x = 1\n█\n", "@cached\ndef f():\n    pass□\n"),
    ("python", "x = 1\n█\n", "for a in b:\n    a()□\n"),
    ("python", "x = 1\n█\n", "x = [\n    1,\n]\ny = f(\n    2\n)\n"),
    ("python", "class A:\n    x = 1\n\n    █\n", "def f(self):\n        return 1□\n\n    y = 1\n"),
    ("python", "class A:\n    █\n", "def f(self):\n        return 1\n\n    y = 1\n"),
    ("python", "def f():\n    x = []\n    █\n", "for a in b:\n        c()\n    return x\n"),
    ("typescript", "class A {\n  x = 1;\n\n  █\n}\n", "f() {\n    a();\n  }■\n\n  g() {\n"),
    ("typescript", "class A {\n  x = 1;\n\n  █\n", "f(): void {\n    a();\n  }■\n"),
    ("typescript", "a();\n\n█\n", "export function f() {\n  a();\n}■\n"),
    ("typescript", "a();\n\n█\n", "const f = () => {\n  a();\n};■\nf();\n"),
    ("typescript", "a();\n\n█\n", "b(() => {\n  a();\n})□\n"),
    ("typescript", "a();\n\n█\n", "const x = {\n  a: 1,\n};\n"),
    ("typescript", "a();\n\n█\n", "if (x) {\n  a();\n}□\nb();\n"),
    ("typescript", "a();\n\n█\n", "interface A {\n  x: 1;\n}■\n"),
    ("typescriptreact", "a();\n\n█\n", "function F() {\n  return <a />;\n}■\n"),
    ("javascript", "a();\n\n█\n", "class A {\n  x = 1;\n}■\n"),
    ("go", "package a\n\n█\n", "func f() {\n\tx()\n}■\n\nfunc g() {\n"),
    ("go", "package a\n\n█\n", "type A struct {\n\tx int\n}■\n"),
    ("go", "package a\n\n█\n", "import (\n\t\"b\"\n)\n"),
    ("go", "package a\n\nfunc f() {\n\tx := 1\n\t█\n}\n", "for i := range x {\n\t\ty()\n\t}\n"),
    ("rust", "use a;\n\n█\n", "#[test]\nfn f() {\n    x();\n}■\n\nfn g() {}\n"),
    ("rust", "use a;\n\n█\n", "enum A {\n    B,\n}■\n"),
    ("rust", "impl A {\n    fn a() {}\n    █\n}\n", "/// B.\n    fn b() {\n        x()\n    }■\n"),
    ("java", "class A {\n    int x;\n    █\n}\n", "int y;\n    void f() {\n        x();\n    }■\n"),
    ("java", "class A {\n    int x;\n\n    █\n}\n", "int y() { return 1; }\n    int z;\n"),
    ("c", "#include <a.h>\n\n█\n", "static int f(void)\n{\n    return 1;\n}■\n\nint g;\n"),
    ("c", "#include <a.h>\n\n█\n", "struct a {\n    int x;\n};■\n"),
    ("cpp", "namespace a {\nint x;\n\n█\n}\n", "class A {\n  int x;\n};■\n"),
    ("csharp", "class A\n{\n    int x;\n\n    █\n}\n", "void F()\n    {\n        x();\n    }■\n"),
    ("ruby", "class A\n  attr :x\n\n  █\nend\n", "def f(a)\n    b\n  end■\n\n  def g\n  end\n"),
    ("ruby", "class A\n  def f(a)\n    █\n  end\nend\n", "if a\n      b\n    end\n    c\n"),
    ("lua", "local x = 1\n█\n", "local function f(a)\n  return a\nend■\n\nprint(1)\n"),
    ("lua", "function f()\n  █\nend\n", "if x then\n    y()\n  end\n  z()\n"),
    ("shellscript", "set -e\n█\n", "f() {\n  echo\n}■\n\ng() {\n"),
    ("shellscript", "set -e\n█\n", "if [ $x ]; then\n  echo\nfi□\n"),
    ("php", "<?php\n$x = 1;\n\n█\n", "function f() {\n    return 1;\n}■\n"),
    # What is not closed, or does not parse, has no end, nor has what stands after it.
    ("typescript", "a();\n\n█\n", "function f() {\n  a();\n"),
    ("typescript", "a();\n\n█\n", "const = ;\nfunction f() {\n  a();\n}\n"),
    ("python", "x = 1\n█\n", "def f():\n"),
    ("markdown", "█\n", "# A\n\nText.\n\n# B\n"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "source", "marked"), BLOCKS)
def test_the_first_block(language: str, source: str, marked: str) -> None:
    text = marked.replace("■", "").replace("□", "")
    expected = None
    if text != marked:
        expected = End(max(marked.find("■"), marked.find("□")), "■" in marked)
    assert find_first_block(spot_in(language, source), text) == expected


@pytest.mark.parametrize(
    ("language", "source", "marked"),
    [
        ("python", "x = 1█\n", "\n\n# A comment.\ny = 2□\nz = 3\n"),
        ("python", "def f():\n    x = 1█\n", "\n    for a in b:\n        c()□\n    d()\n"),
        ("typescript", "x = 1;█\n", "\nf(\n  1,\n);■\n"),
        ("typescript", "f(a,█\n", "\n  b,\n);\n"),
        ("rust", "fn f() {\n    a();█\n}\n", "\n    let b = match a {\n        _ => 1,\n    };■\n"),
        ("shellscript", "set -e█\n", "\ncat <<EOF\ntext\nEOF□\necho\n"),
        ("shellscript", "set -e█\n", "\ncase $x in\na) b ;;\nesac□\necho\n"),
    ],
)
def test_the_first_statement(language: str, source: str, marked: str) -> None:
    text = marked.replace("■", "").replace("□", "")
    expected = None
    if text != marked:
        expected = End(max(marked.find("■"), marked.find("□")), "■" in marked)
    assert find_first_statement(spot_in(language, source), text) == expected


# Lines whose depth tells nothing are marked by ·.
DEPTHS = [
    ("python", "def f():\n    █\n", "x = '''\n·a\n·b'''\ny = 1"),
    ("python", "def f():\n    █\n", "x = '''\n·a\n·b"),
    ("python", "def f():\n    █\n", "return 1\n\n\ndef "),
    ("typescript", "function f() {\n  █\n}\n", "const x = `\n·a\n·`;\nb"),
    ("typescript", "function f() {\n  █\n}\n", "/*\n·a\n·*/\nb();\n"),
    ("go", "package a\n\nfunc f() {\n\t█\n}\n", "x := `\n·a\n·b"),
    ("c", "void f(void)\n{\n    █\n}\n", "if (a) goto out;\n·out:\n    b();\n"),
    ("c", "void f(void)\n{\n    █\n}\n", "a(1 << b\n}\n"),
    ("shellscript", "f() {\n  █\n}\n", "cat <<-'EOF'\n·a\n·EOF\n  b\n}\n"),
    ("shellscript", "f() {\n  █\n}\n", "cat <<EOF\n·a\n"),
    ("ruby", "def f\n  █\nend\n", "x = <<~SQL\n·select\n·SQL\nend\n"),
]


@pytest.mark.parametrize(("language", "source", "marked"), DEPTHS)
def test_lines_that_may_stand_anywhere(language: str, source: str, marked: str) -> None:
    text = marked.replace("·", "")
    spliced = splice(spot_in(language, source), text + "\n")
    assert spliced is not None
    offset = 0
    for line in marked.split("\n"):
        if offset and line and not line.startswith(" "):
            assert stands_anywhere(spliced, text, offset) is line.startswith("·"), line
        offset += len(line.removeprefix("·")) + 1
