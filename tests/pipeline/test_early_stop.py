"""The connection is closed at the chunk with which a statement, a block or a function is over.

The endpoint sends what stands before ■ in one chunk, and the rest after a minute.
"""

from __future__ import annotations

import pytest

from tests.fakes import Reply
from tests.pipeline.desk import open_desk

# Language, document, the model's text, what is shown of it.
STOPS = [
    (
        "python",
        "class Stack:\n    size = 0\n\n    █\n",
        "def push(self, item):\n        self.append(item)\n\n        self.size += 1\n\n    def ■",
        "def push(self, item):\n        self.append(item)\n\n        self.size += 1",
    ),
    (
        "python",
        "import os\n\n\n█\n",
        'def usage():\n    return """\nusage: stack\n"""\n\n\nif __name__■',
        'def usage():\n    return """\nusage: stack\n"""',
    ),
    (
        "python",
        "def f():\n    █\n",
        "text = '''\nfor\n'''\n    for a in text:\n        print(a)\n    return 1\n\n\nclass ■",
        "text = '''\nfor\n'''\n    for a in text:\n        print(a)\n    return 1",
    ),
    (
        "python",
        "x = 1█\n",
        "\n@cached\ndef f():\n    return x\ny = 2\n■",
        "\n@cached\ndef f():\n    return x",
    ),
    (
        "typescript",
        "class Stack {\n  size = 0;\n\n  █\n}\n",
        "push(item: string): void {\n    if (item) {\n      this.size++;\n    }\n  }\n■",
        "push(item: string): void {\n    if (item) {\n      this.size++;\n    }\n  }",
    ),
    (
        "typescript",
        "import a from 'a';\n\n█\n",
        "export const f = (x: number) => {\n  return x;\n};\n■",
        "export const f = (x: number) => {\n  return x;\n};",
    ),
    (
        "typescript",
        "import a from 'a';\n\n█\n",
        "if (a) {\n  a();\n}\nelse {\n  b();\n}\nconst ■",
        "if (a) {\n  a();\n}\nelse {\n  b();\n}",
    ),
    (
        "go",
        "package stack\n\n█\n",
        "func Push(item string) {\n\titems = append(items, item)\n}\n■",
        "func Push(item string) {\n\titems = append(items, item)\n}",
    ),
    (
        "go",
        "package stack\n\nfunc usage() string {\n\t█\n}\n",
        "text := `\nusage\n`\n\treturn text\n}\n■",
        "text := `\nusage\n`\n\treturn text",
    ),
    (
        "rust",
        "impl Stack {\n    fn new() -> Self { Stack {} }\n\n    █\n}\n",
        "/// Adds.\n    #[inline]\n    fn push(&mut self) {\n        self.size += 1;\n    }\n■",
        "/// Adds.\n    #[inline]\n    fn push(&mut self) {\n        self.size += 1;\n    }",
    ),
    (
        "java",
        "class Stack {\n    int size;\n\n    █\n}\n",
        "@Override\n    public void push(String item) {\n        size++;\n    }\n■",
        "@Override\n    public void push(String item) {\n        size++;\n    }",
    ),
    (
        "c",
        "#include <stdio.h>\n\n█\n",
        "static int push(int item)\n{\n    size++;\n    return item;\n}\n■",
        "static int push(int item)\n{\n    size++;\n    return item;\n}",
    ),
    (
        "c",
        "int f(void)\n{\n    █\n}\n",
        "if (g())\n        goto out;\n    h();\nout:\n    return 1;\n}\n■",
        "if (g())\n        goto out;\n    h();\nout:\n    return 1;",
    ),
    (
        "ruby",
        "class Stack\n  attr_reader :size\n\n  █\nend\n",
        "def push(item)\n    @items.each do |each|\n      puts each\n    end\n  end\n■",
        "def push(item)\n    @items.each do |each|\n      puts each\n    end\n  end",
    ),
    (
        "lua",
        "local stack = {}\n\n█\n",
        "function stack.push(item)\n  if item then\n    stack[1] = item\n  end\nend\n■",
        "function stack.push(item)\n  if item then\n    stack[1] = item\n  end\nend",
    ),
    (
        "shellscript",
        "#!/bin/sh\nset -e\n\n█\n",
        "push() {\n  for item in $1; do\n    echo $item\n  done\n}\n■",
        "push() {\n  for item in $1; do\n    echo $item\n  done\n}",
    ),
    (
        "shellscript",
        "usage() {\n  █\n}\n",
        "cat <<EOF\nusage: push\nEOF\n  exit 1\n}\n■",
        "cat <<EOF\nusage: push\nEOF\n  exit 1",
    ),
    ("python", "total = █\n", "price * count\n■", "price * count"),
    ("typescript", "const total = █\n", "price * count;\n■", "price * count;"),
]
# What is read on for, though it seems to be over: the text goes on after what was sent first.
GOES_ON = [
    ("python", "import os\n\n\n█\n", "def f():\n    return 1\n■\n\n    # No more.\n"),
    ("typescript", "import a from 'a';\n\n█\n", "if (a) {\n  a();\n}\n■else {\n  b();\n}\n"),
    ("typescript", "import a from 'a';\n\n█\n", "a.map(() => {\n  b();\n})\n■  .then(c);\n"),
    ("java", "class A {\n    int x;\n\n    █\n}\n", "int y;\n\n    int z;\n■\n    int w;\n"),
]


@pytest.mark.asyncio
@pytest.mark.parametrize(("language", "source", "marked", "shown"), STOPS)
async def test_the_connection_is_closed(
    language: str, source: str, marked: str, shown: str
) -> None:
    needed = marked.removesuffix("■")
    reply = Reply(needed + "\nmore()" * 200, chunk_size=len(needed), delay_between=60.0)
    async with open_desk(source, lambda _request: reply, language=language) as desk:
        assert await desk.texts() == [shown]
        request = await desk.endpoint.wait_for(lambda request: request.closed == "cancelled")
        assert desk.endpoint.generations == [request]


@pytest.mark.asyncio
@pytest.mark.parametrize(("language", "source", "marked"), GOES_ON)
async def test_what_may_go_on_is_read_to_its_end(language: str, source: str, marked: str) -> None:
    first, _, rest = marked.partition("■")
    reply = Reply(first + rest, chunk_size=len(first), delay_between=0.05)
    async with open_desk(source, lambda _request: reply, language=language) as desk:
        assert await desk.texts() == [(first + rest).rstrip()]
        assert desk.endpoint.generations[0].closed == "answered"


# Documents with an answer in one chunk, and by turns what is shown of it and what is typed then.
BEYOND = [
    (
        "python",
        "class Stack:\n    size = 0\n\n    █\n",
        "def push(self):\n        self.size = 1\n\n    def pop(self):\n        self.size = 0\n\n",
        [
            ("def push(self):\n        self.size = 1", "\n\n    "),
            ("def pop(self):\n        self.size = 0", ""),
        ],
    ),
    (
        "typescript",
        "const x = █\n",
        "1;\nconst y = x + 1;\nif (y) {\n  x();\n}\nconst",
        [("1;", ""), ("\nconst y = x + 1;", ""), ("\nif (y) {\n  x();\n}", "")],
    ),
    (
        "go",
        "package stack\n\n█\n",
        "func f() {\n\tx()\n}\n\nfunc g() {\n\ty()\n}\n\nfunc h() {\n\tz",
        [("func f() {\n\tx()\n}", ""), ("\n\nfunc g() {\n\ty()\n}", "")],
    ),
]  # fmt: skip


@pytest.mark.asyncio
@pytest.mark.parametrize(("language", "source", "text", "parts"), BEYOND)
async def test_what_came_beyond_is_shown_next(
    language: str, source: str, text: str, parts: list[tuple[str, str]]
) -> None:
    reply = Reply(text + "\n" * 80, chunk_size=len(text), delay_between=60.0)
    async with open_desk(source, lambda _request: reply, language=language) as desk:
        for part, typed in parts:
            assert await desk.texts(explicit=False) == [part]
            desk.type(part)
            if typed:
                desk.type(typed)
        assert len(desk.endpoint.generations) == 1
