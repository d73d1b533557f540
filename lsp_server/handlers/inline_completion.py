"""textDocument/inlineCompletion: ghost text."""

from __future__ import annotations

from lsprotocol import types

from lsp_server.buffer import Encoding
from lsp_server.completion.base import Outcome
from lsp_server.handlers.convert import to_lsp_range, to_position
from lsp_server.session import Session

ACCEPTED = "qwen.completionAccepted"


async def inline_completion(
    session: Session, params: types.InlineCompletionParams, encoding: Encoding
) -> types.InlineCompletionList | None:
    """The items; an empty list where there is nothing to say, None where it was superseded."""
    uri = params.text_document.uri
    document = session.documents.get(uri)
    if document is None:
        return types.InlineCompletionList(items=[])
    snapshot = document.buffer.snapshot()
    position = to_position(snapshot.lines, params.position, encoding)
    explicit = params.context.trigger_kind == types.InlineCompletionTriggerKind.Invoked
    outcome = await session.complete(uri, position, explicit=explicit)
    if outcome.fate == "superseded":
        return None
    return types.InlineCompletionList(
        items=[
            types.InlineCompletionItem(
                insert_text=item.edit.text,
                range=to_lsp_range(snapshot.lines, item.edit, encoding),
                command=make_accepted_command(uri, outcome),
            )
            for item in outcome.items
        ]
    )


def make_accepted_command(uri: str, outcome: Outcome) -> types.Command:
    """What the editor runs when the user takes an item."""
    argument = {"uri": uri, "engine": outcome.engine, "model": outcome.model}
    return types.Command(title="Accepted", command=ACCEPTED, arguments=[argument])
