"""Which names are likely at a cursor."""

from __future__ import annotations

import pytest

from lsp_server.buffer import Buffer, Encoding, Position
from lsp_server.context.expect import expect_names
from lsp_server.context.scene import make_scene
from lsp_server.index.base import Chunk

NEAR = "prices = load()\n\n"
LIKE = "prices = load()\ndel total, lambda_price\ntotal = sum(price for price in prices)\n"


@pytest.mark.parametrize(("language", "has_del"), [("python", False), ("ruby", True)])
def test_a_languages_own_words_name_nothing(language: str, has_del: bool) -> None:
    snapshot = Buffer("file:///a", 1, language, NEAR, Encoding.UTF16).snapshot()
    scene = make_scene(snapshot, Position(1, 0), "a")
    assert scene is not None
    windows = [Chunk("b", language, 0, LIKE, 1.0)]
    expected = expect_names(scene, {"prices", "load"}, windows, windows, ())
    assert {"total", "lambda_price", "price", "sum"} <= expected.keys()
    assert ("del" in expected) == has_del
    assert ("for" in expected) == has_del
