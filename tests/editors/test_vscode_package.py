"""The VS Code extension's settings are the server's: same keys, values and defaults."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lsp_server.settings import OPTIONS, Layer, Option, resolve_settings

_MANIFEST = json.loads(
    (Path(__file__).resolve().parents[2] / "vscode-client" / "package.json").read_text("utf-8")
)
_PROPERTIES: dict[str, dict[str, Any]] = {
    key.removeprefix("qwen."): value
    for key, value in _MANIFEST["contributes"]["configuration"]["properties"].items()
}
_OWN = {"server.path"}
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
    ["provider", "baseUrl", "region", "actions.checks", "server.path"]
    + [option.key for option in _SHARED if option.key.startswith(("privacy.", "budget."))],
)
def test_no_workspace_can_set(key: str) -> None:
    trust = _MANIFEST["capabilities"]["untrustedWorkspaces"]
    assert _PROPERTIES[key]["scope"] == "machine"
    assert f"qwen.{key}" in trust["restrictedConfigurations"]


def test_no_key_in_the_settings() -> None:
    assert "apiKey" not in _PROPERTIES
