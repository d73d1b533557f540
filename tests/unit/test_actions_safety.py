"""What an action never does: edit protected files, let hidden characters or live Markdown in."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from lsp_server.actions.base import Refusal, Region, apply_edits, region_lines
from lsp_server.actions.difference import make_edits
from lsp_server.actions.protect import why_protected
from lsp_server.actions.rebase import rebase_region
from lsp_server.actions.sanitise import is_harmless, sanitise_markdown
from lsp_server.actions.verify import is_confined, verify
from lsp_server.buffer import Snapshot, split_lines
from lsp_server.syntax.tree import parse_text

PROTECTED = (
    """
.vscode/settings.json|.VSCODE/Settings.JSON|src/../.vscode/tasks.json|.vscode/./launch.json
.vscode./settings.json|.vscode /settings.json|.vs\u200bcode/settings.json|\uff0evscode/settings.json
.vscode/settings.json::$DATA|.vscode\\settings.json|deep/er/.vscode/extensions.json
shop.code-workspace|SHOP.CODE-WORKSPACE|shop.code-workspace.|.git/config|.git/hooks/pre-commit
.GIT/config|.git./config|GIT~1/config|.g\u200cit/config|.github/workflows/test.yml
.gitlab-ci.yml|.gitlab-ci.yaml|.circleci/config.yml|azure-pipelines.yml|Jenkinsfile
bitbucket-pipelines.yml|.travis.yml|.pre-commit-config.yaml|.husky/pre-push|.idea/workspace.xml
.devcontainer/devcontainer.json|.envrc|.nvim.lua|.exrc|.qwenignore|.gitignore|.gitmodules
.env|.env.local|id_rsa|server.pem|.ssh/config|.aws/credentials|credentials.json
.tool/settings.local.json|.tool/hooks.json|.hg/hgrc|.zed/settings.json|.mcp.json
""".replace("\n", "|")
    .strip("|")
    .split("|")
)
EDITABLE = (
    """
src/app.py|vscode/settings.py|git/config.py|docs/github.md|settings.json|config.toml|src/hooks.json
tests/test_env.py|environment.py|qwen-lsp/lsp_server/server.py|src/credentials.py|Makefile
""".replace("\n", "|")
    .strip("|")
    .split("|")
)


@pytest.mark.parametrize("name", PROTECTED)
def test_protected_paths(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    assert why_protected(path.as_uri(), path)


@pytest.mark.parametrize("name", EDITABLE)
def test_other_paths(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    assert why_protected(path.as_uri(), path) is None


def test_links_and_own_files(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "config").write_text("")
    link = tmp_path / "readme.md"
    link.symlink_to(tmp_path / ".git" / "config")
    folder = tmp_path / "plain"
    folder.symlink_to(tmp_path / ".git")
    assert why_protected(link.as_uri(), link)
    assert why_protected((folder / "x").as_uri(), folder / "x")
    own = tmp_path / "own"
    own.mkdir()
    assert why_protected((own / "a.toml").as_uri(), own / "a.toml", (), (own,))
    assert why_protected("file:///x/.myignore", Path("/x/.myignore"), (".myignore",))


@pytest.mark.parametrize(
    "uri", ["vscode-userdata:/settings.json", "git:/a.py", "untitled:/.vscode/settings.json"]
)
def test_documents_that_are_no_files(uri: str) -> None:
    assert why_protected(uri, None)
    assert why_protected("untitled:Untitled-1", None) is None


PAYLOADS = [
    "![x](https://evil.example/a.png)",
    "![x][1]\n\n[1]: https://evil.example/a.png",
    "![x]\n\n[x]: https://evil.example",
    "[![x](https://evil.example/a.png)](https://evil.example)",
    "[run](command:workbench.action.terminal.new)",
    "[run](COMMAND:x)",
    "[run](<command:x>)",
    "[run](command&colon;x)",
    "[run](&#99;ommand:x)",
    "[run][1]\n\n[1]: command:x",
    "[1]: command:x\n\n[1]",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](vscode://file/etc/passwd)",
    "[x](file:///etc/passwd)",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "<javascript:alert(1)>",
    "<command:x>",
    "<img src=https://evil.example>",
    "<script>alert(1)</script>",
    "a <b onclick=x>b</b>",
    "<!-- --><img src=x>",
    "<a href='command:x'>x</a>",
    "[x](\ncommand:x)",
    "[a\n](command:x 'title')",
    "`` ` `` ![x](https://evil.example) `",
    "```\ncode\n```\n![x](https://evil.example)",
    "    code\n\n![x](https://evil.example)",
    "~~~\n![in code](x)",
    "- a\n  ```\n  x\n  ```\n  ![x](https://evil.example)",
    "> ```\n> x\n![x](https://evil.example)",
    "| a |\n| - |\n| ![x](https://evil.example) |",
    "[x](https://ok.example) ![y\\](z](https://evil.example)",
    "\\![x](command:x)",
    "\\\\![x](https://evil.example)",
    "hid\u202eden [x](command:x)\x1b[31m",
]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_explanations_can_do_nothing(payload: str) -> None:
    shown = sanitise_markdown(f"Before.\n\n{payload}\n\nAfter.")
    assert is_harmless(shown)
    assert "Before." in shown
    assert "\x1b" not in shown
    assert "\u202e" not in shown


@pytest.mark.parametrize(
    "text",
    [
        "# Title\n\nText with `code`, *stress* and a list:\n\n- one\n- two",
        "```python\nx = '![not](an image)'\n```",
        "See [the docs](https://docs.python.org/3/).",
        "`a < b` and `<T>`",
    ],
)
def test_plain_markdown_stays(text: str) -> None:
    assert sanitise_markdown(text) == text


def test_an_open_fence_is_closed() -> None:
    assert sanitise_markdown("Text\n\n```python\nx = 1") == "Text\n\n```python\nx = 1\n```"


HIDDEN = [
    *range(0x202A, 0x202F),
    *range(0x2066, 0x206A),
    0xE0000, 0xE0041, 0xE007F, 0x00, 0x07, 0x0B, 0x0C, 0x1B, 0x7F, 0x85,
]  # fmt: skip
PLACES = ["{}x = 1", "x = 1  # {}", "x = '{}'", "x{} = 1"]


def _snapshot(text: str) -> Snapshot:
    return Snapshot("file:///a.py", 1, "python", tuple(split_lines(text)))


@pytest.mark.parametrize("code", HIDDEN)
@pytest.mark.parametrize("place", PLACES)
def test_hidden_characters_are_refused(code: int, place: str) -> None:
    found = verify("fix", _snapshot("x = 0\n"), Region(0, 1), [place.format(chr(code))], tree=None)
    assert isinstance(found, Refusal)


@pytest.mark.parametrize(
    "text", ["x = '🦆👩‍🚀'", "x = 'مرحبا'", "x = 'שלום'", "x = '\u200d\u00a0'"]
)
def test_other_characters_are_taken(text: str) -> None:
    assert not isinstance(
        verify("fix", _snapshot("x = 0\n"), Region(0, 1), [text], tree=None), Refusal
    )


@pytest.mark.parametrize(
    ("kind", "old", "new", "part"),
    [
        ("fix", "x = (1)", "x = (1", "syntax errors"),
        ("fix", "x = 1", 'x = """', "syntax errors"),
        ("fix", "def f():\n    pass", "def g():\n    pass", "leaves out `f`"),
        ("doc", "def f():\n    pass", 'def f():\n    """Do."""\n    return', "changes code"),
        ("refactor", "if x:\n    y()", "if x:\n   y()\n  z()", ""),
    ],
)
def test_what_is_wrong_is_worded_for_the_model(kind: str, old: str, new: str, part: str) -> None:
    snapshot = _snapshot(f"{old}\nz = 1\n")
    region = Region(0, old.count("\n") + 1)
    tree = parse_text("python", snapshot.text, 1.0)
    found = verify(kind, snapshot, region, new.split("\n"), tree=tree)  # type: ignore[arg-type]
    assert isinstance(found, Refusal)
    assert part in found.reason


def _random_lines(randomness: random.Random, eol: str) -> list[str]:
    words = ["", "a", "}", "  b", "\tc", "é🦆", "x = 1", "\f"]
    return [randomness.choice(words) + eol for _ in range(randomness.randint(1, 12))]


def test_five_thousand_random_edits_stay_in_their_region() -> None:
    randomness = random.Random(3)
    for _ in range(5_000):
        eol = randomness.choice(["\n", "\r\n", "\r"])
        text = "".join(_random_lines(randomness, eol))
        text = randomness.choice(["\ufeff", ""]) + (
            text if randomness.random() < 0.5 else text.rstrip("\r\n")
        )
        snapshot = _snapshot(text)
        first = randomness.randrange(len(snapshot.lines))
        last = randomness.randint(first + 1, len(snapshot.lines))
        has_mark = first == 0 and text.startswith("\ufeff")
        region = Region(first, last, "", 1 if has_mark else 0)
        old = region_lines(snapshot, region)
        new = [line.rstrip("\r\n") for line in _random_lines(randomness, "\n")]
        if randomness.random() < 0.5:
            cut = randomness.randint(0, len(old))
            new = [*old[:cut], *new, *old[cut:]]
        after = apply_edits(snapshot, make_edits(snapshot, region, new))
        assert is_confined(snapshot, region, after)
        tail = len(snapshot.lines) - last
        got = split_lines(after)[first:]
        got = [line.rstrip("\r\n") for line in (got[: len(got) - tail] if tail else got)]
        if region.column:
            got[0] = got[0].removeprefix("\ufeff")
        # A region that ends with its line's end has an empty line after it, which is not its own.
        if last == len(snapshot.lines) or tail:
            assert got == new


def test_rebase_finds_the_untouched_region_and_no_other() -> None:
    randomness = random.Random(4)
    for _ in range(3_000):
        lines = [f"line {number}\n" for number in range(30)]
        first = randomness.randrange(5, 20)
        region = Region(first, first + randomness.randint(1, 6))
        old = _snapshot("".join(lines))
        new = list(old.lines)
        touched = randomness.random() < 0.3
        below = [f"new {randomness.random()}\n"] * randomness.randint(0, 3)
        new[region.last + 1 : region.last + 1] = below
        if touched:
            new[randomness.randrange(region.first, region.last)] = "other\n"
        above = randomness.randint(0, 3)
        new[first:first] = ["above\n"] * above
        if randomness.random() < 0.5:
            del new[0]
            above -= 1
        current = _snapshot("".join(new))
        found = rebase_region(old, current, region)
        if touched:
            assert found is None
        else:
            assert found == Region(region.first + above, region.last + above)


def test_rebase_does_not_take_a_copy_for_the_region() -> None:
    old = _snapshot("a\nsame()\nb\nsame()\nc\n")
    edited = _snapshot("x\na\nother()\nb\nsame()\nc\ny\n")
    assert rebase_region(old, edited, Region(1, 2)) is None
