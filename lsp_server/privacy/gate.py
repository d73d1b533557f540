"""The one gate: may this file be read as context, may its text be sent?

Every text that leaves the machine has passed `Gate.check`. The deny-list holds for the real path,
so that a link or another spelling does not get round it, and nothing in a workspace weakens it:
ignore files can only forbid more.
"""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pathspec

# A file this large is data, not code that somebody types.
MAX_FILE_BYTES = 1_500_000

# Never, whatever the ending.
_SECRET_NAMES = re.compile(
    r"""(?ix)
    \.env.* | .*\.env | \.netrc | _netrc | \.npmrc | \.pypirc | \.htpasswd | \.pgpass | \.my\.cnf
    | \.git-credentials | \.dockercfg | \.dockerconfigjson | \.vault-token | \.terraformrc
    | terraform\.rc | .*\.tfstate(\.backup)? | .*\.tfvars(\.json)?
    | .*\.(pem|key|p8|p12|pfx|jks|keystore|ppk|asc|gpg|pgp|kdbx?|ovpn|crt|cer|der|csr)
    | .*\.(mobileprovision|kubeconfig) | kubeconfig | shadow
    """
)
# Only where the ending is no programming language's: `credentials.py` is code, `id_rsa` is not.
_SECRET_UNLESS_SOURCE = re.compile(
    r"""(?ix)
    id_.* | credentials?(\..*)? | .*credentials?\.\w+ | client_secret.* | secrets?(\..*)?
    | .*[._\-]secrets?\.\w+ | service[-_]?account.*
    """
)
_SOURCE_NAMES = re.compile(
    r"(?i).*\.(py|pyi|js|jsx|mjs|cjs|ts|tsx|go|rs|java|kt|c|h|cc|cpp|hpp|cs|rb|php|swift|lua|scala)"
)
_DENIED_FOLDERS = frozenset(
    {
        ".ssh", ".aws", ".azure", ".gnupg", ".kube", ".docker", ".gcloud", ".password-store",
        ".oci", ".chef", ".vault", "gcloud", ".git", ".hg", ".svn", "keyrings",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a file may be used, and why not in one sentence."""

    allowed: bool
    reason: str = ""


ALLOWED = Verdict(True)


@dataclass(frozen=True, slots=True)
class Gate:
    """The rules of one workspace: its folders and the names of its ignore files."""

    roots: tuple[Path, ...]
    ignore_files: tuple[str, ...] = (".gitignore", ".qwenignore")

    def check(self, path: Path) -> Verdict:
        """May this file's text be read as context and sent? `path` need not exist.

        Fails closed: what cannot be resolved is refused.
        """
        try:
            real = Path(os.path.realpath(path))
        except (OSError, ValueError):
            return Verdict(False, "Its real path cannot be found.")
        for candidate in dict.fromkeys((Path(os.path.abspath(path)), real)):
            denied = denied_by_name(candidate)
            if denied:
                return Verdict(False, denied)
        root = self._root_of(Path(os.path.abspath(path)))
        if root is not None:
            real_root = Path(os.path.realpath(root))
            if not real.is_relative_to(real_root):
                return Verdict(False, "It is a link that leads out of the workspace.")
            return self._check_ignored(real_root, real, is_folder=False)
        # The workspace may have been opened by a link, and the file named by its real path.
        for each in self.roots:
            real_root = Path(os.path.realpath(each))
            if real.is_relative_to(real_root):
                return self._check_ignored(real_root, real, is_folder=False)
        return ALLOWED

    def check_folder(self, path: Path) -> Verdict:
        """May this folder be entered? `path` is real and below one of the roots."""
        denied = denied_by_name(path / "_")
        root = self._root_of(path)
        if denied or root is None:
            return Verdict(False, denied or "It lies outside the workspace.")
        return self._check_ignored(root, path, is_folder=True)

    def _root_of(self, path: Path) -> Path | None:
        inside = [root for root in self.roots if path.is_relative_to(root)]
        return max(inside, key=lambda root: len(root.parts), default=None)

    def _check_ignored(self, root: Path, path: Path, *, is_folder: bool) -> Verdict:
        relative = path.relative_to(root)
        # As git does: a folder's own rules count for what is below it, the nearest file last, and
        # nothing below an ignored folder can be brought back.
        for depth in range(1, len(relative.parts) + 1):
            part = root.joinpath(*relative.parts[:depth])
            rule_file = self._ignoring(root, part, is_folder or depth < len(relative.parts))
            if rule_file:
                return Verdict(False, f"{rule_file} excludes it.")
        return ALLOWED

    def _ignoring(self, root: Path, path: Path, is_folder: bool) -> str | None:
        ignored_by = None
        for name in self.ignore_files:
            verdict: bool | None = None
            folder = root
            for part in ("", *path.relative_to(root).parts[:-1]):
                folder = folder / part
                rules = read_rules(folder / name)
                if rules is not None:
                    relative = path.relative_to(folder).as_posix() + ("/" if is_folder else "")
                    found = rules.check_file(relative).include
                    verdict = verdict if found is None else found
            if verdict:
                ignored_by = name
        return ignored_by


def denied_by_name(path: Path) -> str | None:
    """Why a path's name forbids it, or None. Case does not matter, nor what a workspace says."""
    folders = {part.casefold() for part in path.parts[:-1]}
    denied_folder = folders & _DENIED_FOLDERS
    if denied_folder:
        return f"It lies in a folder for credentials or repository data ({min(denied_folder)})."
    name = path.name
    if _SECRET_NAMES.fullmatch(name) or (
        _SECRET_UNLESS_SOURCE.fullmatch(name) and not _SOURCE_NAMES.fullmatch(name)
    ):
        return "Its name says that it holds credentials, keys or certificates."
    return None


def read_rules(file: Path) -> pathspec.GitIgnoreSpec | None:
    """The rules of one ignore file, read anew when it has changed; None where there is none."""
    try:
        status = file.stat()
    except OSError:
        return None
    return _parse_rules(file, status.st_mtime_ns, status.st_size)


@functools.lru_cache(maxsize=256)
def _parse_rules(file: Path, _modified: int, _size: int) -> pathspec.GitIgnoreSpec | None:
    # Imported late: the start of the server has no rules to read.
    import pathspec

    try:
        lines: Sequence[str] = file.read_text("utf-8", "replace").splitlines()
    except OSError:
        return None
    rules = []
    for line in lines:
        try:
            pathspec.GitIgnoreSpec.from_lines([line])
        except ValueError:
            continue  # One line that is no rule does not switch the others off.
        rules.append(line)
    return pathspec.GitIgnoreSpec.from_lines(rules)
