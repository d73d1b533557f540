"""Configuration: the layers in their order, and a configuration file in any state."""

from __future__ import annotations

import logging
from collections import namedtuple
from pathlib import Path

import pytest

from lsp_server import configuration
from lsp_server.configuration import as_tree, config_path, read_config_file, resolve_layers


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "config.toml"
    monkeypatch.setattr(configuration, "config_path", lambda: file)
    return file


def test_the_editor_is_stronger_than_the_start_and_the_start_than_the_file(config: Path) -> None:
    config.write_text(
        'region = "us"\n[completion]\nmode = "fim"\nmodel = "a"\nenabled = false\n', "utf-8"
    )
    resolved = resolve_layers(
        {"completion": {"model": "c"}}, {"completion": {"mode": "partial", "model": "b"}}
    )
    completion = resolved.settings.completion
    assert (completion.model, completion.mode, completion.enabled) == ("c", "partial", False)
    assert resolved.settings.region == "us"
    assert resolved.problems == ()


def test_a_key_comes_only_with_the_start(config: Path) -> None:
    config.write_text('apiKey = "sk-file"\n', "utf-8")
    resolved = resolve_layers({"apiKey": "sk-editor"}, {"apiKey": "sk-store"})
    assert resolved.settings.api_key == "sk-store"
    assert [problem.split(" is ")[0] for problem in resolved.problems] == [
        "qwen.apiKey (the editor's settings)",
        "qwen.apiKey (config.toml)",
    ]


def test_unknown_keys_are_named_in_the_log(config: Path, caplog: pytest.LogCaptureFixture) -> None:
    config.write_text("colour = 1\n", "utf-8")
    with caplog.at_level(logging.WARNING):
        assert resolve_layers({"shade": 2}, None).problems == ()
    assert "shade (the editor's settings), colour (config.toml)" in caplog.text


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'region = "us', "is no valid TOML"),
        (b"region = us\n", "is no valid TOML"),
        (b"\xff\xfe", "cannot be read (UnicodeDecodeError)"),
    ],
)
def test_a_broken_file_counts_as_empty_and_is_named(
    config: Path, content: bytes, said: str
) -> None:
    config.write_bytes(content)
    resolved = resolve_layers({"region": "hongkong"}, None)
    assert resolved.settings.region == "hongkong"
    assert len(resolved.problems) == 1
    assert str(config) in resolved.problems[0]
    assert said in resolved.problems[0]
    assert resolved.problems[0].endswith(".")


def test_a_file_that_is_not_there_is_no_problem(tmp_path: Path) -> None:
    assert read_config_file(tmp_path / "config.toml") == ({}, None)
    (tmp_path / "file").touch()
    assert read_config_file(tmp_path / "file" / "config.toml") == ({}, None)


def test_a_folder_in_the_files_place_is_a_problem(tmp_path: Path) -> None:
    tree, problem = read_config_file(tmp_path)
    assert tree == {}
    assert problem is not None


def test_the_file_lies_in_the_users_own_folder() -> None:
    path = config_path()
    assert path.is_absolute()
    assert path.parts[-2:] == ("qwen-lsp", "config.toml")


@pytest.mark.parametrize("value", [None, 1, "text", [], [{"region": "us"}], True])
def test_what_is_no_object_is_an_empty_tree(value: object) -> None:
    assert as_tree(value) == {}


def test_objects_of_the_protocol_library_are_trees() -> None:
    assert as_tree(namedtuple("Options", "region")("us")) == {"region": "us"}
    assert as_tree({"region": "us"}) == {"region": "us"}
