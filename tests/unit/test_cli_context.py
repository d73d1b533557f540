"""`qwen-lsp context`: what would be sent, for the user's eyes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fakes.editor import clean_environment

KEY = "sk-" + "4f9a0c7be21d4c0e9b83d5a6" * 2


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    (root / "pyproject.toml").write_text("")
    (root / "money.py").write_text("def convert(price, currency):\n    return price\n")
    (root / "app.py").write_text(
        f'from money import convert\n\nAPI_KEY = "{KEY}"\n\n\ndef total(prices):\n    return \n'
    )
    (root / ".env").write_text("A=1\n")
    return root


def run(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "lsp_server", "context", *arguments],
        capture_output=True,
        text=True,
        cwd=project,
        env=clean_environment({"XDG_CACHE_HOME": str(project.parent / "cache")}),
        timeout=120,
    )


def test_the_pieces_for_programs(project: Path) -> None:
    done = run(project, "--json", "app.py:7")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["tokens"] <= told["budget"] == 1536
    first, before, after = told["parts"]
    assert first["path"] == "money.py"
    assert "def convert(price, currency)" in first["text"]
    assert [piece["line"] for piece in first["pieces"]] == [1]
    assert (before["origin"], after["origin"]) == ("before the cursor", "after the cursor")
    assert before["text"].endswith("def total(prices):\n    return ")


def test_secrets_are_replaced_here_too(project: Path) -> None:
    done = run(project, "app.py:7")
    assert done.returncode == 0, done.stderr
    assert "REDACTED_" in done.stdout
    assert KEY not in done.stdout


@pytest.mark.parametrize(
    ("place", "code", "says"),
    [
        (".env:1", 1, "not sent to a model"),
        ("none.py:1", 2, "There is no file"),
        ("app.py:99", 2, "there is no line 99"),
    ],
)
def test_what_is_not_shown(project: Path, place: str, code: int, says: str) -> None:
    done = run(project, place)
    assert done.returncode == code
    assert says in done.stderr
