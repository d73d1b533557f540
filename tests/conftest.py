"""`--rewrite-cases` writes what happens into the golden sections of the files of cases."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--rewrite-cases",
        action="store_true",
        help="write what happens into the golden sections of the cases; read the difference",
    )


@pytest.fixture
def rewrite(request: pytest.FixtureRequest) -> bool:
    # Unknown where the run does not start in this folder.
    return bool(request.config.getoption("--rewrite-cases", default=False))
