"""`qwen-lsp logout`: forget a key in the system's keyring."""

from __future__ import annotations

import argparse
import asyncio

from lsp_server.cli.origins import add_target_arguments, list_origins, parse_target
from lsp_server.cli.terminal import open_output, print_prose
from lsp_server.errors import UserError
from lsp_server.provider.keys import KeyringError, forget_key

_EPILOG = """\
For DashScope, the keys of all regions are forgotten unless one is named. Keys in environment
variables and in an editor's own store are not touched.

example: qwen-lsp logout dashscope"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Whose key."""
    add_target_arguments(parser, epilog=_EPILOG, region_help="only this region of DashScope")


def run(arguments: argparse.Namespace) -> int:
    """Forget the key; that there was none is no mistake."""
    target = parse_target(arguments.target, arguments.region)
    origins = asyncio.run(list_origins(target))
    try:
        forgotten = [origin for origin in origins if forget_key(origin)]
    except KeyringError as error:
        raise UserError(
            f"The system's keyring does not let the key go ({error}); unlock it and try again."
        ) from None
    console = open_output()
    for origin in forgotten:
        print_prose(console, f"The key for {origin} is forgotten.")
    if not forgotten:
        print_prose(console, f"No key was kept for {target.name}.")
    return 0
