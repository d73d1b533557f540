"""An editor that takes edits: it applies what the server sends, and keeps the documents' texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lsp_server.buffer import Encoding, Position, Snapshot, decode_position, split_lines
from tests.fakes.editor import Editor, Json

CAPABILITIES: Mapping[str, Any] = {
    "textDocument": {
        "inlineCompletion": {},
        "codeAction": {
            "codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["quickfix"]}},
            "tagSupport": {"valueSet": [1]},
        },
    },
    "workspace": {
        "configuration": True,
        "applyEdit": True,
        "workspaceEdit": {
            "documentChanges": True,
            "resourceOperations": ["create"],
            "changeAnnotationSupport": {},
        },
    },
    "window": {"workDoneProgress": True, "showDocument": {"support": True}},
}


class ActingEditor(Editor):
    """`texts` and `versions` are the documents by URI. With `refuses` no edit is
    applied, and with `is_mute` the answer to edits is null."""

    async def __aenter__(self) -> ActingEditor:
        await super().__aenter__()
        return self

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{"capabilities": CAPABILITIES, **settings})
        self.texts: dict[str, str] = {}
        self.versions: dict[str, int] = {}
        self.refuses = False
        self.is_mute = False

    def open(self, uri: str, text: str, language: str = "python", version: int = 1) -> None:
        """Open a document."""
        self.texts[uri], self.versions[uri] = text, version
        super().open(uri, text, language, version)

    def retype(self, uri: str, text: str) -> None:
        """The user has edited a document, which is now `text`."""
        self.texts[uri] = text
        self.versions[uri] += 1
        self.change(uri, self.versions[uri], [{"text": text}])

    def _answer(self, message: Json) -> Any:
        match message["method"]:
            case "workspace/configuration":
                return [self.section]
            case "workspace/applyEdit":
                return None if self.is_mute else self._apply(message["params"]["edit"])
            case "window/showDocument":
                return {"success": True}
        return None

    def _take(self, message: Json) -> None:
        if "method" in message and "id" in message:
            self.received.append(message)
            self._arrived.set()
            result = self._answer(message)
            self.send({"jsonrpc": "2.0", "id": message["id"], "result": result})
            return
        super()._take(message)

    def _apply(self, edit: Json) -> Json:
        if self.refuses:
            return {"applied": False, "failureReason": "The user said no."}
        changes = edit.get("documentChanges")
        if changes is None:
            changes = [
                {"textDocument": {"uri": uri, "version": None}, "edits": edits}
                for uri, edits in edit["changes"].items()
            ]
        for change in changes:
            if change.get("kind") == "create":
                self.texts[change["uri"]] = ""
                continue
            document = change["textDocument"]
            uri, version = document["uri"], document.get("version")
            if version is not None and version != self.versions.get(uri):
                return {"applied": False, "failureReason": "The version is another."}
            text = apply_lsp_edits(self.texts.get(uri, ""), change["edits"])
            if uri in self.versions:
                self.retype(uri, text)
            else:
                self.texts[uri] = text
        return {"applied": True}


def apply_lsp_edits(text: str, edits: Sequence[Json]) -> str:
    """A text after LSP edits in UTF-16 units; raises AssertionError where they overlap."""
    snapshot = Snapshot("", 0, "", tuple(split_lines(text)))

    def offset(place: Json) -> int:
        position: Position = decode_position(
            snapshot, place["line"], place["character"], Encoding.UTF16
        )
        return snapshot.offset(position)

    placed = sorted(
        (offset(edit["range"]["start"]), offset(edit["range"]["end"]), edit["newText"])
        for edit in edits
    )
    result, done = "", 0
    for start, end, new in placed:
        assert start >= done, "edits overlap"
        result += text[done:start] + new
        done = end
    return result + text[done:]
