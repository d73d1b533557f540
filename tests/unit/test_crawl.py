"""The crawl: nearest the root first, within its limits, and never past the gate."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from lsp_server.index.crawl import (
    FoundFile,
    Limits,
    SourceFile,
    find_files,
    read_found,
    read_source,
)
from lsp_server.privacy.gate import Gate


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(text.encode())


def crawl(root: Path, limits: Limits | None = None) -> list[str]:
    gate = Gate((root,))
    return [
        Path(found.path).relative_to(os.path.realpath(root)).as_posix()
        for found in find_files(gate, limits or Limits())
        if found is not None and read_found(found) is not None
    ]


def test_nearest_the_root_first_and_by_name(tmp_path: Path) -> None:
    write(tmp_path, dict.fromkeys(["b/c/d.py", "z.py", "b/e.py", "a.go", "a/f.rs"], "x"))
    assert crawl(tmp_path) == ["a.go", "z.py", "a/f.rs", "b/e.py", "b/c/d.py"]


def test_breathes_after_each_folder(tmp_path: Path) -> None:
    write(tmp_path, dict.fromkeys(["a.py", "b/c.py"], "x"))
    found = list(find_files(Gate((tmp_path,)), Limits()))
    names = [Path(each.path).name if each else None for each in found]
    assert names == ["a.py", None, "c.py", None]


@pytest.mark.parametrize(
    "name",
    [
        "node_modules/a.js", "vendor/a.go", "deep/target/a.rs", "__pycache__/a.py", "venv/a.py",
        ".venv/a.py", ".git/a.py", ".ssh/a.py", ".hidden/a.py", "site-packages/a.py", "dist/a.js",
        ".env", "id_rsa", "server.pem", "credentials.yml", "secrets.toml",
        "image.png", "data.bin", "notes.txt", "noending",
        "ignored/a.py", "ignored.py",
    ],
)  # fmt: skip
def test_passed_over(name: str, tmp_path: Path) -> None:
    write(tmp_path, {name: "x", "main.py": "x", ".gitignore": "ignored/\nignored.py\n"})
    assert crawl(tmp_path) == ["main.py"]


@pytest.mark.parametrize(
    "content", [b"\xff\xfe", b"a\0b", "é".encode("latin-1"), b"\xed\xa0\x80", b"x" * 401]
)
def test_what_is_no_text_or_too_large_is_passed_over(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(content)
    assert crawl(tmp_path, Limits(file_bytes=400)) == []


def test_limits_hold(tmp_path: Path) -> None:
    write(tmp_path, {f"{number:02}.py": "x" * 10 for number in range(20)})
    assert len(crawl(tmp_path)) == 20
    assert len(crawl(tmp_path, Limits(files=3))) == 3
    assert len(crawl(tmp_path, Limits(bytes=45))) == 4
    assert len(crawl(tmp_path, Limits(visited=5))) == 5


def test_a_file_too_many_bytes_leaves_room_for_smaller_ones(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": "x" * 40, "b.py": "x" * 40, "c.py": "x"})
    assert crawl(tmp_path, Limits(bytes=50)) == ["a.py", "c.py"]


def test_links_are_not_followed(tmp_path: Path) -> None:
    root = tmp_path / "workspace"
    write(root, {"main.py": "x"})
    write(tmp_path, {"outside/a.py": "secret", "b.py": "secret"})
    (root / "folder").symlink_to(tmp_path / "outside", target_is_directory=True)
    (root / "circle").symlink_to(root, target_is_directory=True)
    (root / "b.py").symlink_to(tmp_path / "b.py")
    (root / "broken.py").symlink_to(tmp_path / "nowhere.py")
    assert crawl(root) == ["main.py"]


def test_a_pipe_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.py")
    assert crawl(tmp_path) == []


def test_folders_that_vanish_or_were_never_there(tmp_path: Path) -> None:
    write(tmp_path, {"a/b.py": "x", "c/d.py": "x"})
    walk = find_files(Gate((tmp_path, tmp_path / "nowhere")), Limits())
    assert next(walk) is None
    (tmp_path / "a" / "b.py").unlink()
    (tmp_path / "a").rmdir()
    assert [Path(found.path).name for found in walk if found is not None] == ["d.py"]


def test_one_file(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": "x = 'é'\r\n", ".env": "A=1"})
    gate = Gate((tmp_path,))
    path = tmp_path / "a.py"
    assert read_source(path, gate) == SourceFile(str(path), "x = 'é'\r\n")
    assert read_source(tmp_path / ".env", gate) is None
    assert read_source(tmp_path / "nowhere.py", gate) is None
    assert read_source(tmp_path, gate) is None


class EndlessFolder:
    """What `os.scandir` gives for a folder that has no end."""

    def __enter__(self) -> Iterator[EndlessFolder]:
        return itertools.repeat(self)

    def __exit__(self, *_: object) -> None: ...

    name = path = "pipe"

    def is_dir(self, *, follow_symlinks: bool) -> bool:
        return follow_symlinks

    def is_file(self, *, follow_symlinks: bool) -> bool:
        return follow_symlinks


def test_a_folder_without_end_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "scandir", lambda _folder: EndlessFolder())
    assert crawl(tmp_path, Limits(visited=1_000)) == []


@pytest.mark.parametrize(
    ("limits", "is_cut"),
    [
        (Limits(), False),
        (Limits(files=3), False),
        (Limits(files=2), True),
        (Limits(bytes=29), True),
        (Limits(visited=2), True),
        (Limits(file_bytes=9), False),
    ],
)
def test_whether_a_limit_was_met(tmp_path: Path, limits: Limits, is_cut: bool) -> None:
    write(tmp_path, {f"{number}.py": "x" * 10 for number in range(3)})
    told: list[bool] = []

    def listen() -> Iterator[FoundFile | None]:
        told.append((yield from find_files(Gate((tmp_path,)), limits)))

    assert len([found for found in listen() if found]) <= 3
    assert told == [is_cut]
