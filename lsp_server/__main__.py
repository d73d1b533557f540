"""The program: `qwen-lsp`, or `python -m lsp_server`."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run the command line and exit with its code."""
    _forget_working_folder()
    from lsp_server.cli import run

    sys.exit(run(sys.argv[1:]))


def _forget_working_folder() -> None:
    """Take the working folder off the import path, where `python -m` puts it.

    It may be a stranger's repository, in which a file named like one of our dependencies must not
    be imported.
    """
    own = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    here = os.getcwd()
    if here != own:
        sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or here) != here]


if __name__ == "__main__":
    main()
