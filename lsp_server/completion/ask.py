"""Asking the lane's models in turn until one answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lsp_server.completion.stream import Answer, read_answer
from lsp_server.context.base import Context
from lsp_server.models.route import Route
from lsp_server.postprocess.base import Place
from lsp_server.prompt.base import Form, Prompt
from lsp_server.prompt.fim import build_fim_prompt, build_infill_prompt
from lsp_server.prompt.partial import build_partial_prompt
from lsp_server.provider.base import Provider, Request
from lsp_server.provider.errors import Action, Fault, ProviderError

_BUILDERS: dict[Form, Callable[[Context], Prompt]] = {
    "fim": build_fim_prompt,
    "partial": build_partial_prompt,
    "infill": build_infill_prompt,
}


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, the model and form it came by, the prompt, and the models passed over."""

    answer: Answer
    model: str
    form: Form
    prompt: Prompt
    passed_over: tuple[Fault, ...] = ()


async def ask_models(
    provider: Provider,
    route: Route,
    gather: Callable[[int], Context],
    place: Place,
    *,
    max_prompt_tokens: int,
    max_tokens: int,
    deadline_ms: int,
) -> Reply:
    """The first answer of the chain.

    `gather` gives the context under a number of tokens. A refused form or model is remembered in
    `route` and passed over; a prompt found too long is shortened once. Raises `ProviderError` with
    the fault that ended the search.
    """
    passed_over: list[Fault] = []
    last = route.refusal or _NO_MODEL
    for model, form in route.candidates(provider):
        budget = max_prompt_tokens
        for attempt in ("whole", "shortened"):
            prompt = _BUILDERS[form](gather(budget))
            request = Request(model, prompt, max_tokens, deadline_ms=deadline_ms)
            try:
                answer = await read_answer(provider.stream(request), place)
                return Reply(answer, model, form, prompt, tuple(passed_over))
            except ProviderError as error:
                last = error.fault
                if last.action is not Action.SHRINK or attempt == "shortened":
                    break
                budget = max(64, min(last.limit or budget, budget) // 2)
        is_last_form = form == route.forms(provider, model)[-1]
        match last.action:
            case Action.NEXT_FORM | Action.NEXT_MODEL if not is_last_form:
                # On its completions path DashScope calls a model unknown that only chats.
                route.refuse_form(model, form)
            case Action.NEXT_MODEL:
                route.refuse_model(model, last)
                passed_over.append(last)
            case Action.NEXT_FORM:
                # Not remembered: it may be this one request that the endpoint dislikes.
                continue
            case _:
                raise ProviderError(last)
    raise ProviderError(last)


_NO_MODEL = Fault(
    Action.TELL,
    "No model of the lane is served at this endpoint; set qwen.completion.model, or run "
    "`qwen-lsp doctor` to see what is.",
    "no_model",
)
