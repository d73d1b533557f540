"""A folder's index follows its files, whatever happens to them and to the database."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest

from lsp_server.index import folder as folder_module
from lsp_server.index.crawl import INDEX_LIMITS, Limits, SourceFile, read_source
from lsp_server.index.folder import IndexedFolder
from lsp_server.index.reader import Reader
from lsp_server.index.store import Entry, Store
from lsp_server.privacy.gate import Gate

IGNORE = (".gitignore", ".qwenignore")


class Workspace:
    """A folder with its index, and servers that read it."""

    def __init__(self, place: Path) -> None:
        self.root = place / "workspace"
        self.root.mkdir()
        self.database = place / "cache" / "a.sqlite"
        self.announced: list[str] = []
        self.reader = Reader(self.database)

    def write(self, files: dict[str, str | bytes]) -> None:
        for name, text in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())

    def open(
        self,
        owner: str = "a",
        *,
        store: Store | None = None,
        limits: Limits = INDEX_LIMITS,
        careful: Sequence[str] = (),
    ) -> IndexedFolder:
        return IndexedFolder(
            self.root,
            IGNORE,
            store or Store(self.database),
            owner,
            announce=self.announced.extend,
            careful=careful,
            limits=limits,
        )

    def files(self) -> list[str]:
        return self.reader.files()

    def defines(self, name: str) -> list[str]:
        return [symbol.path for symbol in self.reader.define([name])]


def finish(*folders: IndexedFolder) -> None:
    """Step until nothing is left to do at once."""
    for _ in range(10_000):
        if not [folder for folder in folders if folder.step() == 0]:
            return
    raise AssertionError("it never ends")


@pytest.fixture(autouse=True)
def _no_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder_module, "CALM_S", 0.0)
    # However slow the machine is, what a step holds is the same.
    monkeypatch.setattr(folder_module, "_STEP_S", 600.0)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    workspace = Workspace(tmp_path)
    workspace.write(
        {"a.py": "class A: pass\n", "b/c.ts": "export class C {}\n", "d.md": "Words.\n"}
    )
    return workspace


def test_everything_is_read_once(workspace: Workspace) -> None:
    folder = workspace.open()
    assert folder.is_reading
    finish(folder)
    assert workspace.files() == ["a.py", "b/c.ts", "d.md"]
    assert workspace.announced == ["a.py", "d.md", "b/c.ts"]
    assert (folder.is_reading, folder.is_cut, folder.fault) == (False, False, "")
    assert (folder.progress.done, folder.progress.total) == (3, 3)
    folder.close()
    again = workspace.open()
    finish(again)
    assert len(workspace.announced) == 3


def test_what_changed_while_no_server_ran(workspace: Workspace) -> None:
    first = workspace.open()
    finish(first)
    first.close()
    workspace.write({"a.py": "class Another: pass\n", "new.py": "class New: pass\n"})
    (workspace.root / "d.md").unlink()
    (workspace.root / "b").rename(workspace.root / "moved")
    finish(workspace.open())
    assert workspace.files() == ["a.py", "moved/c.ts", "new.py"]
    assert workspace.defines("A") == []
    assert workspace.defines("Another") == ["a.py"]


@pytest.mark.parametrize("spelling", ["given", "real"])
def test_changes_are_followed(workspace: Workspace, tmp_path: Path, spelling: str) -> None:
    (tmp_path / "link").symlink_to(workspace.root, target_is_directory=True)
    real = workspace.root
    if spelling == "given":
        workspace.root = tmp_path / "link"
    folder = workspace.open()
    finish(folder)
    workspace.write({"a.py": "class Saved: pass\n", "new/e.py": "class E: pass\n"})
    (real / "d.md").unlink()
    for name in ("a.py", "new/e.py", "d.md"):
        assert folder.note_change(str(workspace.root / name))
    finish(folder)
    assert workspace.files() == ["a.py", "b/c.ts", "new/e.py"]
    assert workspace.defines("Saved") == ["a.py"]


@pytest.mark.parametrize(
    "name",
    [
        "../outside.py",
        "node_modules/a.py",
        ".git/a.py",
        "b/.venv/x.py",
        "",
        "\ud800.py",
        "build/a.py",
    ],
)
def test_changes_elsewhere_do_not_matter(workspace: Workspace, name: str) -> None:
    folder = workspace.open()
    finish(folder)
    assert not folder.note_change(f"{workspace.root}/{name}".removesuffix("/") if name else "/")
    assert folder.step() is None


def test_folders_that_come_and_go(workspace: Workspace) -> None:
    folder = workspace.open()
    finish(folder)
    (workspace.root / "b").rename(workspace.root / "e")
    folder.note_change(str(workspace.root / "b"))
    folder.note_change(str(workspace.root / "e"))
    finish(folder)
    assert workspace.files() == ["a.py", "d.md", "e/c.ts"]


def test_ignore_files_count_at_once(workspace: Workspace) -> None:
    folder = workspace.open()
    finish(folder)
    workspace.write({".gitignore": "b/\n", ".qwenignore": "*.md\n"})
    folder.note_change(str(workspace.root / ".gitignore"))
    finish(folder)
    assert workspace.files() == ["a.py"]
    (workspace.root / ".qwenignore").unlink()
    folder.note_change(str(workspace.root / ".qwenignore"))
    finish(folder)
    assert workspace.files() == ["a.py", "d.md"]


def test_texts_that_are_not_saved_lie_over_files(workspace: Workspace) -> None:
    folder = workspace.open()
    finish(folder)
    path = str(workspace.root / "a.py")
    folder.note_text(path, "class Unsaved: pass\n\ud800")
    folder.note_text(str(workspace.root / "new.py"), "class New: pass\n")
    folder.look_again()
    finish(folder)
    assert workspace.defines("Unsaved") == ["a.py"]
    assert workspace.defines("New") == ["new.py"]
    folder.note_text(path, None)
    folder.note_text(str(workspace.root / "new.py"), None)
    folder.note_text(str(workspace.root / "d.md"), None)
    finish(folder)
    assert workspace.defines("A") == ["a.py"]
    assert workspace.files() == ["a.py", "b/c.ts", "d.md"]


def test_a_text_that_is_too_large_is_left_out(workspace: Workspace) -> None:
    folder = workspace.open()
    folder.note_text(str(workspace.root / "a.py"), "value = 1\n" * 300_000)
    finish(folder)
    assert workspace.files() == ["b/c.ts", "d.md"]


def test_a_save_ends_what_was_unsaved(workspace: Workspace) -> None:
    folder = workspace.open()
    path = str(workspace.root / "a.py")
    folder.note_text(path, "class Unsaved: pass\n")
    finish(folder)
    assert workspace.defines("Unsaved") == ["a.py"]
    workspace.write({"a.py": "class Saved: pass\n"})
    folder.note_change(path)
    finish(folder)
    assert workspace.defines("Saved") == ["a.py"]


def test_unsaved_texts_are_not_left_behind(workspace: Workspace) -> None:
    folder = workspace.open()
    finish(folder)
    folder.note_text(str(workspace.root / "a.py"), "class Unsaved: pass\n")
    finish(folder)
    folder.close()
    finish(workspace.open("another"))
    assert workspace.defines("A") == ["a.py"]


@pytest.mark.parametrize("name", [".env", "id_rsa.py.pem", "ignored.py", "secrets.toml"])
def test_what_the_gate_forbids_is_not_taken_from_a_document(
    workspace: Workspace, name: str
) -> None:
    workspace.write({".gitignore": "ignored.py\n"})
    folder = workspace.open()
    folder.note_text(str(workspace.root / name), "password = 1\n")
    finish(folder)
    assert name not in workspace.files()
    assert workspace.reader.search(["password"]) == []


def test_hostile_files(workspace: Workspace) -> None:
    root = workspace.root
    workspace.write(
        {
            "lines.py": "value = 1\n" * 300_000,
            "large.py": "value = 1\n" * 40_000,
            "latin.py": b"name = '\xe9'\n",
            "binary.py": b"a\0b",
            "deep.py": "((a\n" * 30_000,
            "one_line.js": "a=1;" * 100_000,
            "empty.py": b"",
            "broken.py": "class Broken(:\n  def f(\n",
        }
    )
    (root / "loop").symlink_to(root, target_is_directory=True)
    (root / "self.py").symlink_to(root / "self.py")
    (root / "dangling.py").symlink_to(root / "nowhere.py")
    os.mkfifo(root / "pipe.py")
    with open(os.fsencode(root) + b"/\xff.py", "wb") as file:
        file.write(b"class Strange: pass\n")
    folder = workspace.open()
    finish(folder)
    for name in ("self.py", "pipe.py", "loop", "lines.py", "latin.py"):
        folder.note_change(str(root / name))
    finish(folder)
    assert workspace.files() == [
        "a.py", "b/c.ts", "broken.py", "d.md", "deep.py", "empty.py", "large.py",
    ]  # fmt: skip
    assert workspace.defines("Broken") == ["broken.py"]
    assert folder.fault == ""


def test_files_that_vanish_while_they_are_read(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def vanish(path: Path, gate: Gate) -> SourceFile | None:
        path.unlink()
        return read_source(path, gate)

    monkeypatch.setattr(folder_module, "read_source", vanish)
    folder = workspace.open()
    finish(folder)
    assert workspace.files() == []
    assert not folder.is_reading


def test_files_that_may_not_be_read(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    read = Path.read_bytes

    def refuse(path: Path) -> bytes:
        if path.name == "a.py":
            raise PermissionError
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", refuse)
    finish(workspace.open())
    assert workspace.files() == ["b/c.ts", "d.md"]


def test_a_limit_is_known(workspace: Workspace) -> None:
    workspace.write({f"many/{number}.py": "x = 1\n" for number in range(100)})
    folder = workspace.open(limits=Limits(files=20))
    finish(folder)
    assert len(workspace.files()) == 20
    assert folder.is_cut
    assert not folder.is_reading


def test_without_the_folder_nothing_is_forgotten(workspace: Workspace) -> None:
    finish(workspace.open())
    workspace.root.rename(workspace.root.with_name("unmounted"))
    folder = workspace.open("b")
    finish(folder)
    assert len(workspace.files()) == 3


def test_files_that_ended_the_process_are_not_parsed(workspace: Workspace) -> None:
    finish(workspace.open(careful=["a.py"]))
    assert workspace.defines("A") == []
    assert workspace.defines("C") == ["b/c.ts"]
    assert [chunk.path for chunk in workspace.reader.search(["class"])][:1] == ["a.py"]


class FailingStore(Store):
    """A database on a disk that is full, or that others hold, for some transactions."""

    def __init__(self, path: Path, error: Exception, times: int) -> None:
        super().__init__(path)
        self.error = error
        self.times = times

    def write(self, entries: Sequence[Entry]) -> None:
        if self.times:
            self.times -= 1
            raise self.error
        super().write(entries)


@pytest.mark.parametrize(
    ("error", "is_told"),
    [
        (sqlite3.OperationalError("database or disk is full"), True),
        (sqlite3.OperationalError("attempt to write a readonly database"), True),
        (OSError(28, "No space left on device"), True),
        (sqlite3.OperationalError("database is locked"), False),
    ],
)
def test_what_cannot_be_written_is_written_later(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, error: Exception, is_told: bool
) -> None:
    folder = workspace.open(store=FailingStore(workspace.database, error, 2))
    finish(folder)
    assert folder.is_reading
    assert bool(folder.fault) == is_told
    assert (folder.step() or 0) > 0
    monkeypatch.setattr(folder, "_rest_until", 0.0)
    finish(folder)
    assert folder.is_reading
    monkeypatch.setattr(folder, "_rest_until", 0.0)
    finish(folder)
    assert len(workspace.files()) == 3
    assert (folder.is_reading, folder.fault) == (False, "")


def test_a_damaged_database_is_built_anew(workspace: Workspace) -> None:
    first = workspace.open()
    finish(first)
    first.note_text(str(workspace.root / "a.py"), "class Unsaved: pass\n")
    finish(first)
    workspace.reader.close()
    first.close()
    workspace.database.write_bytes(b"damaged" * 1_000)
    finish(first)
    first.look_again()
    finish(first)
    assert workspace.files() == ["a.py", "b/c.ts", "d.md"]
    assert workspace.defines("Unsaved") == ["a.py"]
    assert first.fault == ""


def test_a_database_that_is_damaged_again_and_again_is_given_up(workspace: Workspace) -> None:
    store = FailingStore(workspace.database, sqlite3.DatabaseError("malformed"), 100)
    folder = workspace.open(store=store)
    finish(folder)
    assert folder.fault == "malformed"
    assert store.times == 96


def test_where_no_database_can_be(tmp_path: Path, workspace: Workspace) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    folder = workspace.open()
    finish(folder)
    assert folder.fault
    assert workspace.files() == []
    folder.close()


def test_two_servers_at_once(workspace: Workspace) -> None:
    workspace.write({f"many/{number}.py": f"class M{number}: pass\n" for number in range(150)})
    first, second = workspace.open("first"), workspace.open("second")
    while first.is_reading or second.is_reading:
        first.step()
        second.step()
        workspace.write({"a.py": "class Changed: pass\n"})
    assert len(workspace.announced) <= 154
    path = str(workspace.root / "a.py")
    first.note_change(path)
    second.note_change(path)
    finish(first, second)
    assert len(workspace.files()) == 153
    assert workspace.defines("Changed") == ["a.py"]
    first.close()
    second.close()
