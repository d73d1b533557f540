"""What `make package` has made; where it is missing the tests fail, none is skipped."""

from __future__ import annotations

from pathlib import Path

import pytest

from lsp_server import __version__

_DIST = Path(__file__).resolve().parents[2] / "dist"


@pytest.fixture(scope="session")
def wheel() -> Path:
    """The wheel."""
    return _find(f"qwen_lsp-{__version__}-py3-none-any.whl")


@pytest.fixture(scope="session")
def source_archive() -> Path:
    """The sdist."""
    return _find(f"qwen_lsp-{__version__}.tar.gz")


@pytest.fixture(scope="session")
def extension() -> Path:
    """The VSIX."""
    return _find("qwen-lsp.vsix")


@pytest.fixture(scope="session")
def extension_bill() -> Path:
    """The bill of materials of what is bundled into the VSIX."""
    return _find("qwen-lsp-vscode.cdx.json")


def _find(name: str) -> Path:
    path = _DIST / name
    if not path.is_file():
        raise FileNotFoundError(f"There is no dist/{name}: run make package.")
    return path
