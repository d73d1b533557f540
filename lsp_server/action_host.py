"""The session as code actions see it, for the server and for the command line."""

from __future__ import annotations

from pathlib import Path

from lsp_server.actions.checks import Commands
from lsp_server.actions.desk import ActionDesk, as_commands
from lsp_server.buffer import Snapshot
from lsp_server.configuration import config_path, read_config_file
from lsp_server.context.base import Snippet, Subject
from lsp_server.privacy.gate import Gate, Verdict
from lsp_server.provider.base import Provider, Usage
from lsp_server.session import Session
from lsp_server.settings import Layer, Settings, resolve_settings
from lsp_server.uris import path_of


def make_desk(session: Session) -> ActionDesk:
    """The desk of one session."""
    return ActionDesk(SessionHost(session), read_checks, (config_path().parent,))


def read_checks() -> Commands:
    """`actions.checks` of the user's own configuration file.

    An editor's settings may come from the opened workspace, and those must run nothing.
    """
    tree, _ = read_config_file(config_path())
    resolved = resolve_settings([Layer("config.toml", tree)])
    return as_commands(resolved.settings.actions.checks)


class SessionHost:
    """See `actions.desk.Host`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @property
    def settings(self) -> Settings:
        return self._session.settings

    @property
    def gate(self) -> Gate:
        return self._session.gate

    @property
    def provider(self) -> Provider | None:
        hosted = self._session.hosted
        return hosted.provider if hosted else None

    @property
    def fast_chain(self) -> tuple[str, ...]:
        hosted = self._session.hosted
        return hosted.route.chain if hosted else ()

    @property
    def why_no_model(self) -> str:
        return self._session.discovery.reason

    async def wait_until_connected(self) -> None:
        await self._session.wait_until_configured()

    def check_path(self, uri: str) -> Verdict:
        return self._session.check_path(uri)

    def path_of(self, uri: str) -> Path | None:
        return path_of(uri)

    def snapshot(self, uri: str) -> Snapshot | None:
        document = self._session.documents.get(uri)
        return document.buffer.snapshot() if document else None

    def open_uris(self) -> tuple[str, ...]:
        return tuple(self._session.documents)

    async def gather_project(
        self, uri: str, subject: Subject, tokens: int, seconds: float
    ) -> tuple[Snippet, ...]:
        return await self._session.gather_for_action(uri, subject, tokens, seconds)

    def note_usage(self, model: str, usage: Usage) -> None:
        self._session.note_usage(model, usage)

    def tell(self, sentence: str) -> None:
        self._session.tell(sentence)
