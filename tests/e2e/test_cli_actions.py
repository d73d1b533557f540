"""`qwen-lsp fix`, `refactor`, `explain`, `doc` and `test` as a user runs them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.fakes import FakeEndpoint
from tests.fakes.command import Finished, run_command

SOURCE = "def total(prices):\n    return sum(prise)\n\n\ndef count(items):\n    return len(items)\n"
FIXED = SOURCE.replace("prise", "prices")
REPLY = "Sure!\n```python\ndef total(prices):\n    return sum(prices)\n```\nDone."
DIFF = "\n".join(
    [
        "--- a/cart.py",
        "+++ b/cart.py",
        "@@ -1,5 +1,5 @@",
        " def total(prices):",
        "-    return sum(prise)",
        "+    return sum(prices)",
        " ",
        " ",
        " def count(items):",
        "",
    ]
)
SARIF = {
    "version": "2.1.0",
    "runs": [
        {
            "tool": {"driver": {"name": "ruff"}},
            "results": [
                {
                    "ruleId": "F821",
                    "level": "error",
                    "message": {"text": "Undefined name `prise`"},
                    "locations": [
                        {
                            "physicalLocation": {
                                "artifactLocation": {"uri": "cart.py"},
                                "region": {"startLine": 2, "startColumn": 16, "endColumn": 21},
                            }
                        }
                    ],
                }
            ],
        }
    ],
}
LSP = {
    "uri": "FILE",
    "diagnostics": [
        {
            "range": {"start": {"line": 1, "character": 15}, "end": {"line": 1, "character": 20}},
            "message": "Undefined name `prise`",
        }
    ],
}


async def _run(folder: Path, endpoint: FakeEndpoint | None, *arguments: str | Path) -> Finished:
    environment = {}
    if endpoint is not None:
        environment = {"OPENAI_BASE_URL": endpoint.base_url, "OPENAI_API_KEY": "sk-test"}
    return await run_command(*arguments, environment=environment, folder=folder)


def _write(folder: Path, text: str = SOURCE, name: str = "cart.py") -> Path:
    path = folder / name
    path.write_bytes(text.encode())
    return path


def _dump(folder: Path, value: object, name: str = "found.json") -> Path:
    return _write(folder, json.dumps(value), name)


def _read(path: Path) -> bytes:
    return path.read_bytes()


@pytest.mark.asyncio
@pytest.mark.parametrize("found", [SARIF, [LSP], LSP, LSP["diagnostics"]])
async def test_fix_shows_a_diff_and_leaves_the_file(found: object, tmp_path: Path) -> None:
    file = _write(tmp_path)
    diagnostics = _write(tmp_path, json.dumps(found).replace("FILE", file.as_uri()), "found.json")
    async with FakeEndpoint(kind="openai") as endpoint:
        endpoint.reply(REPLY)
        done = await _run(tmp_path, endpoint, "fix", "cart.py", "--diagnostics", diagnostics)
    assert done.out == DIFF, done
    assert done.code == 0
    assert "Fixed by qwen3-coder-30b-a3b-instruct." in done.err
    assert _read(file) == SOURCE.encode()
    assert "Undefined name" in endpoint.generations[0].json["messages"][1]["content"]


@pytest.mark.asyncio
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("eol", ["\n", "\r\n"])
async def test_apply_writes_the_file(mark: bytes, eol: str, tmp_path: Path) -> None:
    file = tmp_path / "cart.py"
    _write(tmp_path, (mark + SOURCE.replace("\n", eol).encode()).decode())
    async with FakeEndpoint(kind="openai") as endpoint:
        endpoint.reply(REPLY)
        done = await _run(
            tmp_path, endpoint, "refactor", "cart.py:1", "--instruction", "Mend it.", "--apply"
        )
    assert done.code == 0, done
    assert "It is written." in done.err
    assert _read(file) == mark + FIXED.replace("\n", eol).encode()


@pytest.mark.asyncio
async def test_json(tmp_path: Path) -> None:
    _write(tmp_path)
    async with FakeEndpoint(kind="openai") as endpoint:
        endpoint.reply(REPLY)
        done = await _run(tmp_path, endpoint, "refactor", "cart.py:1-2", "--json")
    assert done.code == 0
    assert done.json == {
        "status": "applied",
        "reason": "Refactored by qwen3-coder-30b-a3b-instruct.",
        "model": "qwen3-coder-30b-a3b-instruct",
        "notes": [],
        "file": str(tmp_path / "cart.py"),
        "diff": DIFF,
        "applied": False,
    }


@pytest.mark.asyncio
async def test_explain_and_tests(tmp_path: Path) -> None:
    _write(tmp_path)
    _write(tmp_path, "[project]\n", "pyproject.toml")
    async with FakeEndpoint(kind="openai") as endpoint:
        endpoint.reply("It *adds* up. ![x](https://evil.example)")
        done = await _run(tmp_path, endpoint, "explain", "cart.py:1")
        assert (done.code, done.out) == (0, "It *adds* up. x\n")
        endpoint.reply(
            "```python\nfrom cart import total\n\n\ndef test_total():\n    total([])\n```"
        )
        done = await _run(tmp_path, endpoint, "test", "cart.py:1", "--apply")
    assert done.code == 0, done
    assert done.out.startswith("--- /dev/null\n+++ b/tests/test_cart.py\n")
    assert _read(tmp_path / "tests" / "test_cart.py").startswith(b"from cart import total\n")


@pytest.mark.asyncio
async def test_the_prompt_is_shown_and_not_sent(tmp_path: Path) -> None:
    key = "sk-" + "4f9a0c7be21d4c0e9b83d5a6" * 2
    _write(tmp_path, f'KEY = "{key}"\nprise = convert(1)\n')
    _write(tmp_path, "[project]\n", "pyproject.toml")
    _write(tmp_path, "def convert(price):\n    return price\n", "money.py")
    async with FakeEndpoint(kind="openai") as endpoint:
        arguments = ("refactor", "cart.py:1-2", "--show-prompt")
        shown = await _run(tmp_path, endpoint, *arguments)
        told = (await _run(tmp_path, endpoint, *arguments, "--json")).json
        assert endpoint.requests == []
        sent = await _run(tmp_path, endpoint, "refactor", "cart.py:1-2")
        assert sent.code in (0, 1)
        (request, *_) = endpoint.generations
        messages = request.json["messages"]
    assert shown.code == 0, shown
    assert shown.out.startswith("about ")

    def plain(text: str) -> str:
        # Placeholders are keyed anew by every process.
        return re.sub(r"REDACTED_\w+", "REDACTED", text)

    for message, same in zip(messages, told["messages"], strict=True):
        assert plain(message["content"]) == plain(same["content"])
        assert plain(message["content"]) in plain(shown.out)
    assert "From money.py:\n```\ndef convert(price):" in messages[1]["content"]
    assert key not in shown.out
    assert told["tokens"] > 100


@pytest.mark.asyncio
async def test_a_file_that_may_not_be_sent_has_no_prompt(tmp_path: Path) -> None:
    _write(tmp_path, "A=1\n", ".env")
    done = await _run(tmp_path, None, "explain", ".env", "--show-prompt")
    assert (done.code, done.out) == (1, "")
    assert "This file is not sent to a model" in done.err


@pytest.mark.asyncio
async def test_own_syntax_errors(tmp_path: Path) -> None:
    _write(tmp_path, SOURCE.replace("len(items)", "len(items"))
    async with FakeEndpoint(kind="openai") as endpoint:
        endpoint.reply("```python\ndef count(items):\n    return len(items)\n```")
        done = await _run(tmp_path, endpoint, "fix", "cart.py:6", "--apply")
    assert done.code == 0, done
    assert _read(tmp_path / "cart.py") == SOURCE.encode()


@pytest.mark.asyncio
async def test_no_acceptable_change(tmp_path: Path) -> None:
    file = _write(tmp_path)
    async with FakeEndpoint(kind="openai") as endpoint:
        endpoint.reply("I would rather not.")
        done = await _run(tmp_path, endpoint, "refactor", "cart.py:1", "--apply")
    assert (done.code, done.out) == (1, "")
    assert "No acceptable change" in done.err
    assert _read(file) == SOURCE.encode()


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("arguments", "code", "part"),
    [
        (["fix"], 2, "required"),
        (["fix", "nowhere.py"], 2, "no file"),
        (["fix", "cart.py:0"], 2, "count from 1"),
        (["fix", "cart.py:9-3"], 2, "backwards"),
        (["fix", "cart.py:999"], 2, "no line 999"),
        (["fix", "cart.py", "--diagnostics", "cart.py"], 2, "holds no diagnostics"),
        (["fix", "cart.py", "--diagnostics", "none.json"], 2, "cannot be read"),
        (["fix", "cart.py", "--diagnostics", "empty.json"], 1, "no diagnostic for this file"),
        (["fix", "cart.py:1"], 2, "No model is configured"),
        (["refactor", "cart.py:1"], 2, "No model is configured"),
        (["explain", "cart.py", "--apply"], 2, "unrecognized"),
    ],
)
async def test_wrong_use(arguments: list[str], code: int, part: str, tmp_path: Path) -> None:
    _write(tmp_path, SOURCE.replace("prise)", "prices"))
    _dump(tmp_path, [], "empty.json")
    done = await _run(tmp_path, None, *arguments)
    assert (done.code, done.out) == (code, ""), done
    assert part in done.err
    assert "Traceback" not in done.err
    assert len(done.told.splitlines()) == 1


@pytest.mark.asyncio
async def test_checks_come_from_the_users_own_file_alone(tmp_path: Path) -> None:
    project, config = tmp_path / "project", tmp_path / "config"
    (config / "qwen-lsp").mkdir(parents=True)
    project.mkdir()
    file = _write(project)
    diagnostics = _dump(project, SARIF)
    hostile = '[tool.qwen.actions.checks]\nx = ["touch", "a"]\n[actions.checks]\nx = ["touch"]\n'
    for name in ("config.toml", "pyproject.toml", "qwen-lsp.toml"):
        _write(project, hostile, name)
    script = "import sys; sys.exit('sum(prices' in open('cart.py').read())"
    _write(
        config / "qwen-lsp",
        f'[actions.checks]\nnaming = ["python3", "-c", "{script}"]\n',
        "config.toml",
    )
    async with FakeEndpoint(kind="openai") as endpoint:
        endpoint.reply(REPLY)
        environment = {
            "OPENAI_BASE_URL": endpoint.base_url,
            "OPENAI_API_KEY": "sk-test",
            "XDG_CONFIG_HOME": str(config),
        }
        done = await run_command(
            "fix", "cart.py", "--diagnostics", diagnostics, environment=environment, folder=project
        )
    assert done.code == 1, done
    assert "The check naming fails with it" in done.err
    assert _read(file) == SOURCE.encode()
    assert sorted(path.name for path in project.iterdir()) == [
        "cart.py", "config.toml", "found.json", "pyproject.toml", "qwen-lsp.toml",
    ]  # fmt: skip
