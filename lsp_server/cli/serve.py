"""`qwen-lsp serve`: the language server."""

from __future__ import annotations

import argparse
import errno
import gc
from pathlib import Path
from types import ModuleType

from lsp_server.errors import UserError
from lsp_server.log import set_up_logging


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Transport and log."""
    transport = parser.add_mutually_exclusive_group()
    transport.add_argument("--stdio", action="store_true", help="standard input and output (usual)")
    transport.add_argument("--tcp", metavar="HOST:PORT", type=_address, help="wait on a TCP port")
    transport.add_argument("--ws", metavar="HOST:PORT", type=_address, help="wait for a WebSocket")
    parser.add_argument("--log-file", metavar="FILE", type=Path, help="log there, not to stderr")
    parser.add_argument(
        "--log-level",
        choices=("debug", "info", "warning", "error"),
        default="info",
        help="how much to log (usual: info)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Serve one client."""
    try:
        set_up_logging(arguments.log_level, arguments.log_file)
    except OSError as error:
        raise UserError(
            f"The log file {arguments.log_file} cannot be written ({error.strerror}); name another."
        ) from None
    server = _load_server()

    address = arguments.tcp or arguments.ws
    if address is None:
        server.serve_stdio()
        return 0
    serve = server.serve_tcp if arguments.tcp else server.serve_websocket
    try:
        serve(*address)
    except OSError as error:
        raise UserError(_describe(error, *address)) from None
    return 0


def _load_server() -> ModuleType:
    """Import the server. Late, since the protocol's types alone take 200 ms.

    What is imported lives as long as the process: collecting garbage in between only finds that
    out, at 30 ms a time, and would find it out again later, in the middle of a keystroke.
    """
    gc.disable()
    from lsp_server import server

    gc.freeze()
    gc.enable()
    return server


def _describe(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} on {host} is in use; choose another, or 0 for any that is free."
    if error.errno == errno.EACCES:
        return f"Port {port} needs more rights than this user has; choose one above 1023."
    return f"{host}:{port} cannot be listened on ({error.strerror or 'no such host'})."


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65535:
        raise argparse.ArgumentTypeError("an address is HOST:PORT, such as 127.0.0.1:8765")
    return host.strip("[]"), int(port)
