"""The spine: gate -> region -> prompt -> provider -> edit format -> verify -> edits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from lsp_server.actions.answer import bring_up_to_date, read_answer
from lsp_server.actions.ask import Answer, Question, ask_model
from lsp_server.actions.base import (
    ActionRequest,
    ActionResult,
    FileEdit,
    Refusal,
    Step,
)
from lsp_server.actions.checks import CheckReport
from lsp_server.actions.explain import title_of
from lsp_server.actions.fences import clean_reply
from lsp_server.actions.job import Job, Known, TestTarget, add_project, make_job
from lsp_server.actions.sanitise import sanitise_markdown
from lsp_server.actions.verify import Verified
from lsp_server.buffer import Snapshot
from lsp_server.context.base import Snippet, Subject
from lsp_server.models.catalogue import load_catalogue
from lsp_server.models.route import Route
from lsp_server.prompt.actions import add_findings, add_plan, build_plan_messages
from lsp_server.prompt.base import Message
from lsp_server.provider.base import Provider, Usage
from lsp_server.provider.errors import Action, Fault, ProviderError
from lsp_server.settings import Actions
from lsp_server.syntax.tree import parse_text

# A whole action may take this long, in seconds: two models, each asked twice, and their retries.
_TOTAL_S = 420.0
_PARSE_S = 0.2
_DEFAULT_OUTPUT = 8_192
# What a reasoner may say to itself where its limit counts that too.
_THINKING_TOKENS = 8_192
_TAIL = 60

_STALE = "The code was edited while the model was writing, so nothing was changed; ask again."
_DONE = {
    "fix": "Fixed",
    "refactor": "Refactored",
    "doc": "Documented",
    "test": "Tests written",
    "explain": "Explained",
}


@dataclass(frozen=True, slots=True)
class Engine:
    """Who answers: the endpoint, and the strong lane's route at it."""

    provider: Provider
    route: Route


class Tools(Protocol):
    """What an action needs of the world around it."""

    @property
    def settings(self) -> Actions:
        """Section `actions` of the settings."""

    async def find_engine(self) -> Engine | Refusal:
        """Who answers, or why nobody does."""

    def why_not(self, request: ActionRequest, uri: str) -> str | None:
        """Why this document may not be sent or edited, in a sentence."""

    async def gather_known(self, request: ActionRequest) -> Known:
        """The other open documents and imported files that may be sent."""

    async def gather_project(self, uri: str, subject: Subject) -> tuple[Snippet, ...]:
        """What the project's index knows of the code in a document; it may come to nothing."""

    async def find_test_target(self, request: ActionRequest) -> TestTarget | Refusal | None:
        """Where the request's tests belong."""

    def current(self, uri: str) -> Snapshot | None:
        """The document as it is now, None where it is not open."""

    async def check(self, uri: str, after: str) -> CheckReport:
        """What the user's checks say to a new text."""

    def note_usage(self, model: str, usage: Usage) -> None:
        """Tokens were used."""

    def tell(self, sentence: str) -> None:
        """Something the user should know."""


Report = Callable[[Step], None]


async def perform(request: ActionRequest, tools: Tools, report: Report) -> ActionResult:
    """The result of an action; always one, whatever fails. Cancelling closes its connection.

    "applied" means that the edits hold and are to be applied by the caller.
    """
    try:
        return await asyncio.wait_for(_perform(request, tools, report), _TOTAL_S)
    except ProviderError as error:
        return ActionResult("failed", error.fault.sentence)
    except asyncio.TimeoutError:
        return ActionResult("failed", f"The model did not come to an end in {_TOTAL_S:g} s.")


async def _perform(request: ActionRequest, tools: Tools, report: Report) -> ActionResult:
    report(Step("Reading the code"))
    job = await prepare(request, tools)
    if isinstance(job, Refusal):
        return ActionResult("failed", job.reason)
    engine = await tools.find_engine()
    if isinstance(engine, Refusal):
        return ActionResult("failed", engine.reason)
    return await _Run(request, job, engine, tools, report).run()


async def prepare(request: ActionRequest, tools: Tools) -> Job | Refusal:
    """All that is known before a model is asked, or why nothing is asked."""
    why_not = tools.why_not(request, request.snapshot.uri)
    if why_not:
        return Refusal(why_not)
    snapshot = request.snapshot
    tree = await asyncio.to_thread(parse_text, snapshot.language, snapshot.text, _PARSE_S)
    target = await tools.find_test_target(request) if request.kind == "test" else None
    if isinstance(target, Refusal):
        return target
    job = make_job(request, tree, await tools.gather_known(request), target)
    if isinstance(job, Refusal):
        return job
    if job.snapshot.uri != snapshot.uri:
        why_not = tools.why_not(request, job.snapshot.uri)
        if why_not:
            return Refusal(why_not)
    return add_project(job, await tools.gather_project(snapshot.uri, job.subject))


@dataclass(slots=True)
class _Failure:
    """Why an answer was not taken, and by whom it was."""

    reason: str
    model: str


@dataclass(slots=True)
class _Run:
    """One job on its way through the models."""

    request: ActionRequest
    job: Job
    engine: Engine
    tools: Tools
    report: Report
    failure: _Failure | None = None
    plan: str | None = None

    async def run(self) -> ActionResult:
        """Ask the models in turn: the first twice, the next once, and then own up."""
        asked = 0
        for model in self._models():
            try:
                result = await self._try_model(model, retries=asked == 0)
            except ProviderError as error:
                if not self._passes_over(model, error.fault):
                    raise
                if error.fault.action is Action.NEXT_MODEL:
                    continue
                result = None
            if result is not None:
                return result
            asked += 1
            if asked == 2:
                break
            await self._make_plan()
        if self.failure is not None:
            reason = f"No acceptable change: {self.failure.reason}"
            return ActionResult("failed", reason, model=self.failure.model)
        raise ProviderError(_no_model(self.engine))

    def _models(self) -> tuple[str, ...]:
        """The strong lane's models; a reasoner that the user has named explains before them."""
        models = self.engine.route.models
        reasoner = self.tools.settings.reasoning_model
        if self.request.kind == "explain" and reasoner:
            return (reasoner, *(model for model in models if model != reasoner))
        return models

    def _passes_over(self, model: str, fault: Fault) -> bool:
        """Whether the next model may do what this one did not."""
        if fault.action is Action.NEXT_MODEL:
            self.engine.route.refuse_model(model)
            self.tools.tell(fault.sentence)
            return True
        if fault.code == "length":
            self.failure = _Failure(fault.sentence, model)
            return True
        return False

    async def _try_model(self, model: str, *, retries: bool) -> ActionResult | None:
        """The result by one model, None where what it writes cannot be used."""
        messages = self.job.build_messages()
        if self.plan is not None:
            messages = add_plan(messages, self.plan)
        for attempt in range(2 if retries else 1):
            answer = await self._ask(model, messages, attempt)
            if self.job.form == "markdown":
                markdown = sanitise_markdown(answer.text)
                if not markdown:
                    self.failure = _Failure("The model explained nothing.", model)
                    return None
                title = title_of(self.request.path)
                return ActionResult("applied", title, markdown=markdown, model=model)
            self.report(Step(f"Checking what {model} wrote", len(answer.text)))
            found = await asyncio.to_thread(read_answer, self.job, answer.text)
            if isinstance(found, Verified):
                result = await self._finish(found, model)
                if isinstance(result, ActionResult):
                    return result
                found = result
            self.failure = _Failure(found.reason, model)
            messages = add_findings(messages, answer.text, found.reason)
        return None

    async def _ask(self, model: str, messages: tuple[Message, ...], attempt: int) -> Answer:
        """One answer; a prompt found too long is shortened once."""
        verb = "writes" if attempt == 0 else "tries again"

        def hear(text: str, characters: int) -> None:
            shown = f"{model} {verb}"
            if self.job.form == "markdown" and (tail := _tail(text)):
                shown = f"{shown}: {tail}"
            elif not text.strip():
                shown = f"{model} thinks"
            self.report(Step(shown, characters))

        def wait(seconds: float) -> None:
            self.report(Step(f"{model} is asked again in {seconds:.0f} s"))

        self.report(Step(f"Asking {model}"))
        try:
            return await self._send(model, messages, hear, wait)
        except ProviderError as error:
            if error.fault.action is not Action.SHRINK:
                raise
            return await self._send(model, self.job.build_messages(is_short=True), hear, wait)

    async def _send(
        self,
        model: str,
        messages: tuple[Message, ...],
        hear: Callable[[str, int], None],
        wait: Callable[[float], None],
    ) -> Answer:
        return await ask_model(
            self.engine.provider,
            model,
            self._question(model, messages),
            hear=hear,
            note_usage=self.tools.note_usage,
            wait=wait,
        )

    def _question(self, model: str, messages: tuple[Message, ...]) -> Question:
        settings = self.tools.settings
        entry = load_catalogue().find(model)
        is_reasoner = entry.thinks or model == settings.reasoning_model
        thinks = is_reasoner and settings.thinking_budget != 0
        room = _THINKING_TOKENS if thinks or entry.thinks else 0
        limit = min(self.job.max_tokens + room, (entry.max_output or _DEFAULT_OUTPUT) + room)
        language = self.job.snapshot.language
        return Question(messages, limit, thinks, settings.thinking_budget, language)

    async def _make_plan(self) -> None:
        """After a fix that failed, a reasoner says what to do where the user has named one."""
        reasoner = self.tools.settings.reasoning_model
        if self.request.kind != "fix" or not reasoner or self.failure is None:
            return
        messages = build_plan_messages(self.job.build_messages(), self.failure.reason)
        try:
            answer = await self._ask(reasoner, messages, 0)
        except ProviderError as error:
            self.tools.tell(error.fault.sentence)
        else:
            self.plan = clean_reply(answer.text)[:4_000]

    async def _finish(self, verified: Verified, model: str) -> ActionResult | Refusal:
        """The edits on the document as it is by now, after the user's checks."""
        job = self.job
        if not verified.edits:
            return ActionResult("unchanged", "The model found nothing to change.", model=model)
        notes = verified.notes
        if job.kind == "fix":
            report = await self.tools.check(job.snapshot.uri, verified.after)
            if report.failure:
                return Refusal(report.failure)
            notes += report.notes
        edited = await asyncio.to_thread(bring_up_to_date, job, self._current(), verified)
        if edited is None:
            return ActionResult("stale", _STALE, model=model)
        # The document may have changed once more while that was worked out.
        if self._current().lines != edited[0].lines:
            edited = bring_up_to_date(job, self._current(), verified)
            if edited is None:
                return ActionResult("stale", _STALE, model=model)
        current, new = edited
        file = FileEdit(
            current.uri,
            current.version if self.tools.current(current.uri) is not None else None,
            new.edits,
            current.text,
            new.after,
            job.creates,
        )
        return ActionResult("applied", f"{_DONE[job.kind]} by {model}.", file, None, model, notes)

    def _current(self) -> Snapshot:
        return self.tools.current(self.job.snapshot.uri) or self.job.snapshot


def _tail(text: str) -> str:
    """The last words of an explanation that is being written, as plain text."""
    line = " ".join(text.split())[-_TAIL:]
    return "".join(character for character in line if character.isprintable())


def _no_model(engine: Engine) -> Fault:
    chain = " nor ".join(engine.route.chain)
    sentence = (
        f"{engine.provider.endpoint.origin} does not serve {chain} to this account; set "
        "qwen.actions.model to a model that it serves (`qwen-lsp doctor` shows which)."
    )
    return Fault(Action.TELL, sentence, "no_model")
