"""A thread that notices when the event loop stalls, and logs where: names and lines, no code."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

_log = logging.getLogger(__name__)

LIMIT_S = 0.25
# Between two questions to the loop: few enough that nobody notices them.
_PAUSE_S = 0.1
_FRAMES = 12


@contextlib.contextmanager
def watch_loop(limit_s: float = LIMIT_S) -> Iterator[None]:
    """Watch the running event loop, which is this thread's, until the block is left."""
    stopped = threading.Event()
    loop, own = asyncio.get_running_loop(), threading.get_ident()
    threading.Thread(
        target=_watch, args=(loop, own, limit_s, stopped), name="watchdog", daemon=True
    ).start()
    try:
        yield
    finally:
        stopped.set()


def _watch(
    loop: asyncio.AbstractEventLoop, thread: int, limit_s: float, stopped: threading.Event
) -> None:
    while not stopped.wait(_PAUSE_S):
        answered = threading.Event()
        asked = time.monotonic()
        try:
            loop.call_soon_threadsafe(answered.set)
        except RuntimeError:
            # The loop has been closed.
            return
        if answered.wait(limit_s):
            continue
        # Told at once, since a loop that hangs for good tells nothing later.
        stack = describe_stack(sys._current_frames().get(thread))
        _log.warning("the event loop stalls: %s", stack)
        while not answered.wait(_PAUSE_S):
            if stopped.is_set():
                return
        milliseconds = 1000 * (time.monotonic() - asked)
        _log.warning("the event loop goes on after %.0f ms", milliseconds)


def describe_stack(frame: FrameType | None) -> str:
    """The innermost frames of a stack, innermost first: file, line and function of each."""
    if frame is None:
        return "nowhere"
    # The lines themselves are not looked up: that would read files.
    frames = traceback.StackSummary.extract(
        traceback.walk_stack(frame), limit=_FRAMES, lookup_lines=False
    )
    return " < ".join(f"{Path(each.filename).name}:{each.lineno} {each.name}" for each in frames)
