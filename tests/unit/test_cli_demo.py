"""`qwen-lsp demo`: real ghost text on the sample project, with no key and no network."""

from __future__ import annotations

import ast
from importlib import resources
from pathlib import Path

import pytest

from lsp_server.cli.scenes import SCENES, Scene
from lsp_server.syntax.grammars import language_of_path
from tests.fakes import FakeEndpoint
from tests.fakes.command import run_command, write_config

PROJECT = Path(str(resources.files("lsp_server") / "demo_project"))


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.title)
def test_a_scene_fits_the_project(scene: Scene) -> None:
    text = (PROJECT / scene.file).read_text("utf-8")
    assert text.count(scene.behind) == 1
    assert scene.language == language_of_path(scene.file)
    assert "\n" not in scene.typed


@pytest.mark.parametrize("file", sorted(PROJECT.rglob("*.py")), ids=lambda file: file.name)
def test_the_project_is_python(file: Path) -> None:
    ast.parse(file.read_text("utf-8"))


@pytest.mark.asyncio
async def test_shows_ghost_text_of_the_embedded_engine(tmp_path: Path) -> None:
    environment = write_config(tmp_path, 'provider = "embedded"\n')
    done = await run_command("demo", environment=environment, folder=tmp_path)
    assert done.code == 0
    assert done.out.count("accepted]") == len(SCENES)
    assert done.out.count("{+") == done.out.count("accepted]")
    assert " from the embedded engine, which needs no model: " in done.out
    assert "From a key to its ghost text: p50 " in done.out
    assert "need a model, and none is set up." in done.out
    assert "\x1b" not in done.out


@pytest.mark.asyncio
async def test_shows_ghost_text_of_a_model(tmp_path: Path) -> None:
    async with FakeEndpoint() as endpoint:
        endpoint.reply("asked_of_a_model()")
        environment = {"OPENAI_BASE_URL": endpoint.base_url, "OPENAI_API_KEY": "sk-test"}
        done = await run_command("demo", environment=environment, folder=tmp_path)
    assert done.code == 0
    assert "{+asked_of_a_model()+}" in done.out
    assert " from openai, qwen-coder-turbo: qwen-coder-turbo answered" in done.out


@pytest.mark.asyncio
async def test_without_ghost_text_the_exit_code_is_one(tmp_path: Path) -> None:
    environment = write_config(tmp_path, "completion.enabled = false\n")
    done = await run_command("demo", environment=environment, folder=tmp_path)
    assert done.code == 1
    assert f"Ghost text in 0 of {len(SCENES)} scenes." in done.out
    assert "Ghost text is switched off (qwen.completion.enabled)." in done.out
