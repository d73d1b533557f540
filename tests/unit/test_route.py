"""Routes: the chain of models and forms, less what has been refused."""

from __future__ import annotations

import pytest

from lsp_server.models.route import Route
from lsp_server.prompt.base import Form

FORMS: dict[str, tuple[Form, ...]] = {
    "turbo": ("fim", "partial"),
    "plus": ("partial",),
    "local": ("infill", "fim", "partial"),
    "thinker": (),
}


def forms_of(model: str) -> tuple[Form, ...]:
    return FORMS[model]


@pytest.mark.parametrize(
    ("mode", "model", "expected"),
    [
        ("auto", "turbo", ("fim", "partial")),
        ("auto", "plus", ("partial",)),
        ("auto", "thinker", ()),
        ("fim", "turbo", ("fim",)),
        ("fim", "plus", ("fim",)),
        ("fim", "local", ("infill", "fim")),
        ("partial", "turbo", ("partial",)),
        ("partial", "local", ("partial",)),
    ],
)
def test_the_mode_chooses_among_the_forms(
    mode: str, model: str, expected: tuple[Form, ...]
) -> None:
    route = Route(("turbo",), mode)  # type: ignore[arg-type]
    assert route.forms(forms_of, model) == expected


def test_candidates_in_order() -> None:
    route = Route(("turbo", "thinker", "plus"))
    assert list(route.candidates(forms_of)) == [
        ("turbo", "fim"),
        ("turbo", "partial"),
        ("plus", "partial"),
    ]


def test_what_is_refused_is_passed_over_while_the_candidates_are_read() -> None:
    route = Route(("turbo", "local", "plus"))
    candidates = route.candidates(forms_of)
    assert next(candidates) == ("turbo", "fim")
    route.refuse_form("turbo", "fim")
    assert next(candidates) == ("turbo", "partial")
    route.refuse_model("turbo")
    assert next(candidates) == ("local", "infill")
    route.refuse_model("local")
    assert list(candidates) == [("plus", "partial")]
    assert list(route.candidates(forms_of)) == [("plus", "partial")]


def test_the_model_shown_is_the_first_not_refused() -> None:
    route = Route(("turbo", "plus"))
    models = [route.model]
    for model in route.chain:
        route.refuse_model(model)
        models.append(route.model)
    assert models == ["turbo", "plus", None]
