"""Asking: the first model and form that answer, what is remembered, and what ends the search."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator
from dataclasses import dataclass, field

import pytest

from lsp_server.completion.ask import Reply, ask_models
from lsp_server.completion.stream import Answer
from lsp_server.context.base import Context
from lsp_server.models.route import Route
from lsp_server.prompt.base import FimPrompt, Form, InfillPrompt, PartialPrompt
from lsp_server.provider.base import Endpoint, Piece, Request, Text, Usage
from lsp_server.provider.errors import Action, Fault, ProviderError
from tests.marks import read_place

PLACE = read_place("x = █", multiline=False)
ENDPOINT = Endpoint("openai", "https://models.example.com/v1")
USAGE = Usage(10, 1)
FORM_OF: dict[type, str] = {FimPrompt: "fim", PartialPrompt: "partial", InfillPrompt: "infill"}

# What a model says to a form: a text, or a fault.
Says = Callable[[str, str], "str | Fault"]


@dataclass
class Scripted:
    """A provider that says what the script has it say, and keeps the requests."""

    says: Says
    all_forms: dict[str, tuple[Form, ...]] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    endpoint: Endpoint = ENDPOINT
    usage: Usage = USAGE

    def forms(self, model: str) -> tuple[Form, ...]:
        return self.all_forms.get(model, ("fim", "partial"))

    async def prepare(self) -> None:
        raise NotImplementedError

    async def stream(self, request: Request) -> AsyncGenerator[Piece, None]:
        form = FORM_OF[type(request.prompt)]
        self.asked.append((request.model, form))
        self.requests.append(request)
        said = self.says(request.model, form)
        if isinstance(said, Fault):
            raise ProviderError(said)
        yield Text(said)
        yield self.usage

    async def list_models(self) -> tuple[str, ...]:
        raise NotImplementedError

    async def close(self) -> None:
        raise NotImplementedError


class Sink:
    """Nobody waits for the text."""

    def begin(self, model: str, form: Form) -> None:
        self.text = ""

    def extend(self, text: str) -> None:
        pass

    def end(self) -> None:
        pass


async def gather(tokens: int) -> Context:
    return Context("a.py", "python", "z" * tokens, "")


def ask(provider: Scripted, route: Route) -> Reply:
    async def run() -> Reply:
        return await ask_models(
            provider,
            route,
            gather,
            PLACE,
            Sink(),
            max_prompt_tokens=1000,
            max_tokens=64,
            deadline_ms=1500,
        )

    return asyncio.run(run())


def fault(action: Action, code: str = "code", limit: int | None = None) -> Fault:
    return Fault(action, f"It is {code}.", code, 400, limit)


def always(says: str | Fault) -> Says:
    return lambda _model, _form: says


def test_the_first_answer() -> None:
    provider = Scripted(always("1"))
    reply = ask(provider, Route(("a", "b")))
    assert (reply.answer, reply.model, reply.form) == (Answer("1", Usage(10, 1)), "a", "fim")
    assert reply.passed_over == ()
    assert provider.asked == [("a", "fim")]
    request = provider.requests[0]
    assert (request.model, request.max_tokens, request.temperature) == ("a", 64, 0.0)
    assert request.deadline_ms == 1500
    assert request.prompt == reply.prompt


@pytest.mark.parametrize(
    ("model", "tokens", "is_adjusted"),
    [("codestral", 900, True), ("codestral", 0, False), ("qwen2.5-coder", 900, False)],
)
def test_the_budget_goes_by_what_the_model_counts(
    model: str, tokens: int, is_adjusted: bool
) -> None:
    async def gather_counted(budget: int) -> Context:
        budgets.append(budget)
        return Context("a.py", "python", "z" * 4_000, "", tokens=tokens)

    async def run() -> None:
        for _ in range(20):
            await ask_models(
                Scripted(always("1"), usage=Usage(1_800, 1)),
                route,
                gather_counted,
                PLACE,
                Sink(),
                max_prompt_tokens=1_000,
                max_tokens=64,
                deadline_ms=1_500,
            )

    budgets: list[int] = []
    route = Route((model,))
    asyncio.run(run())
    assert budgets[0] == 1_000
    assert (500 <= budgets[-1] <= 560) if is_adjusted else budgets[-1] == 1_000


@pytest.mark.parametrize("action", [Action.NEXT_FORM, Action.NEXT_MODEL])
def test_a_refused_form_is_remembered(action: Action) -> None:
    provider = Scripted(lambda _, form: fault(action) if form == "fim" else "1")
    route = Route(("a", "b"))
    replies = [ask(provider, route) for _ in range(2)]
    assert provider.asked == [("a", "fim"), ("a", "partial"), ("a", "partial")]
    assert [reply.form for reply in replies] == ["partial", "partial"]
    # Another form of the same model is no other model: there is nothing to tell.
    assert replies[0].passed_over == ()


def test_a_model_that_is_gone_is_passed_over_and_told_once() -> None:
    gone = fault(Action.NEXT_MODEL)
    provider = Scripted(lambda model, _: "1" if model == "c" else gone)
    route = Route(("a", "b", "c"))
    replies = [ask(provider, route) for _ in range(2)]
    assert [reply.model for reply in replies] == ["c", "c"]
    assert [reply.passed_over for reply in replies] == [(gone, gone), ()]
    assert provider.asked[-1:] == [("c", "fim")]
    assert route.model == "c"


def test_when_all_models_are_gone_it_says_which() -> None:
    provider = Scripted(always(fault(Action.NEXT_MODEL)))
    route = Route(("a", "b"))
    for _ in range(2):
        with pytest.raises(ProviderError) as raised:
            ask(provider, route)
        assert raised.value.fault.action is Action.TELL
        assert "https://models.example.com does not serve a nor b" in raised.value.fault.sentence
    assert len(provider.asked) == 4


def test_when_no_form_is_taken_it_counts_as_a_fault_and_is_not_remembered() -> None:
    provider = Scripted(always(fault(Action.NEXT_FORM)), {"a": ("partial",)})
    route = Route(("a",))
    for _ in range(2):
        with pytest.raises(ProviderError) as raised:
            ask(provider, route)
        assert raised.value.fault.action is Action.RETRY
        assert raised.value.fault.sentence == "It is code."
    assert provider.asked == [("a", "partial")] * 2


def test_a_model_that_takes_no_form_is_never_asked() -> None:
    provider = Scripted(always("1"), {"a": ()})
    with pytest.raises(ProviderError) as raised:
        ask(provider, Route(("a",)))
    assert "thinks before each answer" in raised.value.fault.sentence
    assert provider.asked == []


@pytest.mark.parametrize("action", [Action.TELL, Action.QUIET, Action.BACK_OFF, Action.RETRY])
def test_other_faults_end_the_search_without_a_retry(action: Action) -> None:
    provider = Scripted(always(fault(action)))
    with pytest.raises(ProviderError) as raised:
        ask(provider, Route(("a", "b")))
    assert raised.value.fault.action is action
    assert provider.asked == [("a", "fim")]


@pytest.mark.parametrize(
    ("limit", "shortened"), [(None, 500), (600, 300), (5000, 500), (10, 64), (1, 64)]
)
def test_a_prompt_too_long_is_shortened_once(limit: int | None, shortened: int) -> None:
    answers: Iterator[str | Fault] = iter([fault(Action.SHRINK, limit=limit), "1"])
    provider = Scripted(lambda _model, _form: next(answers))
    assert ask(provider, Route(("a",))).answer.text == "1"
    assert [length(request) for request in provider.requests] == [1000, shortened]


def length(request: Request) -> int:
    assert isinstance(request.prompt, FimPrompt)
    return request.prompt.text.count("z")


def test_a_prompt_still_too_long_ends_the_search() -> None:
    provider = Scripted(always(fault(Action.SHRINK, limit=100)))
    with pytest.raises(ProviderError) as raised:
        ask(provider, Route(("a", "b")))
    assert raised.value.fault.action is Action.SHRINK
    assert len(provider.asked) == 2


def test_after_shortening_the_search_goes_on() -> None:
    answers: Iterator[str | Fault] = iter([fault(Action.SHRINK), fault(Action.NEXT_FORM), "1"])
    provider = Scripted(lambda _model, _form: next(answers))
    assert ask(provider, Route(("a",))).form == "partial"


def test_tokens_are_estimated_where_the_stream_was_cut_short() -> None:
    reply = ask(Scripted(always("1\n2")), Route(("a",)))
    assert reply.answer.usage is None
    assert reply.usage.input > 300
    assert reply.usage.output == 2
