"""qwen.fix, qwen.refactor, qwen.doc, qwen.test, qwen.explain: from arguments to an applied edit."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import stat
import tempfile
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from lsp_server.actions.base import ActionRequest, ActionResult, FileEdit, Kind
from lsp_server.actions.diagnostics import read_lsp_diagnostics, read_range
from lsp_server.buffer import encode_position, split_lines
from lsp_server.handlers.code_action import ACTIONS, KINDS, code_action
from lsp_server.handlers.progress import WorkDone
from lsp_server.privacy.cutting import keep_beginning
from lsp_server.protocol import work_done_token

if TYPE_CHECKING:
    from lsp_server.actions.desk import ActionDesk
    from lsp_server.server import QwenServer
    from lsp_server.session import Session

_ANNOTATION = "qwen"
_MAX_INSTRUCTION = 4_000
_WRONG_ARGUMENT = (
    "The command takes one object {uri, range?, instruction?, diagnostics?} about an open document."
)


def register_actions(server: QwenServer) -> None:
    """Code actions and their commands."""
    find_desk = functools.cache(functools.partial(_make_desk, server.session))
    options = types.CodeActionOptions(code_action_kinds=list(KINDS))

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION, options)
    def actions(params: types.CodeActionParams) -> list[types.CodeAction | types.Command]:
        return code_action(server.session, params, server.client_capabilities)

    for kind, (name, _, _) in ACTIONS.items():
        server.command(name)(_bind(server, find_desk, kind))


def _bind(
    server: QwenServer, find_desk: Callable[[], ActionDesk], kind: Kind
) -> Callable[[Sequence[Any]], Awaitable[Mapping[str, object]]]:
    async def run(arguments: Sequence[Any]) -> Mapping[str, object]:
        desk = await asyncio.to_thread(find_desk)
        request = read_request(server, desk, kind, arguments)
        if request is None:
            return describe_result(ActionResult("failed", _WRONG_ARGUMENT))
        result = await run_action(server, desk, request)
        return describe_result(result)

    return run


def _make_desk(session: Session) -> ActionDesk:
    # Imported late, and in a thread: verification and its parsers take some 60 ms to load, which
    # neither the start nor the event loop has to spare.
    from lsp_server.action_host import make_desk

    return make_desk(session)


def read_request(
    server: QwenServer, desk: ActionDesk, kind: Kind, arguments: Sequence[Any]
) -> ActionRequest | None:
    """The request in a command's arguments, None where they do not have their form."""
    argument = arguments[0] if arguments else None
    if not isinstance(argument, Mapping):
        return None
    uri = argument.get("uri")
    document = server.session.documents.get(uri) if isinstance(uri, str) else None
    if document is None:
        return None
    snapshot = document.buffer.snapshot()
    place = None
    if argument.get("range") is not None:
        place = read_range(argument["range"], snapshot, server.encoding)
        if place is None:
            return None
    instruction = argument.get("instruction")
    return ActionRequest(
        kind,
        snapshot,
        desk.make_path(snapshot.uri),
        place[0] if place else None,
        place[1] if place else None,
        keep_beginning(instruction.strip(), _MAX_INSTRUCTION)
        if isinstance(instruction, str)
        else "",
        read_lsp_diagnostics(argument.get("diagnostics"), snapshot, server.encoding),
    )


async def run_action(server: QwenServer, desk: ActionDesk, request: ActionRequest) -> ActionResult:
    """Perform an action under progress, and apply what it comes to."""
    title = ACTIONS[request.kind][1].rstrip("…")
    progress = WorkDone(server, work_done_token.get())
    await progress.begin(title)
    result = ActionResult("cancelled", "It was cancelled.")
    try:
        work = desk.perform(request, progress.report)
        performing = asyncio.create_task(work, name=f"action-{request.kind}")
        progress.on_cancel(performing.cancel)
        try:
            result = await performing
        except asyncio.CancelledError:
            # Cancelled by its progress the command still has an answer; cancelled as a request it
            # has none.
            if not progress.is_cancelled:
                raise
        if result.file is not None:
            result = await _apply(server, title, result, result.file)
        elif result.markdown is not None:
            await _show(server, result)
    finally:
        progress.end(result.reason if result.status != "applied" else "")
    return result


def describe_result(result: ActionResult) -> dict[str, object]:
    """`{status, reason?, markdown?, model?}`."""
    reason = " ".join([result.reason, *result.notes]).strip()
    described: dict[str, object] = {"status": result.status}
    if reason:
        described["reason"] = reason
    if result.markdown is not None:
        described["markdown"] = result.markdown
    if result.model is not None:
        described["model"] = result.model
    return described


async def _apply(
    server: QwenServer, title: str, result: ActionResult, file: FileEdit
) -> ActionResult:
    edit = make_workspace_edit(server, title, result, file)
    if isinstance(edit, str):
        return result.with_status("rejected", edit)
    params = types.ApplyWorkspaceEditParams(edit=edit, label=title)
    try:
        answer = await server.workspace_apply_edit_async(params)
    except JsonRpcException:
        return result.with_status("rejected", "The editor refused the edit.")
    if answer is not None and answer.applied:
        return result
    document = server.session.documents.get(file.uri)
    if document is not None and document.buffer.version != file.version:
        return result.with_status("stale", "The code was edited meanwhile; ask again.")
    reason = answer.failure_reason if answer is not None else None
    return result.with_status("rejected", reason or "The editor did not apply the edit.")


def make_workspace_edit(
    server: QwenServer, title: str, result: ActionResult, file: FileEdit
) -> types.WorkspaceEdit | str:
    """The edit as the client can take it: versioned, and to be confirmed where it shows previews.

    A sentence where it can take none.
    """
    workspace = server.client_capabilities.workspace
    if workspace is None or not workspace.apply_edit:
        return "This editor takes no edits from a language server."
    support = workspace.workspace_edit
    lines = tuple(split_lines(file.before))
    edits = [_to_lsp(server, lines, edit.start, edit.end, edit.text) for edit in file.edits]
    if support is None or not support.document_changes:
        if file.creates:
            return "This editor creates no files for a language server."
        return types.WorkspaceEdit(changes={file.uri: edits})
    document = types.OptionalVersionedTextDocumentIdentifier(uri=file.uri, version=file.version)
    annotations = None
    listed: list[types.TextEdit | types.AnnotatedTextEdit | types.SnippetTextEdit] = list(edits)
    if support.change_annotation_support is not None:
        notes = " ".join(result.notes) or None
        annotations = {
            _ANNOTATION: types.ChangeAnnotation(
                label=title, needs_confirmation=True, description=notes or result.reason
            )
        }
        listed = [types.AnnotatedTextEdit(_ANNOTATION, edit.range, edit.new_text) for edit in edits]
    changes: list[
        types.TextDocumentEdit | types.CreateFile | types.RenameFile | types.DeleteFile
    ] = []
    if file.creates:
        if types.ResourceOperationKind.Create not in (support.resource_operations or ()):
            return "This editor creates no files for a language server."
        options = types.CreateFileOptions(overwrite=False, ignore_if_exists=False)
        changes.append(types.CreateFile(uri=file.uri, options=options))
    changes.append(types.TextDocumentEdit(text_document=document, edits=listed))
    return types.WorkspaceEdit(document_changes=changes, change_annotations=annotations)


def _to_lsp(
    server: QwenServer, lines: Sequence[str], start: Any, end: Any, text: str
) -> types.TextEdit:
    place = types.Range(
        types.Position(*encode_position(lines, start, server.encoding)),
        types.Position(*encode_position(lines, end, server.encoding)),
    )
    return types.TextEdit(range=place, new_text=text)


async def _show(server: QwenServer, result: ActionResult) -> None:
    """Open an explanation as a file to read, where the client can and has no view of its own."""
    window = server.client_capabilities.window
    can_show = window is not None and window.show_document and window.show_document.support
    if not can_show or _shows_explanations(server) or not result.markdown:
        return
    path = await asyncio.to_thread(_write, result.reason, result.markdown)
    params = types.ShowDocumentParams(uri=path.as_uri(), external=False, take_focus=True)
    with contextlib.suppress(JsonRpcException):
        # The explanation is in the result as well.
        await server.window_show_document_async(params)


def _shows_explanations(server: QwenServer) -> bool:
    """Whether the client is the project's own, which shows the result in a view of its own."""
    experimental = server.client_capabilities.experimental
    own = getattr(experimental, "qwen", None)
    if isinstance(experimental, Mapping):
        own = experimental.get("qwen")
    return own is not None


@functools.cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    """Removed with all it holds when the process ends; nobody else may look into it."""
    return tempfile.TemporaryDirectory(prefix="qwen-lsp-", ignore_cleanup_errors=True)


def _write(title: str, markdown: str) -> Path:
    name = "".join(character for character in title if character.isalnum() or character in " ._-")
    path = Path(_folder().name) / f"{name.strip()[:80] or 'Explanation'}.md"
    if path.exists():
        path.chmod(stat.S_IRUSR | stat.S_IWUSR)
    path.write_text(f"{markdown}\n", "utf-8")
    path.chmod(stat.S_IRUSR)
    return path
