"""Every fault of an endpoint in one table: what to do, and one sentence for the user."""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class Action(enum.Enum):
    """What a fault asks for."""

    SHRINK = "shorten the prompt and try once more"
    NEXT_MODEL = "pass over to the next model of the chain"
    NEXT_FORM = "ask in another form"
    TELL = "tell the user, do not retry"
    QUIET = "leave a reason, do not disturb"
    BACK_OFF = "wait before asking again"
    RETRY = "retry actions, fall back for completions"


@dataclass(frozen=True, slots=True)
class Fault:
    """A classified fault.

    `limit` is the longest input in tokens where the endpoint named one, `retry_after` the wait
    in seconds that it asked for.
    """

    action: Action
    sentence: str
    code: str = ""
    status: int | None = None
    limit: int | None = None
    retry_after: float | None = None


class ProviderError(Exception):
    """The endpoint did not answer; `fault` says why and what to do."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.sentence)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table: matches when every given part does."""

    action: Action
    sentence: str
    statuses: frozenset[int] = frozenset()
    # Patterns, compiled when first needed: a start has no fault to classify.
    codes: str | None = None
    message: str | None = None

    def matches(self, status: int | None, code: str, message: str) -> bool:
        """Whether this row speaks of such an error."""
        if self.statuses and status is not None and status not in self.statuses:
            return False
        if status is None and not self.codes and not self.message:
            # Within a stream there is no status, so that a row by status alone says nothing.
            return False
        if not self.codes and not self.message:
            return True
        return bool(
            (self.codes and re.fullmatch(self.codes, code, re.IGNORECASE))
            or (self.message and re.search(self.message, message, re.IGNORECASE))
        )


def _row(
    action: Action,
    sentence: str,
    *statuses: int,
    codes: str | None = None,
    message: str | None = None,
) -> Row:
    return Row(
        action,
        sentence,
        frozenset(statuses),
        codes,
        message,
    )


# A code is shown to the user; what looks otherwise may be anything, the user's code among it.
_CODE = re.compile(r"[\w.-]{1,80}")
_OWN_CODES = frozenset(
    {"unreachable", "certificate", "not_an_answer", "cut_short", "length", "deadline", "no_model"}
)
_LENGTH = re.compile(r"input length should be \[\s*\d+\s*,\s*(\d+)\s*\]", re.IGNORECASE)

# DashScope's published codes come first, since its statuses alone do not tell them apart; the rows
# by status alone, at the end, hold for every server.
TABLE: tuple[Row, ...] = (
    _row(
        Action.SHRINK,
        "The prompt was longer than {model} takes; it was shortened.",
        400,
        413,
        message=_LENGTH.pattern + r"|maximum context length|context size|too many tokens",
    ),
    _row(Action.SHRINK, "The prompt was longer than {model} takes; it was shortened.", 413),
    _row(
        Action.NEXT_FORM,
        "{model} does not fill in the middle at this endpoint; it is asked in partial mode.",
        400,
        404,
        405,
        501,
        codes=r"unsupported_form|not_supported_error",
        message=r"infill is not supported|does not support (insert|completions|infill|suffix)"
        r"|partial mode|not support.{0,40}/completions|model_not_supported.{0,40}completions",
    ),
    _row(
        Action.NEXT_MODEL,
        "{model} is not served to this account any more; the next model of the chain is used.",
        400,
        403,
        404,
        codes=r"model_not_found|model_not_supported|ModelNotFound|Endpoint\.AccessDenied"
        r"|Model\.AccessDenied|AccessDenied\.Unpurchased|AllocationQuota\.FreeTierOnly",
        message=r"model not exist|model .{0,80}(not found|does not exist)",
    ),
    _row(
        Action.TELL,
        "The account at {origin} cannot pay for requests (overdue, or the free quota is used up); "
        "see the billing page of its console.",
        400,
        403,
        429,
        codes=r"Arrearage|PrepaidBillOverdue|PostpaidBillOverdue|CommodityNotPurchased",
        message=r"free allocated quota exceeded|billing|arrears",
    ),
    _row(
        Action.QUIET,
        "The endpoint's content inspection refused this request.",
        400,
        codes=r"data_inspection_failed|DataInspectionFailed",
    ),
    _row(
        Action.TELL,
        "{origin} refused the key; check the key, its region (qwen.region) and its plan, then run "
        "`qwen-lsp doctor`.",
        401,
    ),
    _row(
        Action.TELL,
        "{origin} refused the key; check the key, its region (qwen.region) and its plan, then run "
        "`qwen-lsp doctor`.",
        400,
        403,
        codes=r"invalid_api_key|InvalidApiKey",
    ),
    _row(
        Action.TELL,
        "A proxy between here and {origin} asks for credentials; set them in HTTPS_PROXY.",
        407,
    ),
    _row(
        Action.BACK_OFF,
        "{origin} limits the rate of requests; it will be asked again shortly.",
        429,
    ),
    _row(
        Action.BACK_OFF,
        "{origin} limits the rate of requests; it will be asked again shortly.",
        200,
        400,
        403,
        503,
        codes=r"limit_requests|limit_burst_rate|Throttling.*|insufficient_quota",
    ),
    _row(
        Action.RETRY,
        "{origin} is busy or restarting; it will be asked again.",
        500,
        502,
        503,
        504,
        408,
    ),
    _row(
        Action.RETRY,
        "{origin} is busy or restarting; it will be asked again.",
        codes=r"internal_error|InternalError.*|ModelServingError|ModelUnavailable|RequestTimeOut",
    ),
    _row(
        Action.TELL,
        "{origin} sends its answers elsewhere (a redirect), which is not followed so that no key "
        "goes astray; set qwen.baseUrl to the final address.",
        301,
        302,
        303,
        307,
        308,
    ),
    _row(
        Action.NEXT_FORM,
        "{origin} does not know this path; check qwen.baseUrl (it ends with the version path, "
        "such as /v1).",
        404,
        405,
        501,
    ),
    _row(
        Action.TELL,
        "{origin} refuses access to {model}; check the account's permissions.",
        403,
    ),
    _row(
        Action.NEXT_FORM,
        "{origin} did not accept the request for {model} ({code}).",
        400,
        422,
    ),
)


def classify(
    status: int | None,
    body: object,
    *,
    model: str,
    origin: str,
    headers: Mapping[str, str] | None = None,
) -> Fault:
    """The fault that an error answer means.

    `body` is the decoded JSON of the answer where there is any: OpenAI's shape
    `{"error": {"message", "type", "param", "code"}}`, DashScope's native
    `{"code", "message"}`, llama.cpp's `{"error": {"code", "message", "type"}}`, or
    `{"error": "text"}` as Ollama sends it.
    """
    code, message = read_error(body)
    limit = _LENGTH.search(message)
    for row in TABLE:
        if row.matches(status, code, message):
            return Fault(
                row.action,
                row.sentence.format(model=model, origin=origin, code=code or status),
                code,
                status,
                int(limit.group(1)) if limit else None,
                _retry_after(headers),
            )
    return Fault(Action.RETRY, f"{origin} answered with an error ({code or status}).", code, status)


def read_error(body: object) -> tuple[str, str]:
    """The code and message of an error body in any of the known shapes, empty where absent."""
    if not isinstance(body, Mapping):
        return "", ""
    error: Any = body.get("error", body)
    if isinstance(error, str):
        return "", error
    if not isinstance(error, Mapping):
        return "", ""
    codes = (error.get("code"), error.get("type"))
    code = next((each for each in codes if isinstance(each, str) and _CODE.fullmatch(each)), "")
    message = error.get("message")
    return code, message if isinstance(message, str) else ""


def is_published(code: str) -> bool:
    """Whether a code is ours or the table's, so that it is no word of the user's code sent back."""
    return code in _OWN_CODES or any(
        row.codes and re.fullmatch(row.codes, code, re.IGNORECASE) for row in TABLE
    )


def unreachable(origin: str, reason: str) -> Fault:
    """Nothing answers: refused, no such host, no route, time out."""
    return Fault(
        Action.RETRY,
        f"{origin} does not answer ({reason}); check that it runs and that qwen.baseUrl and the "
        "proxy are right.",
        "unreachable",
    )


def untrusted_certificate(origin: str) -> Fault:
    """TLS failed."""
    return Fault(
        Action.TELL,
        f"The certificate of {origin} is not trusted here; add your company's certificate to the "
        "system's store or name its file in SSL_CERT_FILE.",
        "certificate",
    )


def not_an_answer(origin: str, what: str) -> Fault:
    """An answer that is no model's: HTML, broken JSON, nothing at all."""
    return Fault(
        Action.RETRY,
        f"{origin} answered with {what} where a model's reply was expected; check that "
        "qwen.baseUrl names the API and not a web page.",
        "not_an_answer",
    )


def says_nothing(origin: str) -> Fault:
    """Event after event without a word in it, more than an answer has tokens."""
    return Fault(
        Action.RETRY,
        f"{origin} sends an answer with nothing in it that does not end; check that qwen.baseUrl "
        "names the API of a model.",
        "says_nothing",
    )


def cut_short(origin: str) -> Fault:
    """The connection broke while the answer came."""
    return Fault(Action.RETRY, f"{origin} broke off in the middle of its answer.", "cut_short")


def too_long_an_answer(model: str, tokens: int) -> Fault:
    """The answer was cut at the limit of tokens."""
    return Fault(
        Action.TELL,
        f"{model} did not come to an end within {tokens:,} tokens; select fewer lines.",
        "length",
    )


def _retry_after(headers: Mapping[str, str] | None) -> float | None:
    value = (headers or {}).get("retry-after", "")
    try:
        seconds = float(value)
    except ValueError:
        return None
    return seconds if 0 <= seconds < float("inf") else None
