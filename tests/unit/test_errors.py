"""Faults: each known answer means one action and one sentence."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lsp_server.errors import UserError
from lsp_server.provider.errors import (
    TABLE,
    Action,
    Fault,
    Row,
    classify,
    cut_short,
    not_an_answer,
    read_error,
    unreachable,
    untrusted_certificate,
)

ORIGIN = "https://models.example.com"


def compatible(code: str, message: str = "No.", kind: str | None = None) -> dict[str, Any]:
    return {"error": {"message": message, "type": kind or code, "param": None, "code": code}}


def native(code: str, message: str = "No.") -> dict[str, Any]:
    return {"code": code, "message": message, "request_id": "1"}


def llamacpp(status: int, kind: str, message: str) -> dict[str, Any]:
    return {"error": {"code": status, "message": message, "type": kind}}


TOO_LONG = "<400> InternalError.Algo.InvalidParameter: Range of input length should be [1, 30720]"
MEANINGS: list[tuple[int | None, Any, Action]] = [
    (400, compatible("invalid_parameter_error", TOO_LONG), Action.SHRINK),
    (400, native("InvalidParameter", TOO_LONG), Action.SHRINK),
    (400, compatible("", "This model's maximum context length is 9 tokens"), Action.SHRINK),
    (400, llamacpp(400, "exceed_context_size_error", "exceeds the context size"), Action.SHRINK),
    (413, None, Action.SHRINK),
    (400, compatible("invalid_parameter_error", "Model not exist."), Action.NEXT_MODEL),
    (400, native("InvalidParameter", "Model not exist."), Action.NEXT_MODEL),
    (404, compatible("model_not_found"), Action.NEXT_MODEL),
    (404, compatible("model_not_supported"), Action.NEXT_MODEL),
    (403, compatible("Endpoint.AccessDenied"), Action.NEXT_MODEL),
    (403, native("Model.AccessDenied"), Action.NEXT_MODEL),
    (403, native("AccessDenied.Unpurchased"), Action.NEXT_MODEL),
    (403, native("AllocationQuota.FreeTierOnly"), Action.NEXT_MODEL),
    (404, {"error": "model 'qwen2.5-coder:7b' not found"}, Action.NEXT_MODEL),
    (400, native("Arrearage"), Action.TELL),
    (429, native("PrepaidBillOverdue"), Action.TELL),
    (429, native("PostpaidBillOverdue"), Action.TELL),
    (429, compatible("CommodityNotPurchased"), Action.TELL),
    (429, compatible("Throttling", "Free allocated quota exceeded."), Action.TELL),
    (400, compatible("data_inspection_failed"), Action.QUIET),
    (400, native("DataInspectionFailed"), Action.QUIET),
    (401, compatible("invalid_api_key"), Action.TELL),
    (401, None, Action.TELL),
    (403, native("InvalidApiKey"), Action.TELL),
    (407, None, Action.TELL),
    (429, compatible("limit_requests"), Action.BACK_OFF),
    (429, compatible("limit_burst_rate"), Action.BACK_OFF),
    (429, native("Throttling.RateQuota"), Action.BACK_OFF),
    (429, compatible("insufficient_quota"), Action.BACK_OFF),
    (429, None, Action.BACK_OFF),
    (None, native("Throttling"), Action.BACK_OFF),
    (500, compatible("internal_error"), Action.RETRY),
    (503, native("ModelUnavailable"), Action.RETRY),
    (500, native("ModelServingError"), Action.RETRY),
    (500, native("RequestTimeOut"), Action.RETRY),
    (408, None, Action.RETRY),
    (502, None, Action.RETRY),
    (503, llamacpp(503, "unavailable_error", "Loading model"), Action.RETRY),
    (None, compatible("internal_error"), Action.RETRY),
    (None, native("InternalError.Timeout"), Action.RETRY),
    (None, {"error": "an error in the stream"}, Action.RETRY),
    (None, None, Action.RETRY),
    (418, None, Action.RETRY),
    (501, llamacpp(501, "not_supported_error", "Infill is not supported"), Action.NEXT_FORM),
    (400, {"error": "qwen2.5-coder:7b does not support insert"}, Action.NEXT_FORM),
    (400, compatible("invalid_parameter_error", "Partial mode is not ..."), Action.NEXT_FORM),
    (404, None, Action.NEXT_FORM),
    (405, None, Action.NEXT_FORM),
    (400, compatible("invalid_parameter_error", "Unexpected parameter"), Action.NEXT_FORM),
    (422, None, Action.NEXT_FORM),
    (301, None, Action.TELL),
    (307, None, Action.TELL),
    (403, None, Action.TELL),
]


def read(status: int | None, body: object, headers: dict[str, str] | None = None) -> Fault:
    return classify(status, body, model="qwen-coder-turbo", origin=ORIGIN, headers=headers)


@pytest.mark.parametrize(("status", "body", "action"), MEANINGS)
def test_what_an_answer_means(status: int | None, body: object, action: Action) -> None:
    fault = read(status, body)
    assert fault.action is action
    assert fault.status == status
    check_sentence(fault.sentence)


def check_sentence(sentence: str) -> None:
    assert re.fullmatch(r"[\w{].*[.]", sentence)
    assert "{" not in sentence.replace("{…}", "")
    assert "\n" not in sentence


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.sentence[:40])
def test_each_row_is_a_sentence(row: Row) -> None:
    check_sentence(row.sentence.format(model="qwen", origin=ORIGIN, code="code"))


@pytest.mark.parametrize(
    "fault",
    [
        unreachable(ORIGIN, "connection refused"),
        untrusted_certificate(ORIGIN),
        not_an_answer(ORIGIN, "a web page"),
        cut_short(ORIGIN),
    ],
)
def test_faults_of_the_transport_name_the_origin(fault: Fault) -> None:
    check_sentence(fault.sentence)
    assert ORIGIN in fault.sentence


def test_the_limit_is_read() -> None:
    assert read(400, compatible("invalid_parameter_error", TOO_LONG)).limit == 30_720
    assert read(400, compatible("invalid_parameter_error", "No.")).limit is None


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        ("1.5", 1.5),
        ("3600", 3600.0),
        ("-1", None),
        ("soon", None),
        ("inf", None),
        ("nan", None),
        ("", None),
        ("Wed, 21 Oct 2026 07:28:00 GMT", None),
    ],
)
def test_retry_after(value: str, seconds: float | None) -> None:
    assert read(429, None, {"retry-after": value}).retry_after == seconds


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (compatible("a", "b"), ("a", "b")),
        (native("a", "b"), ("a", "b")),
        ({"error": "text"}, ("", "text")),
        ({"error": {"type": "a", "message": "b"}}, ("a", "b")),
        (llamacpp(400, "a", "b"), ("a", "b")),
        ({"error": {"code": 400, "message": 5}}, ("", "")),
        ({"error": None}, ("", "")),
        ({"error": []}, ("", "")),
        ({"detail": "Not Found"}, ("", "")),
        ([], ("", "")),
        ("text", ("", "")),
        (None, ("", "")),
    ],
)
def test_the_shapes_of_errors(body: object, expected: tuple[str, str]) -> None:
    assert read_error(body) == expected


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["error", "code", "type", "message", "param", "x"]), inner, max_size=4
        )
    ),
    max_leaves=8,
)


@given(st.none() | st.integers(100, 599), _JSON)
@settings(max_examples=300, deadline=None, derandomize=True)
def test_any_answer_means_something(status: int | None, body: object) -> None:
    fault = read(status, body)
    assert fault.action in Action
    assert fault.sentence.endswith(".")


@pytest.mark.parametrize("text", ["canary: def secret_code():", "canary\n", "canary" * 20])
@pytest.mark.parametrize("status", [None, 400, 401, 418, 500])
def test_a_fault_never_quotes_what_the_endpoint_said(text: str, status: int | None) -> None:
    for body in (compatible("bad", text), compatible(text), native(text), {"error": text}):
        assert "canary" not in read(status, body).sentence


def test_a_users_error_has_an_exit_code() -> None:
    error = UserError("Say it again.")
    assert (str(error), error.exit_code) == ("Say it again.", 2)
