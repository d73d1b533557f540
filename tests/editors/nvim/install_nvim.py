"""Finds a Neovim with inline completion (0.12 or newer), or fetches one, and prints its path.

`python -m tests.editors.nvim.install_nvim`

Looked for in this order: the environment variable `QWEN_NVIM`, the search path, the cache folder
(`QWEN_EDITORS_CACHE`, default `~/.cache/qwen-lsp-tests/editors`). Failing these it comes from the
packages of a newer Debian, unpacked into the cache folder (`tests.debian`).

When it cannot, one sentence on stderr says why and the exit status is 1.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.debian import SUITE, InstallError, find_loader, run, unexpected_layout, unpack

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
        sys.stderr.write(
            f"{error} There is no Neovim 0.12 here: install it and put nvim on the search path, or "
            "name it in QWEN_NVIM.\n"
        )
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
        unpack(_PACKAGES, installed.parent, _finish)
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


def _finish(folder: Path) -> None:
    _bind_to_own_libraries(folder / "root")
    wrapper = folder / "nvim"
    wrapper.write_text(_WRAPPER, encoding="utf-8")
    wrapper.chmod(0o755)
    if not _is_new_enough(wrapper):
        raise InstallError(f"The Neovim of Debian {SUITE} does not run on this machine.")


def _bind_to_own_libraries(root: Path) -> None:
    """Make the program find its loader, its libraries and its Lua modules under `root`."""
    loader = find_loader(root)
    program = root / "usr/bin/nvim"
    if not program.exists():
        raise unexpected_layout()
    libraries = str(loader.parent)
    start = [str(loader), "--library-path", libraries]
    # A copy of its own: what is named nvim in the package is a link in some releases.
    real = shutil.copy2(program.resolve(), root / "usr/bin/nvim-bound")
    run(
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
