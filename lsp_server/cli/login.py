"""`qwen-lsp login`: keep a key in the system's keyring, for one origin."""

from __future__ import annotations

import argparse
import asyncio
import getpass
import os
import sys
from typing import TextIO

from lsp_server.cli.origins import Target, add_target_arguments, choose_origins, parse_target
from lsp_server.cli.session import read_settings
from lsp_server.cli.terminal import open_messages, open_output, print_prose
from lsp_server.errors import UserError
from lsp_server.provider.keys import KeyringError, keep_key, look_up_key

_EPILOG = """\
The key is read from a hidden prompt, or from standard input where that is no terminal; never from
the command line, which other users of the machine can see.

example: qwen-lsp login dashscope --region singapore
         qwen-lsp login https://models.example.org/v1 < key.txt"""

# Longer than any key; what is longer is the wrong file.
_MAX_CHARACTERS = 4096


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Whom the key is for."""
    add_target_arguments(
        parser, epilog=_EPILOG, region_help="DashScope's region (usual: the setting qwen.region)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Read the key and keep it."""
    region = read_settings().settings.region
    target = parse_target(arguments.target, arguments.region or region)
    key = check_key(_read_key(target, sys.stdin))
    origins = asyncio.run(choose_origins(target, key))
    for origin in origins:
        _keep(target, origin, key)
    console = open_output()
    print_prose(console, f"The key for {' and '.join(origins)} is kept in the system's keyring.")
    if target.is_dashscope and os.environ.get("DASHSCOPE_API_KEY"):
        print_prose(console, "DASHSCOPE_API_KEY is set as well, and goes before it.")
    if target.region not in {None, region}:
        print_prose(console, f'Set qwen.region to "{target.region}", so that it is used.')
    print_prose(console, "`qwen-lsp doctor` shows what will be used.")
    return 0


def check_key(text: str) -> str:
    """The key without the blanks around it; raises `UserError`, which never quotes it."""
    key = text.strip()
    if not key:
        raise UserError("No key was given; nothing was kept.")
    if len(key) > _MAX_CHARACTERS or not key.isascii() or not key.isprintable() or " " in key:
        raise UserError("What was given is no key: a key is one word of plain characters.")
    return key


def _read_key(target: Target, source: TextIO) -> str:
    if source.isatty():
        try:
            return getpass.getpass(f"Key for {target.name} (it is not shown): ")
        except (EOFError, KeyboardInterrupt) as end:
            # The prompt's line is still open.
            open_messages().print()
            if isinstance(end, KeyboardInterrupt):
                raise
            return ""
    return source.read(_MAX_CHARACTERS + 2)


def _keep(target: Target, origin: str, key: str) -> None:
    try:
        keep_key(origin, key)
    except KeyringError as error:
        raise UserError(
            f"No keyring of this system can be used ({error}); {_describe_else(target)}"
        ) from None
    # Some keyrings take what they are given and keep nothing.
    if look_up_key(origin) != key:
        raise UserError(f"The system's keyring did not keep the key; {_describe_else(target)}")


def _describe_else(target: Target) -> str:
    if target.is_dashscope:
        return "set DASHSCOPE_API_KEY in the environment instead."
    return "set OPENAI_BASE_URL and OPENAI_API_KEY in the environment instead."
