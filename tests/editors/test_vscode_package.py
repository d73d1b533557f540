"""The VS Code extension's settings are the server's: same keys, values and defaults."""

from __future__ import annotations

import json
import re
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from lsp_server.handlers.code_action import ACTIONS
from lsp_server.settings import OPTIONS, Layer, Option, resolve_settings

_FOLDER = Path(__file__).resolve().parents[2] / "vscode-client"
_MANIFEST = json.loads((_FOLDER / "package.json").read_text("utf-8"))
_PROPERTIES: dict[str, dict[str, Any]] = {
    key.removeprefix("qwen."): value
    for key, value in _MANIFEST["contributes"]["configuration"]["properties"].items()
}
_OWN = {"server.path", "actions.preview"}
_OF_THE_SERVER = {"qwen.why", "qwen.status", "qwen.toggle", "qwen.completionAccepted"}
# The key comes from the secret storage, trust from VS Code itself.
_SENT_APART = {"apiKey", "trusted"}
_SHARED = [option for option in OPTIONS if option.key not in _SENT_APART]


def test_keys_are_those_of_the_server() -> None:
    assert set(_PROPERTIES) - _OWN == {option.key for option in _SHARED}


@pytest.mark.parametrize("option", _SHARED, ids=lambda option: option.key)
def test_default_is_that_of_the_server(option: Option) -> None:
    default = _PROPERTIES[option.key]["default"]
    tree = {} if default is None else {option.key: default}
    resolved = resolve_settings([Layer("the manifest", tree)])
    assert resolved == resolve_settings([])
    if default is not None and option.default[0] in '"{[tf0123456789':
        assert json.loads(option.default) == default


@pytest.mark.parametrize("option", _SHARED, ids=lambda option: option.key)
def test_every_offered_value_is_accepted(option: Option) -> None:
    offered = _PROPERTIES[option.key].get("enum", [])
    for value in offered:
        option.parse(value)
    quoted = option.accepts.removeprefix("one of ").split(", ") if offered else []
    assert [json.dumps(value) for value in offered] == quoted
    assert len(_PROPERTIES[option.key].get("enumDescriptions", [])) == len(offered)


@pytest.mark.parametrize(
    "key",
    ["provider", "baseUrl", "region", "actions.checks", *_OWN]
    + [option.key for option in _SHARED if option.key.startswith(("privacy.", "budget."))],
)
def test_no_workspace_can_set(key: str) -> None:
    trust = _MANIFEST["capabilities"]["untrustedWorkspaces"]
    assert _PROPERTIES[key]["scope"] == "machine"
    assert f"qwen.{key}" in trust["restrictedConfigurations"]


def test_no_key_in_the_settings() -> None:
    assert "apiKey" not in _PROPERTIES


def test_commands_are_not_those_of_the_server() -> None:
    """VS Code would know two commands by one name: the language client registers the server's."""
    own = {command["command"] for command in _MANIFEST["contributes"]["commands"]}
    assert own.isdisjoint({*_OF_THE_SERVER, *(name for name, _, _ in ACTIONS.values())})


def test_each_menu_and_key_calls_a_command_that_there_is() -> None:
    contributed = _MANIFEST["contributes"]
    own = {command["command"] for command in contributed["commands"]}
    entries = [*contributed["keybindings"], *chain(*contributed["menus"].values())]
    called = {entry["command"] for entry in entries if "command" in entry}
    assert {name for name in called if not name.startswith("editor.")} <= own


def test_the_manifest_is_told_in_both_languages() -> None:
    used = re.findall(r'"%([^%"]+)%"', json.dumps(_MANIFEST))
    for name in ("package.nls.json", "package.nls.zh-cn.json"):
        texts = _read(name)
        assert sorted(texts) == sorted(set(used)), name
        assert all(texts.values())


def test_every_message_is_translated() -> None:
    call = re.compile(r"l10n\.t\(\s*(?:'((?:[^'\\]|\\.)*)'|`)")
    used = {
        found
        for source in (_FOLDER / "src").glob("*.ts")
        for found in call.findall(source.read_text("utf-8"))
    }
    bundle = _read("l10n/bundle.l10n.zh-cn.json")
    assert set(bundle) == used
    for message, translated in bundle.items():
        assert sorted(_PLACE.findall(translated)) == sorted(_PLACE.findall(message)), message


_PLACE = re.compile(r"\{\d\}|\$\([\w-]+\)")


def _read(name: str) -> dict[str, str]:
    texts: dict[str, str] = json.loads((_FOLDER / name).read_text("utf-8"))
    return texts
