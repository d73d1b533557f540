"""Where settings come from: the client's two trees and the user's own file."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import platformdirs

from lsp_server.settings import Layer, Resolved, Settings, resolve_settings

_log = logging.getLogger(__name__)

SECTION = "qwen"


def resolve_layers(client: object, initialization: object) -> Resolved:
    """Merge the client's section, the initialization options and the user's `config.toml`."""
    config, problem = read_config_file(config_path())
    layers = [
        Layer("the editor's settings", as_tree(client)),
        Layer("initializationOptions", as_tree(initialization), may_hold_key=True),
        Layer("config.toml", config),
    ]
    resolved = keep_key_at_home(resolve_settings(layers), resolve_settings(layers[1:]).settings)
    if resolved.unknown:
        _log.warning("settings nobody knows: %s", ", ".join(resolved.unknown))
    if problem:
        return replace(resolved, problems=(problem, *resolved.problems))
    return resolved


def keep_key_at_home(resolved: Resolved, given: Settings) -> Resolved:
    """Take the client's key away where its section names another address than came with the key.

    Some editors let files of the opened workspace into their section; `given` are the settings
    without it.
    """
    settings = resolved.settings
    if settings.api_key is None or _home(settings) == _home(given):
        return resolved
    problem = (
        "apiKey came without the address that the editor's settings name, and is not sent there; "
        "give provider and baseUrl in initializationOptions too."
    )
    bare = replace(settings, api_key=None)
    return replace(resolved, settings=bare, problems=(*resolved.problems, problem))


def _home(settings: Settings) -> str:
    """Whom a key is for: an origin, else a provider, among which `auto` means DashScope."""
    if settings.base_url:
        return "//".join(urlsplit(settings.base_url.lower())[:2])
    return "dashscope" if settings.provider == "auto" else settings.provider


def config_path() -> Path:
    """Where the user's `config.toml` is looked for."""
    return Path(platformdirs.user_config_dir("qwen-lsp", appauthor=False)) / "config.toml"


def read_config_file(path: Path) -> tuple[Mapping[str, Any], str | None]:
    """The tree in a TOML file, and one sentence where it cannot be read."""
    try:
        source = path.read_bytes().decode("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return {}, None
    except (OSError, UnicodeDecodeError) as error:
        return {}, f"{path} cannot be read ({type(error).__name__}); it counts as empty."
    import tomli

    try:
        return tomli.loads(source), None
    except tomli.TOMLDecodeError as error:
        line = getattr(error, "lineno", None)
        where = f" (line {line})" if line else ""
        return {}, f"{path} is no valid TOML{where}; it counts as empty until it is mended."


def as_tree(value: object) -> Mapping[str, Any]:
    """JSON objects as mappings; pygls gives options as plain dicts or as objects."""
    if isinstance(value, Mapping):
        return value
    if hasattr(value, "_asdict"):
        return dict(value._asdict())
    return {}
