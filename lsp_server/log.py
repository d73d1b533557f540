"""Logging: metadata only, to stderr or a file; never user code, never a key."""

from __future__ import annotations

import logging
import sys
import traceback
from pathlib import Path

_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def set_up_logging(level: str, file: Path | None) -> None:
    """Log to `file`, or to stderr. Raises OSError where the file cannot be opened."""
    handler: logging.Handler = (
        logging.FileHandler(file, encoding="utf-8") if file else logging.StreamHandler(sys.stderr)
    )
    handler.setFormatter(logging.Formatter(_FORMAT))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("lsp_server").setLevel(level.upper())
    # These log whole messages, requests and addresses, which hold the user's code.
    for name in ("pygls", "openai", "httpx2", "httpcore2", "websockets", "asyncio"):
        logger = logging.getLogger(name)
        logger.handlers[:] = [logging.NullHandler()]
        logger.propagate = False


def describe_error(error: BaseException) -> str:
    """Type and place of an error, without its message, which may quote the user's code."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "lsp_server" in frame.filename]
    where = own[-1] if own else (frames[-1] if frames else None)
    place = f" at {Path(where.filename).name}:{where.lineno}" if where else ""
    return f"{type(error).__name__}{place}"
