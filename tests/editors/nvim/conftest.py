"""A real Neovim for the tests of this folder; where there is none they fail, none is skipped."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.editors.endpoint import Endpoint, run_endpoint
from tests.editors.nvim.install_nvim import find_or_install
from tests.editors.nvim.terminal import Start, Terminal
from tests.fakes.endpoint import Reply


@pytest.fixture(scope="session")
def nvim_program() -> Path:
    """A Neovim with inline completion."""
    return find_or_install()


@pytest.fixture
def start(nvim_program: Path, tmp_path: Path) -> Iterator[Start]:
    """Open a file of the folder `project` in Neovim, the endpoint answering `reply`."""
    with ExitStack() as stack:

        def start(
            reply: str | Reply,
            source: str | bytes = "def add(a, b):\n",
            *,
            init: str = "",
            name: str = "total.py",
        ) -> tuple[Terminal, Endpoint]:
            endpoint = stack.enter_context(run_endpoint(reply))
            path = tmp_path / "project" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(source.encode() if isinstance(source, str) else source)
            terminal = Terminal(nvim_program, tmp_path, options=endpoint.options, init=init)
            stack.enter_context(terminal).open(path)
            return terminal, endpoint

        yield start
