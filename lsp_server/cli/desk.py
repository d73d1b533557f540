"""A session with a desk for code actions, on the project of one file."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from lsp_server.action_host import make_desk
from lsp_server.actions.base import ActionRequest
from lsp_server.actions.desk import ActionDesk
from lsp_server.buffer import Encoding
from lsp_server.cli.session import find_root, open_session
from lsp_server.cli.terminal import print_message
from lsp_server.session import Session
from lsp_server.settings import Resolved
from lsp_server.uris import path_of


@asynccontextmanager
async def open_desk(
    request: ActionRequest, resolved: Resolved
) -> AsyncIterator[tuple[Session, ActionDesk, ActionRequest]]:
    """A session, its desk, and the request as an editor would make it."""
    for problem in resolved.problems:
        print_message(problem)
    snapshot = request.snapshot
    file = path_of(snapshot.uri)
    assert file is not None
    async with open_session(find_root(file), resolved, print_message) as session:
        session.open(
            snapshot.uri, snapshot.language, snapshot.version, snapshot.text, Encoding.UTF32
        )
        desk = make_desk(session)
        own = session.documents[snapshot.uri].buffer.snapshot()
        yield session, desk, replace(request, snapshot=own, path=desk.make_path(snapshot.uri))
