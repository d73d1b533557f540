"""pygls' protocol, mended: every request gets a reply, and no reply or log holds user code."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import json
import logging
from collections.abc import Callable
from concurrent.futures import Future
from contextvars import ContextVar
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.protocol import LanguageServerProtocol, lsp_method

from lsp_server.log import describe_error

_log = logging.getLogger(__name__)

_INVOKED = types.InlineCompletionTriggerKind.Invoked.value
_NOT_INITIALIZED = -32002
_REQUEST_CANCELLED = -32800

# The token by which the client wants to hear of the progress of the command that is running.
work_done_token: ContextVar[int | str | None] = ContextVar("work_done_token", default=None)


class Unreadable:
    """A message that was answered when it could not be read; nothing is left to do with it."""

    jsonrpc = ""


class QwenProtocol(LanguageServerProtocol):
    """Documents are the session's own, so pygls' copies of them are left out."""

    def take(self, body: bytes | None) -> None:
        """Handle the body of a message, None for one that was too long; whatever is wrong with it
        is answered, and the server goes on."""
        if body is None:
            self.refuse_unreadable("The message is longer than this server takes.")
            return
        try:
            data = json.loads(body)
        except (ValueError, RecursionError):
            self.refuse_unreadable("The message is no JSON.")
            return
        if not isinstance(data, dict) or "jsonrpc" not in data:
            self.refuse_unreadable("The message is none of JSON-RPC.")
            return
        try:
            self.handle_message(self.structure_message(data))
        except Exception as error:
            _log.error("a message could not be handled: %s", describe_error(error))
            message_id = data.get("id")
            if "method" in data and isinstance(message_id, int | str):
                text = "The message could not be handled."
                self._refuse(message_id, types.ErrorCodes.InternalError, text)

    def refuse_unreadable(self, sentence: str) -> None:
        """Answer a message of which not even the id can be told."""
        self._send_response(None, error=types.ResponseError(types.ErrorCodes.ParseError, sentence))  # type: ignore[arg-type]

    def structure_message(self, data: dict[str, Any]) -> Any:
        """Read a message; one that cannot be read is answered with what is wrong about it."""
        if "jsonrpc" not in data:
            return data
        _tolerate_trigger_kind(data)
        try:
            return super().structure_message(data)
        except JsonRpcException:
            method, message_id = data.get("method"), data.get("id")
            _log.warning("a message of %r could not be read", method)
            if isinstance(method, str) and isinstance(message_id, int | str):
                self._refuse(
                    message_id,
                    types.ErrorCodes.InvalidParams,
                    f"The parameters of {method} do not have the form that LSP 3.18 gives them.",
                )
            elif method is None and isinstance(message_id, int | str):
                self._end_wait(message_id)
            return Unreadable()

    def handle_message(self, message: Any) -> None:
        """Hand a message on, where the state of the conversation allows it."""
        if isinstance(message, Unreadable) or not hasattr(message, "jsonrpc"):
            return
        method = getattr(message, "method", None)
        message_id = getattr(message, "id", None)
        if self._shutdown and method != types.EXIT:
            if method is not None and message_id is not None:
                text = "The server is shutting down."
                self._refuse(message_id, types.ErrorCodes.InvalidRequest, text)
            return
        if self._workspace is None and method not in {types.INITIALIZE, types.EXIT, None}:
            if message_id is not None:
                self._refuse(message_id, _NOT_INITIALIZED, "Send initialize first.")
            return
        if method is None:
            super().handle_message(message)
            return
        # Asking of each message which protocol it meets takes pygls longer than all that follows.
        context = contextvars.copy_context()
        if message_id is None:
            context.run(self._handle_notification, method, message.params)
        else:
            context.run(self._handle_request, message_id, method, message.params)

    def _execute_handler(self, msg_id: str | int, *arguments: Any, **options: Any) -> None:
        """pygls keeps what answers no request for good: some kilobytes a key."""
        super()._execute_handler(msg_id, *arguments, **options)

        def forget(_future: Future[Any]) -> None:
            # Not at once: at the end they are cancelled one after the other, out of this very dict.
            asyncio.get_running_loop().call_soon(self._request_futures.pop, msg_id, None)

        future = self._request_futures.get(msg_id)
        if future is not None:
            future.add_done_callback(forget)

    def _send_handler_result(self, future: Future[Any], *, msg_id: str | int) -> None:
        self._request_futures.pop(msg_id, None)
        if future.cancelled():
            self._refuse(msg_id, _REQUEST_CANCELLED, "The request was cancelled.")
            return
        error = future.exception()
        if error is None:
            self._send_response(msg_id, result=future.result())
        elif isinstance(error, JsonRpcException):
            self._refuse(msg_id, error.code or types.ErrorCodes.InternalError, error.message)
        else:
            _log.error("a request failed: %s", describe_error(error))
            self._refuse(
                msg_id,
                types.ErrorCodes.InternalError,
                f"The server failed on this request ({describe_error(error)}); it goes on running.",
            )

    def _end_wait(self, message_id: str | int) -> None:
        """A reply that cannot be read is no reply, but whoever waits for it must hear so."""
        self._result_types.pop(message_id, None)
        future = self._request_futures.pop(message_id, None)
        if future is not None and not future.done():
            future.set_exception(JsonRpcException(message="The client's reply has no known form."))

    def _check_handler_result(self, future: Future[Any]) -> None:
        if not future.cancelled() and (error := future.exception()) is not None:
            _log.error("a notification failed: %s", describe_error(error))

    def _refuse(self, message_id: str | int, code: int, message: str) -> None:
        self._result_types.pop(message_id, None)
        self._send_response(message_id, error=types.ResponseError(code=code, message=message))

    # The session keeps the documents, by the LSP's own rules for lines: pygls' would double the
    # memory, and split lines where the LSP does not.

    @lsp_method(types.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: Any) -> None:
        """Hand on."""
        self._hand_on(types.TEXT_DOCUMENT_DID_OPEN, params)

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: Any) -> None:
        """Hand on."""
        self._hand_on(types.TEXT_DOCUMENT_DID_CHANGE, params)

    @lsp_method(types.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: Any) -> None:
        """Hand on."""
        self._hand_on(types.TEXT_DOCUMENT_DID_CLOSE, params)

    @lsp_method(types.NOTEBOOK_DOCUMENT_DID_OPEN)
    def lsp_notebook_document__did_open(self, params: Any) -> None:
        """Hand on."""
        self._hand_on(types.NOTEBOOK_DOCUMENT_DID_OPEN, params)

    @lsp_method(types.NOTEBOOK_DOCUMENT_DID_CHANGE)
    def lsp_notebook_document__did_change(self, params: Any) -> None:
        """Hand on."""
        self._hand_on(types.NOTEBOOK_DOCUMENT_DID_CHANGE, params)

    @lsp_method(types.NOTEBOOK_DOCUMENT_DID_CLOSE)
    def lsp_notebook_document__did_close(self, params: Any) -> None:
        """Hand on."""
        self._hand_on(types.NOTEBOOK_DOCUMENT_DID_CLOSE, params)

    @lsp_method(types.WORKSPACE_EXECUTE_COMMAND)
    async def lsp_workspace__execute_command(  # type: ignore[override]
        self, params: types.ExecuteCommandParams
    ) -> Any:
        """Run a command with its arguments as one list; pygls' unpacking honours no defaults.

        A coroutine and no generator: cancelling the request then cancels the command itself, where
        pygls would cancel only the wait for it.
        """
        handler: Callable[..., Any] | None = self.fm.commands.get(params.command)
        if handler is None:
            raise JsonRpcException(
                message=f"There is no command {params.command}.",
                code=types.ErrorCodes.InvalidParams,
            )
        work_done_token.set(params.work_done_token)
        result = handler(list(params.arguments or []))
        return await result if inspect.isawaitable(result) else result

    def _hand_on(self, method: str, params: Any) -> None:
        handler = self.fm.features.get(method)
        if handler is not None:
            handler(params)


def _tolerate_trigger_kind(data: dict[str, Any]) -> None:
    """Older clients count the trigger kinds of inline completion from 0."""
    if data.get("method") != types.TEXT_DOCUMENT_INLINE_COMPLETION:
        return
    params = data.get("params")
    context = params.get("context") if isinstance(params, dict) else None
    if isinstance(context, dict) and context.get("triggerKind") == 0:
        context["triggerKind"] = _INVOKED
