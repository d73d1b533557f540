"""Finds a Neovim with inline completion (0.12 or newer), or fetches one, and prints its path.

`python -m tests.editors.nvim.install_nvim`

Looked for in this order: the environment variable `QWEN_NVIM`, the search path, the cache folder
(`QWEN_EDITORS_CACHE`, default `~/.cache/qwen-lsp-tests/editors`). Failing these it comes from the
packages of a newer Debian, unpacked into the cache folder beside their own C library, in the way of
`tests.servers.install_llama`: the machine's own packages and lists stay as they are.

When it cannot, one sentence on stderr says why and the exit status is 1.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.servers.install_llama import (
    _APT_CONFIGURATION,
    _APT_FOLDER,
    _KEYRINGS,
    InstallError,
    _run,
    mirrors,
)

_SUITE = "forky"
# patchelf comes along: Neovim starts itself a second time by the path of the running program, which
# would be the loader if the loader were what is run.
_PACKAGES = ("neovim", "patchelf")
_OLDEST = (0, 12)

_WRAPPER = """\
#!/bin/sh
root=$(dirname "$(readlink -f "$0")")/root
export VIMRUNTIME="$root/usr/share/nvim/runtime"
exec "$root/usr/bin/nvim" "$@"
"""


def main() -> int:
    """Print the path of a Neovim that runs; the exit status says whether there is one."""
    try:
        sys.stdout.write(f"{find_or_install()}\n")
    except InstallError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def cache_folder() -> Path:
    """Where downloaded editors stay from one run to the next."""
    named = os.environ.get("QWEN_EDITORS_CACHE", "~/.cache/qwen-lsp-tests/editors")
    return Path(named).expanduser().resolve()


def find_or_install() -> Path:
    """A Neovim with inline completion; raises `InstallError` when there is none to be had."""
    named = os.environ.get("QWEN_NVIM")
    if named:
        if not _is_new_enough(Path(named)):
            raise InstallError(f"QWEN_NVIM names {named}, which is no Neovim 0.12 or newer.")
        return Path(named)
    found = shutil.which("nvim")
    if found and _is_new_enough(Path(found)):
        return Path(found)
    installed = cache_folder() / "neovim" / "nvim"
    if not _is_new_enough(installed):
        _install(installed.parent)
    return installed


def parse_version(output: str) -> tuple[int, int] | None:
    """Major and minor version in the first line of `nvim --version`, None where it has none."""
    match = re.match(r"NVIM v(\d+)\.(\d+)", output)
    return (int(match.group(1)), int(match.group(2))) if match else None


def _is_new_enough(program: Path) -> bool:
    try:
        done = subprocess.run(
            [program, "--version"], capture_output=True, text=True, check=False, timeout=60
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    version = parse_version(done.stdout)
    return done.returncode == 0 and version is not None and version >= _OLDEST


def _install(target: Path) -> None:
    """Fill a folder beside `target` and rename it, so that `target` is whole or absent."""
    missing = [name for name in ("apt-get", "dpkg", "dpkg-deb") if not shutil.which(name)]
    keyring = next((path for path in _KEYRINGS if path.is_file()), None)
    if platform.system() != "Linux" or missing or keyring is None:
        raise InstallError(
            "There is no Neovim 0.12 here and no Debian packages to get one from: install Neovim "
            "and put nvim on the search path, or name it in QWEN_NVIM."
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix="unfinished-") as folder:
        unfinished = Path(folder) / target.name
        unfinished.mkdir()
        for package in _download(Path(folder) / "apt", keyring):
            _run(["dpkg-deb", "-x", str(package), str(unfinished / "root")])
        shutil.rmtree(target, ignore_errors=True)
        # The program names its folder from now on, so that it is moved first.
        unfinished.rename(target)
    try:
        _bind_to_own_libraries(target / "root")
        (target / "nvim").write_text(_WRAPPER, encoding="utf-8")
        (target / "nvim").chmod(0o755)
        if not _is_new_enough(target / "nvim"):
            raise InstallError(f"The Neovim of Debian {_SUITE} does not run on this machine.")
    except InstallError:
        shutil.rmtree(target, ignore_errors=True)
        raise


def _download(folder: Path, keyring: Path) -> Sequence[Path]:
    """The packages and all they depend on, from the first mirror that holds the suite."""
    for name in ("state/lists/partial", "cache/archives/partial"):
        (folder / name).mkdir(parents=True)
    # With no package on record as installed, apt fetches the dependencies down to the C library.
    (folder / "state/status").touch()
    (folder / "apt.conf").write_text(_APT_CONFIGURATION.format(folder=folder), encoding="utf-8")
    architecture = _run(["dpkg", "--print-architecture"]).strip()
    apt = ["apt-get", f"--config-file={folder / 'apt.conf'}"]
    reasons = []
    for mirror in mirrors(_APT_FOLDER):
        options = f"arch={architecture} target=Packages signed-by={keyring}"
        source = f"deb [{options}] {mirror} {_SUITE} main\n"
        (folder / "sources.list").write_text(source, encoding="utf-8")
        try:
            _run([*apt, "update"])
            _run([*apt, "install", "--yes", "--download-only", *_PACKAGES])
        except InstallError as error:
            reasons.append(f"{mirror}: {error}")
            continue
        return sorted((folder / "cache/archives").glob("*.deb"))
    tried = "; ".join(reasons) or f"no mirror is named under {_APT_FOLDER}"
    raise InstallError(f"Neovim cannot be fetched from Debian {_SUITE} ({tried}).")


def _bind_to_own_libraries(root: Path) -> None:
    """Make the program find its loader, its libraries and its Lua modules under `root`."""
    loader = next((path for path in root.glob("usr/lib/*/ld-linux*") if path.is_file()), None)
    program = root / "usr/bin/nvim"
    if loader is None or not program.exists():
        raise InstallError(f"The packages of Debian {_SUITE} are not laid out as expected.")
    libraries = str(loader.parent)
    start = [str(loader), "--library-path", libraries]
    # A copy of its own: what is named nvim in the package is a link in some releases.
    real = shutil.copy2(program.resolve(), root / "usr/bin/nvim-bound")
    _run(
        [
            *start,
            str(root / "usr/bin/patchelf"),
            "--set-interpreter",
            str(loader),
            # An old-style path counts for the libraries' own libraries as well.
            "--force-rpath",
            "--set-rpath",
            libraries,
            str(real),
        ]
    )
    program.unlink()
    Path(real).rename(program)


if __name__ == "__main__":
    sys.exit(main())
