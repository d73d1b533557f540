"""`qwen-lsp test`: write tests."""

from __future__ import annotations

import argparse

from lsp_server.cli.act import add_action_arguments, run_action


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See `act`."""
    add_action_arguments(parser, "test")


def run(arguments: argparse.Namespace) -> int:
    """See `act`."""
    return run_action(arguments, "test")
