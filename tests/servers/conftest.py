"""Real llama.cpp servers for the tests of this folder, one per model and run.

Where a server or a model cannot be had these fixtures raise, and the tests fail: none is skipped.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.install_llama import cache_folder, find_or_install
from tests.servers.llama_server import LlamaServer, run_llama_server
from tests.servers.tiny_gguf import make_coder_model, make_plain_model


@pytest.fixture(scope="session")
def llama_program() -> Path:
    """The program `llama-server`."""
    return find_or_install()


@pytest.fixture(scope="session")
def llama_server(
    llama_program: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LlamaServer]:
    """A server that holds a coder model, which fills in the middle."""
    log_path = tmp_path_factory.mktemp("llama") / "coder.log"
    with run_llama_server(llama_program, make_coder_model(cache_folder()), log_path) as server:
        yield server


@pytest.fixture(scope="session")
def plain_llama_server(
    llama_program: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LlamaServer]:
    """A server whose model has no tokens to fill in the middle."""
    log_path = tmp_path_factory.mktemp("llama") / "plain.log"
    with run_llama_server(llama_program, make_plain_model(cache_folder()), log_path) as server:
        yield server
