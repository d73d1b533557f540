"""R9: a stall of the event loop is logged with the place where it happens."""

from __future__ import annotations

import asyncio
import logging
import threading

import pytest

from lsp_server.watchdog import describe_stack, watch_loop


class Listener(logging.Handler):
    """Keeps what is logged, and tells that something was."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.heard = threading.Event()

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())
        self.heard.set()


def hold_the_loop(until: threading.Event) -> None:
    secret_word = "canary_71aa"
    assert until.wait(30), secret_word


@pytest.mark.asyncio
async def test_a_stall_is_logged_with_its_place() -> None:
    listener = Listener()
    logger = logging.getLogger("lsp_server.watchdog")
    logger.addHandler(listener)
    try:
        with watch_loop(0.02):
            hold_the_loop(listener.heard)
            listener.heard.clear()
            await asyncio.to_thread(listener.heard.wait, 30)
    finally:
        logger.removeHandler(listener)
    assert "test_watchdog.py" in listener.lines[0]
    assert "hold_the_loop" in listener.lines[0]
    assert "goes on after" in listener.lines[1]
    assert "canary" not in "".join(listener.lines)


def test_a_thread_that_has_ended_is_nowhere() -> None:
    assert describe_stack(None) == "nowhere"
