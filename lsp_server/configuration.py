"""Where settings come from: the client's two trees and the user's own file."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import platformdirs

from lsp_server.settings import Layer, Resolved, resolve_settings

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
    resolved = resolve_settings(layers)
    if resolved.unknown:
        _log.warning("settings nobody knows: %s", ", ".join(resolved.unknown))
    if problem:
        return Resolved(resolved.settings, (problem, *resolved.problems), resolved.unknown)
    return resolved


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
