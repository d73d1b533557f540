"""Files that no action edits: those through which a reply could gain power over the machine.

Editors run what their settings name, git runs hooks, build servers run their files. Whoever writes
the code that a model reads could make it write there.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from lsp_server.privacy.names import denied_by_name, plain_name

# Documents that live in an editor's memory alone, besides files.
_SCHEMES = frozenset({"file", "untitled", "vscode-notebook-cell"})

_FOLDERS = frozenset(
    {
        ".vscode", ".vscode-server", ".vscode-insiders", ".vscodium", ".idea", ".fleet", ".zed",
        ".nova", ".vs", ".sublime", ".cursor", ".windsurf", ".qwen", ".continue", ".devcontainer",
        ".git", ".hg", ".svn", ".github", ".gitlab", ".gitea", ".forgejo", ".circleci",
        ".buildkite", ".woodpecker", ".teamcity", ".husky", ".githooks", ".lefthook",
    }
)  # fmt: skip
# As Windows also calls them.
_SHORT = re.compile(r"(git|hg|svn|vscode|github|gitlab|idea|husky|devcon)\w*~\d+")
_NAMES = re.compile(
    r"""(?x)
    .*\.code-workspace | .*\.sublime-project | \.gitlab-ci.*\.ya?ml | \.travis\.ya?ml
    | \.drone\.(ya?ml|star|jsonnet) | \.woodpecker\.ya?ml | \.appveyor\.ya?ml | appveyor\.ya?ml
    | azure-pipelines.*\.ya?ml | bitbucket-pipelines\.ya?ml | codemagic\.ya?ml
    | \.cirrus\.(ya?ml|star) | buildspec.*\.ya?ml | cloudbuild.*\.(ya?ml|json) | jenkinsfile.*
    | wercker\.ya?ml
    | \.pre-commit-config\.ya?ml | lefthook\.ya?ml | \.lefthook\.ya?ml | \.gitmodules
    | \.gitattributes | \.gitconfig | \.gitignore | \.qwenignore | \.mcp\.json | mcp\.json
    | \.envrc | \.exrc | \.vimrc | \.nvimrc | \.nvim\.lua | \.lvimrc | \.dir-locals.*\.el
    | \.lsp\.json
    """
)
# In whatever folder tools keep to themselves, as `.name`.
_SETTINGS = re.compile(
    r"(settings|hooks|mcp|tasks|launch|config)([._-]\w+)*\.(json|jsonc|toml|ya?ml)"
)


def why_protected(
    uri: str, path: Path | None, own_names: Sequence[str] = (), own_folders: Sequence[Path] = ()
) -> str | None:
    """Why the document of a URI is not edited, in a sentence; None where it may be.

    `own_names` are further names that steer this server, such as its ignore files, `own_folders`
    hold its configuration. The path is looked at as written and as it really is, without regard to
    case, trailing dots, alternate streams and characters nobody sees.
    """
    scheme = urlsplit(uri).scheme.lower()
    if len(scheme) > 1 and scheme not in _SCHEMES:
        return f"Documents of the kind {scheme}: are not edited."
    if path is None:
        # An unsaved document has a name as well, by which it will be saved.
        path = Path(urlsplit(uri).path.lstrip("/") or "untitled")
        candidates = [path]
    else:
        try:
            candidates = [Path(os.path.abspath(path)), Path(os.path.realpath(path)), path]
        except (OSError, ValueError):
            return "Its real path cannot be found, so that it is not edited."
    own = frozenset(map(plain_name, own_names))
    for candidate in candidates:
        parts = [
            plain for part in re.split(r"[/\\]", str(candidate)) if (plain := plain_name(part))
        ]
        if not parts:
            return "It is no file."
        folder = next((part for part in parts if part in _FOLDERS or _SHORT.fullmatch(part)), None)
        if folder is not None:
            return f"Files in {folder} steer tools on this machine and are not edited."
        if _NAMES.fullmatch(parts[-1]) or parts[-1] in own:
            return f"{parts[-1]} steers tools on this machine and is not edited."
        if any(part[0] == "." for part in parts[-2:-1]) and _SETTINGS.fullmatch(parts[-1]):
            return f"{parts[-2]}/{parts[-1]} steers a tool on this machine and is not edited."
        if any(candidate.is_relative_to(os.path.realpath(folder)) for folder in own_folders):
            return "It is part of this server's own configuration and is not edited."
        denied = denied_by_name(Path(*parts))
        if denied:
            return f"It is not edited: {denied}"
    return None
