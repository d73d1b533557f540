"""What a release is made from belongs together: versions, and the lock of its dependencies."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import tomli
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from lsp_server import __version__

_ROOT = Path(__file__).parents[2]
_PROJECT = tomli.loads((_ROOT / "pyproject.toml").read_text("utf-8"))["project"]
_INSTALLED = [*_PROJECT["dependencies"], *_PROJECT["optional-dependencies"]["languages"]]
_DEVELOPED_WITH = [one for extra in _PROJECT["optional-dependencies"].values() for one in extra]


@pytest.mark.parametrize("path", ["package.json", "vscode-client/package.json"])
def test_one_version(path: str) -> None:
    assert json.loads((_ROOT / path).read_text("utf-8"))["version"] == __version__


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("requirements.lock", _INSTALLED),
        ("constraints.txt", [*_INSTALLED, *_DEVELOPED_WITH]),
    ],
)
def test_lock_holds_what_is_asked_for(path: str, asked: list[str]) -> None:
    pins = read_pins(path)
    missing = [
        text
        for text in asked
        if not pins.get(canonicalize_name((wanted := Requirement(text)).name))
        or not all(wanted.specifier.contains(pin) for pin in pins[canonicalize_name(wanted.name)])
    ]
    assert not missing, "run make lock"


def test_lock_has_hashes_and_names_no_address() -> None:
    lines = (_ROOT / "requirements.lock").read_text("utf-8").splitlines()
    pinned = [number for number, line in enumerate(lines) if "==" in line and "--hash" not in line]
    assert all("--hash=sha256:" in lines[number + 1] for number in pinned)
    assert not any("://" in line or line.startswith("-") for line in lines)


def read_pins(path: str) -> dict[str, list[str]]:
    """The versions by name: several where Pythons differ."""
    pins: dict[str, list[str]] = {}
    for name, version in re.findall(r"(?m)^([\w.-]+)==([\w.]+)", (_ROOT / path).read_text("utf-8")):
        pins.setdefault(canonicalize_name(name), []).append(version)
    return pins
