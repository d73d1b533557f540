"""textDocument/completion: the same suggestion as one item, for clients without inline ones."""

from __future__ import annotations

from lsprotocol import types

from lsp_server.buffer import Encoding
from lsp_server.handlers.convert import to_lsp_range, to_position
from lsp_server.handlers.inline_completion import make_accepted_command
from lsp_server.session import Session

_LABEL_CHARACTERS = 60


async def completion(
    session: Session, params: types.CompletionParams, encoding: Encoding
) -> types.CompletionList | None:
    """One item that the menu shows first; an empty, incomplete list where there is none."""
    uri = params.text_document.uri
    document = session.documents.get(uri)
    if document is None:
        return types.CompletionList(is_incomplete=True, items=[])
    snapshot = document.buffer.snapshot()
    position = to_position(snapshot.lines, params.position, encoding)
    outcome = await session.complete(uri, position, explicit=False)
    if outcome.fate == "superseded":
        return None
    items = []
    for item in outcome.items[:1]:
        held = snapshot.line_text(item.edit.start.line)[item.edit.start.column : position.column]
        first, _, more = item.edit.text.partition("\n")
        items.append(
            types.CompletionItem(
                label=_shorten(first.strip()) + (" …" if more else ""),
                kind=types.CompletionItemKind.Snippet,
                detail=f"qwen-lsp · {outcome.model or outcome.engine}",
                documentation=types.MarkupContent(
                    types.MarkupKind.Markdown,
                    f"```{snapshot.language}\n{item.edit.text}\n```",
                ),
                # The menu filters by what stands in the range already.
                filter_text=held or item.edit.text,
                sort_text="\0",
                insert_text_format=types.InsertTextFormat.PlainText,
                insert_text_mode=types.InsertTextMode.AsIs,
                text_edit=types.TextEdit(
                    to_lsp_range(snapshot.lines, item.edit, encoding), item.edit.text
                ),
                command=make_accepted_command(uri, outcome),
            )
        )
    return types.CompletionList(is_incomplete=True, items=items)


def _shorten(text: str) -> str:
    return text if len(text) <= _LABEL_CHARACTERS else text[: _LABEL_CHARACTERS - 1] + "…"
