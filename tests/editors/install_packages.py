"""Installs the Debian packages that the tests in real editors need, where they are missing.

`python -m tests.editors.install_packages`, as root where one is missing. On a system without
Debian's packages it does nothing, and the tests say which program they lack.
"""

from __future__ import annotations

import shutil
import sys

from tests.debian import InstallError, install_packages, missing_packages

# The terminal that Neovim runs in.
_TERMINAL = ("tmux",)
# The browser that shows VS Code, with a font, without which it shows no letters.
_BROWSER = ("chromium", "fonts-dejavu-core")
# code-server compiles its native parts when npm installs it.
_COMPILING = (
    *("g++", "make", "pkg-config", "python3"),
    *("libkrb5-dev", "libsecret-1-dev", "libx11-dev", "libxkbfile-dev"),
)


def main() -> int:
    """Install what is missing; the exit status says whether all is there."""
    if not shutil.which("dpkg-query"):
        return 0
    try:
        missing = missing_packages([*_TERMINAL, *_BROWSER, *_COMPILING])
        if missing:
            print(f"installing {' '.join(missing)}")
            install_packages(missing)
    except InstallError as error:
        sys.stderr.write(f"The editors' tests lack Debian packages: {error}.\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
