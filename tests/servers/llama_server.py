"""A running `llama-server`, and what can be seen from outside of what it does."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

SLOTS = 2
# One slot takes all of the tiny model's context, so that an endless reply lasts long enough (some
# 25 s on one core) for a test to act while it runs.
SLOT_CONTEXT = 32_768

# A test that waits this long has failed; none is expected to come near.
_PATIENCE_SECONDS = 60.0
_LISTENING = r"listening on (http://127\.0\.0\.1:\d+)"


@dataclass(frozen=True, slots=True)
class LlamaServer:
    """Where a server listens and what it runs. `base_url` has no path; `model_name` is its id."""

    base_url: str
    log_path: Path
    pid: int
    model_name: str


@contextmanager
def run_llama_server(program: Path, model: Path, log_path: Path) -> Iterator[LlamaServer]:
    """Start `program` on a free port of the loopback, ready to answer, and end it at the exit.

    Raises `RuntimeError` with the end of its log when it does not come up.
    """
    command = [str(program), "--model", str(model), "--host", "127.0.0.1", "--port", "0"]
    command += ["--ctx-size", str(SLOTS * SLOT_CONTEXT), "--parallel", str(SLOTS)]
    # So small a network is done sooner by one thread that does not spin than by several that do.
    command += ["--threads", "1", "--poll", "0"]
    command += ["--slots", "--offline", "--no-webui", "--log-verbosity", "4"]
    ours = {name: value for name, value in os.environ.items() if not name.startswith("LLAMA_")}
    # By environment, because versions that cannot fit themselves to the memory refuse the option.
    ours["LLAMA_ARG_FIT"] = "off"
    with log_path.open("wb") as log:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, env=ours
        )
    try:
        base_url = _wait_until_listening(process, log_path)
        yield LlamaServer(base_url, log_path, process.pid, _served_model(base_url))
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def log_size(server: LlamaServer) -> int:
    """The length of the log in bytes: a mark from where `wait_for_log` may begin."""
    return server.log_path.stat().st_size


def wait_for_log(server: LlamaServer, pattern: str, start: int = 0) -> re.Match[str]:
    """The first match of `pattern` in the log from byte `start` on, waited for.

    Raises `TimeoutError` with that part of the log when it does not come.
    """
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        text = _read_log(server.log_path, start)
        found = re.search(pattern, text)
        if found:
            return found
        if time.monotonic() > deadline:
            raise TimeoutError(f"No {pattern!r} in the log of llama-server:\n{text}")
        time.sleep(0.02)


def read_slots(server: LlamaServer) -> Sequence[Mapping[str, Any]]:
    """The server's own account of its slots (`GET /slots`)."""
    slots: Sequence[Mapping[str, Any]] = _get(f"{server.base_url}/slots").json()
    return slots


def count_busy_slots(server: LlamaServer) -> int:
    """How many slots are at work."""
    return sum(bool(slot["is_processing"]) for slot in read_slots(server))


def wait_for_busy_slots(server: LlamaServer, count: int) -> None:
    """Return once exactly `count` slots are at work; raises `TimeoutError` if that never is so."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while count_busy_slots(server) != count:
        if time.monotonic() > deadline:
            raise TimeoutError(f"llama-server never had {count} slots at work.")
        time.sleep(0.02)


def _wait_until_listening(process: subprocess.Popen[bytes], log_path: Path) -> str:
    """The address of a server that is healthy: it listens first and loads its model afterwards."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        found = re.search(_LISTENING, _read_log(log_path))
        if found and _is_healthy(found.group(1)):
            return found.group(1)
        time.sleep(0.02)
    tail = "\n".join(_read_log(log_path).splitlines()[-20:])
    raise RuntimeError(f"llama-server did not come up; its log ends with:\n{tail}")


def _is_healthy(base_url: str) -> bool:
    try:
        return _get(f"{base_url}/health").status_code == 200
    except httpx2.TransportError:
        return False


def _served_model(base_url: str) -> str:
    model: str = _get(f"{base_url}/v1/models").json()["data"][0]["id"]
    return model


def _get(url: str) -> httpx2.Response:
    # A proxy of the machine's has no business on the loopback.
    return httpx2.get(url, trust_env=False, timeout=_PATIENCE_SECONDS)


def _read_log(log_path: Path, start: int = 0) -> str:
    with log_path.open("rb") as log:
        log.seek(start)
        return log.read().decode(errors="replace")
