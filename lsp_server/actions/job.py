"""A request -> a job: the lines it is about, what the model is told, what its answer must be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from lsp_server.actions import document, explain, fix, refactor, write_tests
from lsp_server.actions.around import gather_after, gather_before, gather_definitions
from lsp_server.actions.base import ActionRequest, Diagnostic, Kind, Refusal, Region, region_lines
from lsp_server.actions.region import MAX_READ_TOKENS, MAX_WHOLE_TOKENS, choose_region
from lsp_server.buffer import Snapshot
from lsp_server.context.base import Snippet, Subject
from lsp_server.context.tokens import estimate_tokens
from lsp_server.privacy.cutting import keep_beginning
from lsp_server.prompt.actions import ActionContext, Form, build_action_messages
from lsp_server.prompt.base import Message
from lsp_server.syntax.tree import Tree

# What is shown around the region, in tokens: with the longest region it stays below the first tier
# of every model's prices.
_BEFORE_TOKENS = 3_000
_AFTER_TOKENS = 1_500
_SNIPPET_TOKENS = 3_000
# What the index brings comes on top of that.
PROJECT_TOKENS = 2_000
# Above this a region is changed in places and not written anew, if it may be.
_LONG_REGION_TOKENS = 3_000
_MARKDOWN_TOKENS = 2_000
_PLACES_TOKENS = 4_000
_TEST_TOKENS = 6_000
# What a diagnostic names, it names near its beginning.
_MAX_MESSAGE = 2_000


@dataclass(frozen=True, slots=True)
class Known:
    """What is at hand besides the document: other open documents by path, most relevant first."""

    documents: tuple[tuple[str, Snapshot], ...] = ()


@dataclass(frozen=True, slots=True)
class TestTarget:
    """The file that tests go into, as it is now, and what shows how the project tests."""

    __test__ = False

    place: write_tests.Counterpart
    snapshot: Snapshot
    framework: str
    example: str | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """All that one action needs. `region` belongs to `snapshot`, the document that is edited;
    `subject` to the document that the action is asked for in, which is another for tests."""

    kind: Kind
    snapshot: Snapshot
    tree: Tree | None
    region: Region
    context: ActionContext
    subject: Subject
    max_tokens: int
    known: tuple[str, ...] = field(default=(), repr=False)
    creates: bool = False

    @property
    def form(self) -> Form:
        """What the answer must be."""
        return self.context.form

    def build_messages(self, *, is_short: bool = False) -> tuple[Message, ...]:
        """The question; the short one leaves out what is around the region."""
        context = self.context
        if is_short:
            context = replace(context, before="", after="", snippets=())
        return build_action_messages(context)


def make_job(
    request: ActionRequest, tree: Tree | None, known: Known, target: TestTarget | None = None
) -> Job | Refusal:
    """The job for a request, or what to do instead. Tests need a `target`."""
    if request.kind == "test":
        return _make_test_job(request, tree, known, target)
    reads_only = request.kind == "explain"
    region = choose_region(request, tree, MAX_READ_TOKENS if reads_only else MAX_WHOLE_TOKENS)
    is_long = isinstance(region, Refusal) and request.kind in ("fix", "refactor")
    if is_long:
        # What is too long to be written anew may still be changed in places.
        region = choose_region(request, tree, MAX_READ_TOKENS)
    if isinstance(region, Refusal):
        return region
    diagnostics: tuple[Diagnostic, ...] = ()
    match request.kind:
        case "fix":
            diagnostics = fix.choose_diagnostics(request, region, tree)
            task = fix.describe_task(request, diagnostics)
        case "refactor":
            task = refactor.describe_task(request)
        case "doc":
            task = document.describe_task(request)
        case _:
            task = explain.describe_task(request)
    if isinstance(task, Refusal):
        return task
    snapshot = request.snapshot
    text = "\n".join(region_lines(snapshot, region))
    tokens = estimate_tokens(text)
    form: Form = "whole"
    max_tokens = tokens + tokens // 2 + 1_000
    if reads_only:
        form, max_tokens = "markdown", _MARKDOWN_TOKENS
    elif is_long or (tokens > _LONG_REGION_TOKENS and request.kind in ("fix", "refactor")):
        form, max_tokens = "search_replace", _PLACES_TOKENS
    context = ActionContext(
        request.path,
        snapshot.language,
        text,
        gather_before(snapshot, region, _BEFORE_TOKENS),
        gather_after(snapshot, region, _AFTER_TOKENS),
        gather_definitions(text, known.documents, _SNIPPET_TOKENS),
        task,
        tuple(fix.describe_diagnostic(one, snapshot) for one in diagnostics),
        form,
    )
    return Job(
        request.kind,
        snapshot,
        tree,
        region,
        context,
        _make_subject(text, context, diagnostics),
        max_tokens,
        _known_texts(known.documents),
    )


def add_project(job: Job, snippets: Sequence[Snippet]) -> Job:
    """The job with what the index knows of its subject."""
    context = replace(job.context, snippets=(*job.context.snippets, *snippets))
    return replace(
        job, context=context, known=(*job.known, *(snippet.text for snippet in snippets))
    )


def _make_subject(
    code: str, context: ActionContext, diagnostics: Sequence[Diagnostic] = ()
) -> Subject:
    shown = [(snippet.path, snippet.text) for snippet in context.snippets]
    shown += [(context.path, text) for text in (context.before, context.region, context.after)]
    messages = [
        text for one in diagnostics for text in (one.message, *(two.message for two in one.related))
    ]
    return Subject(code, tuple(text[:_MAX_MESSAGE] for text in messages), tuple(shown))


def _make_test_job(
    request: ActionRequest, tree: Tree | None, known: Known, target: TestTarget | None
) -> Job | Refusal:
    if target is None:
        return Refusal(
            "No tests are written for this file: it is a test itself, has no name yet, or its "
            "language has no known place for tests."
        )
    tested = choose_region(request, tree, MAX_WHOLE_TOKENS)
    if isinstance(tested, Refusal):
        return tested
    source = request.snapshot
    code = "\n".join(region_lines(source, tested))
    head = gather_before(source, replace(tested, first=min(tested.first, 60)), 800)
    snippets = [Snippet(request.path, f"{head}\n{code}\n" if tested.first else f"{code}\n")]
    if target.example and target.place.example:
        example = keep_beginning(target.example, _SNIPPET_TOKENS * 3)
        snippets.append(Snippet(target.place.example, example))
    region = _test_region(target.snapshot)
    what = tested.name or "the code"
    context = ActionContext(
        target.place.path,
        target.snapshot.language,
        "\n".join(region_lines(target.snapshot, region)),
        gather_before(target.snapshot, region, _BEFORE_TOKENS),
        "",
        tuple(snippets),
        write_tests.describe_task(request, target.place, target.framework, what),
    )
    tokens = estimate_tokens(context.region)
    texts = (source.text, *(text for text in (target.example,) if text))
    return Job(
        "test",
        target.snapshot,
        None,
        region,
        context,
        _make_subject(code, context),
        tokens + _TEST_TOKENS,
        (*texts, *_known_texts(known.documents)),
        not target.place.exists,
    )


def _test_region(snapshot: Snapshot) -> Region:
    """The whole test file where a model can write it anew, else its last part."""
    whole = Region(0, len(snapshot.lines), "the test file")
    if estimate_tokens(snapshot.text) <= MAX_WHOLE_TOKENS // 2:
        return whole
    first = len(snapshot.lines) - 1
    while first > 0 and (
        not snapshot.line_text(first).strip() or snapshot.line_text(first)[:1] in " \t})]"
    ):
        first -= 1
    tail = Region(first, len(snapshot.lines), "the end of the test file")
    if estimate_tokens("".join(snapshot.lines[first:])) > MAX_WHOLE_TOKENS // 2:
        return Region(len(snapshot.lines) - 1, len(snapshot.lines), tail.name)
    return tail


def _known_texts(documents: Sequence[tuple[str, Snapshot]]) -> tuple[str, ...]:
    return tuple(snapshot.text for _, snapshot in documents)
