"""The command line: one file a subcommand, each thin and imported when it is called."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence
from typing import NoReturn

from lsp_server import __version__
from lsp_server.errors import UserError

# Name -> what it does, in the order of the help text.
COMMANDS = {
    "serve": "the language server (what runs when no command is given)",
    "complete": "one inline completion, shown in place",
    "context": "what a model would be told at a place, piece by piece",
    "fix": "mend what a linter, a compiler or the parser finds fault with",
    "refactor": "rewrite code by an instruction, or for plainness",
    "explain": "say what code does, as Markdown",
    "doc": "write documentation in the language's own form",
    "test": "write tests into the file where the project keeps them",
    "doctor": "what will be used and why, what is wrong and how to mend it",
    "models": "the catalogue of models",
    "stats": "what was used, what it cost and what was taken",
    "login": "keep a key in the system's keyring",
    "logout": "forget a key",
    "demo": "ghost text on a sample project, with no key and no network",
}


def run(arguments: Sequence[str]) -> int:
    """Run one command; the exit code is 0 done, 1 nothing acceptable, 2 wrong use."""
    try:
        return _run(arguments)
    except UserError as error:
        print(f"qwen-lsp: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader of a pipe has gone, as `head` does; Python must not complain at exit.
        sys.stderr.close()
        return 0


def _run(arguments: Sequence[str]) -> int:
    if not arguments or (arguments[0].startswith("-") and arguments[0] not in _GLOBAL):
        arguments = ["serve", *arguments]
    parser = _Parser(
        prog="qwen-lsp",
        description="Ghost text and code actions from Qwen coder models, in every editor.",
        epilog="`qwen-lsp COMMAND --help` tells more. Without a command, the server runs on stdio.",
    )
    parser.add_argument("--version", action="version", version=f"qwen-lsp {__version__}")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    name = next((word for word in arguments if not word.startswith("-")), None)
    for command, summary in COMMANDS.items():
        subparser = subparsers.add_parser(command, help=summary, description=summary)
        if command == name:
            importlib.import_module(f"lsp_server.cli.{command}").add_arguments(subparser)
    parsed = parser.parse_args(arguments)
    module = importlib.import_module(f"lsp_server.cli.{parsed.command}")
    code: int = module.run(parsed)
    return code


_GLOBAL = frozenset({"-h", "--help", "--version"})


class _Parser(argparse.ArgumentParser):
    """Errors in one sentence."""

    def error(self, message: str) -> NoReturn:
        raise UserError(f"{message}; see `{self.prog} --help`.")
