"""Asking the lane's models in turn until one answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from lsp_server.completion.stream import Answer, Reader, TextSink, no_spot, read_answer
from lsp_server.context.base import Context
from lsp_server.context.tokens import estimate_tokens
from lsp_server.models.route import Route
from lsp_server.postprocess.base import Place
from lsp_server.prompt.base import FimPrompt, Form, PartialPrompt, Prompt
from lsp_server.prompt.fim import build_fim_prompt, build_infill_prompt
from lsp_server.prompt.partial import build_partial_prompt
from lsp_server.provider.base import Provider, Request, Usage
from lsp_server.provider.errors import Action, Fault, ProviderError
from lsp_server.syntax.splice import Spot

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

    @property
    def usage(self) -> Usage:
        """Tokens as the endpoint counted them, estimated where the stream was cut short."""
        return self.answer.usage or Usage(
            estimate_tokens(_read_prompt(self.prompt)), estimate_tokens(self.answer.text)
        )


async def ask_models(
    provider: Provider,
    route: Route,
    gather: Callable[[int], Awaitable[Context]],
    place: Place,
    sink: TextSink,
    *,
    max_prompt_tokens: int,
    max_tokens: int,
    deadline_ms: int,
    temperature: float = 0.0,
    find_spot: Callable[[], Spot | None] = no_spot,
) -> Reply:
    """The first answer of the chain; its text is given to `sink` as it comes.

    `gather` gives the context under a number of tokens, `find_spot` the place in the file's tree.
    A refused form or model is remembered in `route` and passed over; a prompt found too long is
    shortened once. Raises `ProviderError` with the fault that ended the search.
    """
    passed_over: list[Fault] = []
    last = _no_model(route, provider)
    for model, form in route.candidates(provider.forms):
        budget = route.limit(model, max_prompt_tokens)
        for attempt in ("whole", "shortened"):
            context = await gather(budget)
            prompt = _BUILDERS[form](context)
            request = Request(
                model, prompt, max_tokens, temperature, deadline_ms, language=place.language
            )
            sink.begin(model, form)
            try:
                answer = await read_answer(provider.stream(request), Reader(place, find_spot), sink)
                if answer.usage is not None:
                    counted = _count_tokens(context, prompt)
                    route.note_prompt(model, counted, answer.usage.input)
                return Reply(answer, model, form, prompt, tuple(passed_over))
            except ProviderError as error:
                last = error.fault
                if last.action is not Action.SHRINK or attempt == "shortened":
                    break
                budget = max(64, min(last.limit or budget, budget) // 2)
                route.note_limit(model, budget)
        is_last_form = form == route.forms(provider.forms, model)[-1]
        match last.action:
            case Action.NEXT_FORM | Action.NEXT_MODEL if not is_last_form:
                # On its completions path DashScope calls a model unknown that only chats.
                route.refuse_form(model, form)
            case Action.NEXT_MODEL:
                route.refuse_model(model)
                passed_over.append(last)
            case Action.NEXT_FORM:
                # Not remembered: it may be this one request that the endpoint dislikes.
                continue
            case _:
                raise ProviderError(last)
    if last.action is Action.NEXT_MODEL:
        last = _no_model(route, provider)
    elif last.action is Action.NEXT_FORM:
        # There is no next form. It counts as a fault, so that the endpoint is left alone in time.
        last = replace(last, action=Action.RETRY)
    raise ProviderError(last)


def _no_model(route: Route, provider: Provider) -> Fault:
    chain = " nor ".join(route.chain)
    if any(route.forms(provider.forms, model) for model in route.chain):
        what = f"{provider.endpoint.origin} does not serve {chain} to this account"
        which = "that it serves (`qwen-lsp doctor` shows which)"
    else:
        what = f"There is no ghost text from {chain}, which thinks before each answer"
        which = "that does not (`qwen-lsp models` shows which)"
    sentence = f"{what}; set qwen.completion.model to a model {which}."
    return Fault(Action.TELL, sentence, "no_model")


def _count_tokens(context: Context, prompt: Prompt) -> int:
    """The prompt's tokens by Qwen's vocabulary: the context's, and for its form as many for each
    character; 0 where the context's have not been counted."""
    return context.tokens * len(_read_prompt(prompt)) // max(1, context.size)


def _read_prompt(prompt: Prompt) -> str:
    match prompt:
        case FimPrompt():
            return prompt.text
        case PartialPrompt():
            return "".join(message.content for message in prompt.messages)
        case _:
            return prompt.prefix + prompt.suffix + "".join(text for _, text in prompt.extra)
