"""textDocument/did… and notebookDocument/did…: the session's documents follow the editor's.

A notebook's cells are documents of their own.
"""

from __future__ import annotations

from lsprotocol import types

from lsp_server.buffer import Encoding
from lsp_server.handlers.convert import to_changes
from lsp_server.session import Session


def did_open(session: Session, params: types.DidOpenTextDocumentParams, encoding: Encoding) -> None:
    """A document was opened."""
    _open(session, params.text_document, encoding)


def did_change(session: Session, params: types.DidChangeTextDocumentParams) -> None:
    """A document was edited."""
    document = params.text_document
    session.change(document.uri, document.version, to_changes(params.content_changes))


def did_close(session: Session, params: types.DidCloseTextDocumentParams) -> None:
    """A document was closed."""
    session.close(params.text_document.uri)


def did_save(session: Session, params: types.DidSaveTextDocumentParams) -> None:
    """A document was saved: what is on disk is what is open."""
    session.file_changed(params.text_document.uri)


def notebook_did_open(
    session: Session, params: types.DidOpenNotebookDocumentParams, encoding: Encoding
) -> None:
    """A notebook was opened with its cells."""
    for cell in params.cell_text_documents:
        _open(session, cell, encoding)


def notebook_did_change(
    session: Session, params: types.DidChangeNotebookDocumentParams, encoding: Encoding
) -> None:
    """Cells came, went or were edited."""
    cells = params.change.cells
    if cells is None:
        return
    if cells.structure is not None:
        for opened in cells.structure.did_open or ():
            _open(session, opened, encoding)
        for closed in cells.structure.did_close or ():
            session.close(closed.uri)
    for content in cells.text_content or ():
        session.change(content.document.uri, content.document.version, to_changes(content.changes))


def notebook_did_close(session: Session, params: types.DidCloseNotebookDocumentParams) -> None:
    """A notebook was closed with its cells."""
    for cell in params.cell_text_documents:
        session.close(cell.uri)


def _open(session: Session, item: types.TextDocumentItem, encoding: Encoding) -> None:
    language = str(getattr(item.language_id, "value", item.language_id))
    session.open(item.uri, language, item.version, item.text, encoding)
