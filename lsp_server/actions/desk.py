"""What actions hold between requests: the strong lane's route, and the way to the user's files."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import Protocol

from lsp_server.actions.base import ActionRequest, ActionResult, Refusal
from lsp_server.actions.checks import CheckReport, Commands, run_checks
from lsp_server.actions.job import PROJECT_TOKENS, Job, Known, TestTarget
from lsp_server.actions.pipeline import Engine, Report, perform, prepare
from lsp_server.actions.protect import why_protected
from lsp_server.actions.write_tests import find_counterpart, find_framework
from lsp_server.buffer import Snapshot, split_lines
from lsp_server.context.base import Snippet, Subject
from lsp_server.index.imports import read_imported
from lsp_server.index.neighbours import list_files, read_manifests, read_text
from lsp_server.models.catalogue import choose_served, load_catalogue
from lsp_server.models.route import Route
from lsp_server.privacy.content import why_no_context
from lsp_server.privacy.gate import Gate, Verdict
from lsp_server.provider.base import Provider, Usage
from lsp_server.provider.errors import ProviderError
from lsp_server.settings import Actions, Settings

# Listing models must not hold an action, in seconds.
_LIST_S = 5.0
# Who asks for an action waits for seconds anyway; without the index it goes on as well.
_PROJECT_S = 1.0
_MAX_KNOWN = 24
_MAX_KNOWN_CHARACTERS = 400_000


class Host(Protocol):
    """The session, as far as actions see it."""

    @property
    def settings(self) -> Settings:
        """The settings in force."""

    @property
    def gate(self) -> Gate:
        """The one gate."""

    @property
    def provider(self) -> Provider | None:
        """The connected endpoint, None where there is none."""

    @property
    def fast_chain(self) -> tuple[str, ...]:
        """The models that ghost text comes from, where nothing better is known."""

    @property
    def why_no_model(self) -> str:
        """Why there is no endpoint."""

    async def wait_until_connected(self) -> None:
        """Wait until the endpoint has been chosen."""

    def check_path(self, uri: str) -> Verdict:
        """May this document's text be sent?"""

    def path_of(self, uri: str) -> Path | None:
        """The file of a URI, None where it is no file."""

    def snapshot(self, uri: str) -> Snapshot | None:
        """An open document as it is now."""

    def open_uris(self) -> tuple[str, ...]:
        """The open documents."""

    async def gather_project(
        self, uri: str, subject: Subject, tokens: int, seconds: float
    ) -> tuple[Snippet, ...]:
        """What the index knows of code in a document, in at most so many tokens and seconds."""

    def note_usage(self, model: str, usage: Usage) -> None:
        """Tokens were used by an action."""

    def tell(self, sentence: str) -> None:
        """Tell the user, once in a while."""


class ActionDesk:
    """Takes requests for one session.

    `read_checks` gives the checks of the user's own configuration file; no other source has a say.
    `own_folders` hold this server's configuration, which no action edits.
    """

    def __init__(
        self, host: Host, read_checks: Callable[[], Commands], own_folders: tuple[Path, ...] = ()
    ) -> None:
        self._host = host
        self._read_checks = read_checks
        self._own_folders = own_folders
        self._provider: Provider | None = None
        self._chosen_for: tuple[str | None, str | None] = (None, None)
        self._route: Route | None = None

    async def perform(self, request: ActionRequest, report: Report) -> ActionResult:
        """The result of an action; cancelling it closes its connection."""
        await self._host.wait_until_connected()
        return await perform(request, self, report)

    async def prepare(self, request: ActionRequest) -> Job | Refusal:
        """All that a model would be told; nothing is sent."""
        return await prepare(request, self)

    def make_path(self, uri: str) -> str:
        """The path of a document as a model is told it: relative to the workspace."""
        path = self._host.path_of(uri)
        if path is None:
            return uri.rpartition("/")[2] or "untitled"
        root = self._root_of(path)
        return path.relative_to(root).as_posix() if root else path.name

    # What `pipeline.Tools` asks for

    @property
    def settings(self) -> Actions:
        """Section `actions` of the settings."""
        return self._host.settings.actions

    async def find_engine(self) -> Engine | Refusal:
        """The endpoint with the strong lane's route, whose refusals last as long as it does."""
        provider = self._host.provider
        if provider is None:
            return Refusal(
                f"No model is configured: {self._host.why_no_model} Set DASHSCOPE_API_KEY, or "
                "start a local server with a Qwen coder model; `qwen-lsp doctor` tells more."
            )
        wish = (self.settings.model, self.settings.reasoning_model)
        if self._route is None or provider is not self._provider or wish != self._chosen_for:
            self._provider, self._chosen_for = provider, wish
            self._route = Route(await self._choose_chain(provider))
        return Engine(provider, self._route)

    def why_not(self, request: ActionRequest, uri: str) -> str | None:
        """Why this document may not be sent or edited, in a sentence."""
        settings = self._host.settings
        if not settings.trusted:
            return "The workspace is not trusted, so nothing of it is sent to a model."
        verdict = self._host.check_path(uri)
        if not verdict.allowed:
            return f"This file is not sent to a model: {verdict.reason}"
        is_edited = request.kind != "explain" and (
            request.kind != "test" or uri != request.snapshot.uri
        )
        if not is_edited:
            return None
        names = settings.privacy.ignore_files
        return why_protected(uri, self._host.path_of(uri), names, self._own_folders)

    async def gather_known(self, request: ActionRequest) -> Known:
        """The other open documents that may be sent, nearest in language and folder first, and the
        files of the workspace that the document imports."""
        own = request.snapshot
        found: list[tuple[str, Snapshot]] = []
        for uri in self._host.open_uris():
            snapshot = self._host.snapshot(uri)
            if (
                snapshot is not None
                and uri != own.uri
                and snapshot.size <= _MAX_KNOWN_CHARACTERS
                and self._host.check_path(uri).allowed
                and why_no_context(PurePosixPath(uri), snapshot.text) is None
            ):
                found.append((self.make_path(uri), snapshot))
        folder = own.uri.rpartition("/")[0]
        found.sort(
            key=lambda one: (
                one[1].language != own.language,
                one[1].uri.rpartition("/")[0] != folder,
            )
        )
        path = self._host.path_of(own.uri)
        root = self._root_of(path) if path else None
        if path is not None and root is not None:
            gate = self._host.gate
            texts = await asyncio.to_thread(read_imported, path, own.language, own.text, root, gate)
            known = {snapshot.uri for _, snapshot in found}
            found += [
                (
                    file.relative_to(root).as_posix(),
                    Snapshot(file.as_uri(), 0, own.language, tuple(split_lines(text))),
                )
                for file, text in texts.items()
                if file.as_uri() not in known
            ]
        return Known(tuple(found[:_MAX_KNOWN]))

    async def gather_project(self, uri: str, subject: Subject) -> tuple[Snippet, ...]:
        """What the project's index knows of the code in a document; it may come to nothing."""
        return await self._host.gather_project(uri, subject, PROJECT_TOKENS, _PROJECT_S)

    async def find_test_target(self, request: ActionRequest) -> TestTarget | Refusal | None:
        """Where the request's tests belong, by the project's own conventions."""
        path = self._host.path_of(request.snapshot.uri)
        root = self._root_of(path) if path else None
        if path is None or root is None:
            return None
        source = path.relative_to(root).as_posix()
        return await asyncio.to_thread(self._find_test_target, request, root, source)

    def current(self, uri: str) -> Snapshot | None:
        """The document as it is now, None where it is not open."""
        return self._host.snapshot(uri)

    async def check(self, uri: str, after: str) -> CheckReport:
        """What the user's checks say to a new text; nothing is run in an untrusted workspace."""
        path = self._host.path_of(uri)
        root = self._root_of(path) if path else None
        if not self._host.settings.trusted or path is None or root is None:
            return CheckReport()
        commands = self._read_checks()
        return await run_checks(commands, root, path.relative_to(root).as_posix(), after)

    def note_usage(self, model: str, usage: Usage) -> None:
        """Tokens were used."""
        self._host.note_usage(model, usage)

    def tell(self, sentence: str) -> None:
        """Something the user should know."""
        self._host.tell(sentence)

    async def _choose_chain(self, provider: Provider) -> tuple[str, ...]:
        if self.settings.model:
            return (self.settings.model,)
        chain = load_catalogue().lanes["strong"]
        if provider.endpoint.provider == "dashscope":
            return chain
        try:
            served = await asyncio.wait_for(provider.list_models(), _LIST_S)
        except (ProviderError, asyncio.TimeoutError):
            return self._host.fast_chain or chain
        known = tuple(model for model in chain if model in served)
        return known or choose_served(served, "strong") or self._host.fast_chain or served[:1]

    def _root_of(self, path: Path) -> Path | None:
        inside = [root for root in self._host.gate.roots if path.is_relative_to(root)]
        return max(inside, key=lambda root: len(root.parts), default=None)

    def _find_test_target(
        self, request: ActionRequest, root: Path, source: str
    ) -> TestTarget | Refusal | None:
        """Reads the disk."""
        gate, language = self._host.gate, request.snapshot.language
        place = find_counterpart(source, language, list_files(root))
        if place is None:
            return None
        target = root / place.path
        if not Path(os.path.realpath(target)).is_relative_to(os.path.realpath(root)):
            return Refusal(f"{place.path} lies outside the workspace, so it is not written.")
        uri = target.as_uri()
        snapshot = self._host.snapshot(uri)
        text: str | None = ""
        if place.exists and snapshot is None:
            text = read_text(target, gate)
            if text is None:
                return Refusal(f"{place.path} cannot be read or may not be sent to a model.")
        elif not place.exists and target.exists():
            return Refusal(f"{place.path} is there already and is no file that tests go into.")
        if snapshot is None:
            snapshot = Snapshot(uri, 0, language, tuple(split_lines(text or "")))
        example = read_text(root / place.example, gate) if place.example else None
        texts = [snapshot.text, *([example] if example else []), *read_manifests(root, gate)]
        return TestTarget(place, snapshot, find_framework(language, texts), example)


def as_commands(checks: Mapping[str, object]) -> Commands:
    """The setting `actions.checks`, which `settings.py` has found to be lists of words."""
    return {
        name: tuple(map(str, words)) for name, words in checks.items() if isinstance(words, list)
    }
