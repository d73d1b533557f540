"""`qwen-lsp complete`: places, files, the two forms of the answer, exit codes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lsp_server.buffer import Buffer, Encoding, Position
from lsp_server.cli.complete import (
    Place,
    describe,
    find_position,
    parse_place,
    read_snapshot,
    summarise,
)
from lsp_server.cli.session import find_root
from lsp_server.completion.base import Item, Outcome
from lsp_server.edit import InlineEdit
from lsp_server.errors import UserError
from tests.fakes import FakeEndpoint
from tests.fakes.command import run_command, write_config

EMBEDDED_ONLY = 'provider = "embedded"\n'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a.py:3", Place(Path("a.py"), 3, None)),
        ("a.py:3:7", Place(Path("a.py"), 3, 7)),
        ("folder/a b.py:12", Place(Path("folder/a b.py"), 12, None)),
        (r"C:\x.py:3", Place(Path(r"C:\x.py"), 3, None)),
        (r"C:\folder\x.py:3:9", Place(Path(r"C:\folder\x.py"), 3, 9)),
        ("C:/x.py:3", Place(Path("C:/x.py"), 3, None)),
        ("odd:name.py:4", Place(Path("odd:name.py"), 4, None)),
    ],
)
def test_reads_a_place(text: str, expected: Place) -> None:
    assert parse_place(text) == expected


@pytest.mark.parametrize("text", ["a.py", "a.py:", "a.py:x", ":3", "a.py:3:", "a.py:-1", "", "3"])
def test_refuses_what_names_no_place(text: str) -> None:
    with pytest.raises(UserError, match="names no place"):
        parse_place(text)


@pytest.mark.parametrize("text", ["a.py:0", "a.py:1:0"])
def test_counts_from_one(text: str) -> None:
    with pytest.raises(UserError, match="count from 1"):
        parse_place(text)


@pytest.mark.parametrize(
    ("line", "column", "expected"),
    [
        (1, None, Position(0, 5)),
        (1, 1, Position(0, 0)),
        (1, 6, Position(0, 5)),
        (2, None, Position(1, 2)),
        (3, None, Position(2, 0)),
    ],
)
def test_finds_the_position(line: int, column: int | None, expected: Position) -> None:
    snapshot = Buffer("file:///a.py", 1, "python", "x = 1\r\né😀\n", Encoding.UTF32).snapshot()
    assert find_position(Place(Path("a.py"), line, column), snapshot) == expected


@pytest.mark.parametrize(
    ("line", "column", "sentence"),
    [
        (4, None, "a.py has 2 lines, so there is no line 4."),
        (1, 7, "Line 1 of a.py has 5 characters, so its columns go up to 6."),
        (2, 3, "Line 2 of a.py has 1 character, so its columns go up to 2."),
    ],
)
def test_refuses_a_position_out_of_range(line: int, column: int | None, sentence: str) -> None:
    snapshot = Buffer("file:///a.py", 1, "python", "x = 1\ny\n", Encoding.UTF32).snapshot()
    with pytest.raises(UserError, match=re.escape(sentence)):
        find_position(Place(Path("a.py"), line, column), snapshot)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "There is no file"),
        (b"\xff\xfe\x00", "is no UTF-8 text"),
        (b"a\0b", "is no text"),
    ],
)
def test_refuses_what_is_no_text(content: bytes | None, sentence: str, tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(UserError, match=sentence):
        read_snapshot(file)


def test_refuses_a_folder(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is no file"):
        read_snapshot(tmp_path)


def test_reads_a_file_as_an_editor_does(tmp_path: Path) -> None:
    file = tmp_path / "a b.ts"
    file.write_bytes(b"\xef\xbb\xbflet x\r\n")
    snapshot = read_snapshot(file)
    assert (snapshot.text, snapshot.language) == ("let x\r\n", "typescript")
    assert snapshot.uri.endswith("/a%20b.ts")


def test_describes_items_in_the_units_of_the_lsp() -> None:
    snapshot = Buffer("file:///a.py", 1, "python", "s = '😀' + x)\n", Encoding.UTF32).snapshot()
    edit = InlineEdit(Position(0, 0), Position(0, 12), "s = '😀' + xyz)")
    outcome = Outcome("shown", "It is sure.", "embedded", None, (Item("yz)", edit),), 1.5)
    assert describe(outcome, snapshot) == {
        "items": [
            {
                "text": "s = '😀' + xyz)",
                "range": {
                    "start": {"line": 0, "character": 0},
                    "end": {"line": 0, "character": 13},
                },
                "engine": "embedded",
                "model": None,
            }
        ],
        "ms": 1.5,
        "reason": "It is sure.",
    }


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (Outcome("shown", "Why.", "embedded", None, (), 4.0), "embedded, 4 ms: Why."),
        (Outcome("shown", "Why.", "openai", "m", (), 4.25), "openai, m, 4.25 ms: Why."),
    ],
)
def test_says_who_answered(outcome: Outcome, expected: str) -> None:
    assert summarise(outcome) == expected


@pytest.mark.parametrize("mark", [".git", "pyproject.toml", "package.json"])
def test_finds_the_project(mark: str, tmp_path: Path) -> None:
    (tmp_path / "outer" / "own" / "deep").mkdir(parents=True)
    (tmp_path / "outer" / ".git").mkdir()
    (tmp_path / "outer" / "own" / mark).mkdir()
    file = tmp_path / "outer" / "own" / "deep" / "a.py"
    assert find_root(file) == tmp_path / "outer" / "own"


def test_a_home_folder_is_no_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    (tmp_path / ".git").mkdir()
    (tmp_path / "notes").mkdir()
    assert find_root(tmp_path / "notes" / "a.py") == tmp_path / "notes"
    assert find_root(tmp_path / "a.py") is None
    assert find_root(tmp_path.parent / "a.py") is None


def make_project(folder: Path) -> Path:
    (folder / ".git").mkdir()
    body = "".join(
        f"def load_{name}(path):\n    with open(path, encoding=CODE) as file:\n"
        "        return json.load(file)\n\n\n"
        for name in ("users", "orders", "prices", "stocks")
    )
    (folder / "load.py").write_text(body, "utf-8")
    file = folder / "more.py"
    file.write_text(body + "def load_more(path):\n    with open(path, enc", "utf-8")
    return file


@pytest.mark.asyncio
async def test_shows_a_suggestion_of_the_embedded_engine_in_place(tmp_path: Path) -> None:
    file = make_project(tmp_path)
    environment = write_config(tmp_path, EMBEDDED_ONLY)
    done = await run_command("complete", f"{file}:22", environment=environment)
    assert (done.code, done.told) == (0, "")
    *code, summary = done.out.splitlines()
    assert code[-1] == " 22 │     with open(path, enc{+oding=CODE) as file:+}"
    assert code[0] == " 18 │         return json.load(file)"
    assert re.fullmatch(r"embedded, [\d.]+ ms: qwen\.provider is set to embedded\.", summary)


@pytest.mark.asyncio
async def test_gives_the_same_as_json(tmp_path: Path) -> None:
    file = make_project(tmp_path)
    environment = write_config(tmp_path, EMBEDDED_ONLY)
    done = await run_command("complete", "--json", f"{file}:22", environment=environment)
    assert (done.code, done.told) == (0, "")
    first = done.json["items"][0]
    assert first["text"] == "with open(path, encoding=CODE) as file:"
    assert first["range"] == {
        "start": {"line": 21, "character": 4},
        "end": {"line": 21, "character": 23},
    }
    assert (first["engine"], first["model"]) == ("embedded", None)
    assert set(done.json) == {"items", "ms", "reason"}


@pytest.mark.asyncio
async def test_without_a_suggestion_the_exit_code_is_one(tmp_path: Path) -> None:
    file = tmp_path / "lonely.py"
    file.write_text("", "utf-8")
    environment = write_config(tmp_path, EMBEDDED_ONLY)
    done = await run_command("complete", f"{file}:1", environment=environment)
    assert (done.code, done.out) == (1, "")
    assert done.told.startswith("qwen-lsp: No suggestion. qwen.provider is set to embedded.")
    done = await run_command("complete", "--json", f"{file}:1", environment=environment)
    assert (done.code, done.told) == (1, "")
    assert done.json["items"] == []


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("place", "sentence"),
    [
        ("absent.py:1", "There is no file absent.py."),
        ("here.py:9", "here.py has 1 line, so there is no line 9."),
        ("here.py", "here.py names no place; write FILE:LINE or FILE:LINE:COL"),
    ],
)
async def test_wrong_use_is_one_sentence(place: str, sentence: str, tmp_path: Path) -> None:
    (tmp_path / "here.py").write_text("x = 1\n", "utf-8")
    done = await run_command("complete", place, folder=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"qwen-lsp: {sentence}")
    assert done.err.count("\n") == 1


@pytest.mark.asyncio
async def test_shows_what_the_model_says(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "sums.py").write_text("def add(a, b):\n    return \n", "utf-8")
    async with FakeEndpoint() as endpoint:
        endpoint.reply("a + b")
        environment = {"OPENAI_BASE_URL": endpoint.base_url, "OPENAI_API_KEY": "sk-test"}
        done = await run_command("complete", "sums.py:2", environment=environment, folder=tmp_path)
        asked = endpoint.generations
    assert done.code == 0
    assert " 2 │     return {+a + b+}\n" in done.out
    assert "openai, qwen-coder-turbo, " in done.out
    assert len(asked) == 1


@pytest.mark.asyncio
async def test_what_context_shows_is_what_is_sent(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "money.py").write_text("def convert(price, rate):\n    return price\n", "utf-8")
    file = tmp_path / "sums.py"
    file.write_text("from money import convert\n\n\ndef add(a, b):\n    return \n", "utf-8")
    async with FakeEndpoint() as endpoint:
        endpoint.reply("a + b")
        environment = {"OPENAI_BASE_URL": endpoint.base_url, "OPENAI_API_KEY": "sk-test"}
        done = await run_command("complete", "sums.py:5", environment=environment, folder=tmp_path)
        (asked,) = endpoint.generations
    told = await run_command("context", "--json", "sums.py:5", folder=tmp_path)
    assert (done.code, told.code) == (0, 0)
    parts = told.json["parts"]
    assert parts[0]["path"] == "money.py"
    prompt = asked.json["prompt"]
    assert all(part["text"] in prompt for part in parts)
    assert "<|file_sep|>sums.py\n" in prompt


@pytest.mark.asyncio
async def test_a_wrong_setting_is_told_and_does_no_harm(tmp_path: Path) -> None:
    file = make_project(tmp_path)
    environment = write_config(tmp_path, EMBEDDED_ONLY + 'region = "mars"\n')
    done = await run_command("complete", f"{file}:22", environment=environment)
    assert done.code == 0
    assert "qwen.region (config.toml) is not usable" in done.err


@pytest.mark.asyncio
@pytest.mark.parametrize("command", ["complete", "demo", "doctor", "models", "login", "logout"])
async def test_help_has_an_example(command: str) -> None:
    done = await run_command(command, "--help", environment={"COLUMNS": "40"})
    assert (done.code, done.err) == (0, "")
    assert f"example: qwen-lsp {command}" in done.out
