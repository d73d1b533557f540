"""Finds a `llama-server`, or fetches one, and prints its path.

`python -m tests.servers.install_llama`

Looked for in this order: the environment variable `QWEN_LLAMA_SERVER`, the search path, the cache
folder (`QWEN_TEST_CACHE`, default `~/.cache/qwen-lsp-tests/llama`). Failing these it comes from the
packages of a newer Debian, unpacked into the cache folder (`tests.debian`).

When it cannot, one sentence on stderr says why and the exit status is 1.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.debian import SUITE, InstallError, find_loader, unexpected_layout, unpack

_PACKAGE = "llama.cpp-tools"
_INSTALLED = "llama.cpp"

# The loader must stand among the processor-specific libraries: llama.cpp looks for these beside the
# running program, which is the loader here, and picks the one that suits the processor.
_WRAPPER = """\
#!/bin/sh
root=$(dirname "$(readlink -f "$0")")/root
exec "$root/{loader}" --library-path "$root/{libraries}:$root/{libraries}/llama" \\
    "$root/usr/bin/llama-server" "$@"
"""


def main() -> int:
    """Print the path of a `llama-server` that runs; the exit status says whether there is one."""
    try:
        sys.stdout.write(f"{find_or_install()}\n")
    except InstallError as error:
        sys.stderr.write(
            f"{error} There is no llama-server here: install llama.cpp and put llama-server on the "
            "search path, or name it in QWEN_LLAMA_SERVER.\n"
        )
        return 1
    return 0


def cache_folder() -> Path:
    """Where downloaded and generated things stay from one run to the next."""
    named = os.environ.get("QWEN_TEST_CACHE", "~/.cache/qwen-lsp-tests/llama")
    return Path(named).expanduser().resolve()


def find_or_install() -> Path:
    """A `llama-server` that runs; raises `InstallError` when there is none to be had."""
    named = os.environ.get("QWEN_LLAMA_SERVER")
    if named:
        if not _runs(Path(named)):
            raise InstallError(f"QWEN_LLAMA_SERVER names {named}, which does not run.")
        return Path(named)
    found = shutil.which("llama-server")
    if found and _runs(Path(found)):
        return Path(found)
    installed = cache_folder() / _INSTALLED / "llama-server"
    if not _runs(installed):
        unpack([_PACKAGE], installed.parent, _finish)
    return installed


def _runs(program: Path) -> bool:
    try:
        done = subprocess.run([program, "--version"], capture_output=True, check=False, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _finish(folder: Path) -> None:
    """Make the program start with the loader and the libraries of its own release."""
    root = folder / "root"
    loader = find_loader(root)
    backends = next(root.glob("usr/lib/*/ggml/backends*"), None)
    if backends is None:
        raise unexpected_layout()
    moved = shutil.copy2(loader, backends)
    wrapper = folder / "llama-server"
    text = _WRAPPER.format(
        loader=Path(moved).relative_to(root), libraries=loader.parent.relative_to(root)
    )
    wrapper.write_text(text, encoding="utf-8")
    wrapper.chmod(0o755)
    if not _runs(wrapper):
        raise InstallError(f"The llama-server of Debian {SUITE} does not run on this machine.")


if __name__ == "__main__":
    sys.exit(main())
