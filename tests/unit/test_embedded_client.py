"""The embedded engine's process: what it has read, and how it follows the files and their rules."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from lsp_server.embedded.client import Corpus, EmbeddedClient

PATIENCE_S = 60.0
IGNORE = (".gitignore", ".qwenignore")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "workspace"
    (root / "part").mkdir(parents=True)
    for name in ("a.py", "b.py", "part/c.py", "part/d.py"):
        (root / name).write_text(f"def same_{name[-4]}():\n    return {name[-4]}\n")
    return root


@pytest_asyncio.fixture
async def client(root: Path) -> AsyncIterator[EmbeddedClient]:
    client = EmbeddedClient()
    await client.start((root,), IGNORE)
    await until(client, lambda corpus: not corpus.reading and corpus.files == 4)
    yield client
    await client.close()


async def until(client: EmbeddedClient, is_so: Callable[[Corpus], bool]) -> None:
    for _ in range(int(PATIENCE_S / 0.02)):
        corpus = await client.status()
        if is_so(corpus):
            return
        await asyncio.sleep(0.02)
    raise AssertionError(corpus)


def tell(client: EmbeddedClient, path: Path, text: str | None = None) -> None:
    if text is not None:
        path.write_text(text)
    client.reread(str(path))


def move(path: Path, name: str) -> None:
    path.rename(path.with_name(name))


@pytest.mark.asyncio
@pytest.mark.parametrize("name", IGNORE)
async def test_what_is_ignored_is_forgotten_at_once_and_comes_back(
    client: EmbeddedClient, root: Path, name: str
) -> None:
    client.put(str(root / "a.py"), "def unsaved():\n    return 1\n")
    tell(client, root / name, "part/\na.py\n")
    # The very next answer goes by the new rules.
    assert (await client.status()).files == 1
    tell(client, root / name, "a.py\n")
    await until(client, lambda corpus: not corpus.reading and corpus.files == 3)
    (root / name).unlink()
    tell(client, root / name)
    client.drop(str(root / "a.py"))
    await until(client, lambda corpus: not corpus.reading and corpus.files == 4)


@pytest.mark.asyncio
async def test_folders_that_come_and_go(client: EmbeddedClient, root: Path) -> None:
    move(root / "part", "whole")
    (root / "whole" / "e.py").write_text("def e():\n    return 1\n")
    tell(client, root / "part")
    tell(client, root / "whole")
    await until(client, lambda corpus: not corpus.reading and corpus.files == 5)


@pytest.mark.asyncio
@pytest.mark.parametrize("name", ["node_modules/a.js", ".git/b.py", ".env.py", "c.bin"])
async def test_what_is_not_read_at_the_start_is_not_read_later(
    client: EmbeddedClient, root: Path, name: str
) -> None:
    (root / name).parent.mkdir(exist_ok=True)
    tell(client, root / name, "def c():\n    return 1\n")
    assert (await client.status()).files == 4


@pytest.mark.asyncio
async def test_a_disk_that_is_not_there_takes_nothing_along(
    client: EmbeddedClient, root: Path
) -> None:
    move(root, "elsewhere")
    tell(client, root / "part")
    await until(client, lambda corpus: not corpus.reading)
    assert (await client.status()).files == 4


@pytest.mark.asyncio
async def test_another_workspace_takes_its_place(client: EmbeddedClient, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "z.py").write_text("def z():\n    return 1\n")
    await client.start((other,), IGNORE)
    await until(client, lambda corpus: not corpus.reading and corpus.files == 1)
