"""A real Neovim for the tests of this folder; where there is none they fail, none is skipped."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.editors.nvim.install_nvim import find_or_install


@pytest.fixture(scope="session")
def nvim_program() -> Path:
    """A Neovim with inline completion."""
    return find_or_install()
