"""T6: an explanation, once rendered, tells a server something. Figure: 36 payloads, 0 that act.

What is shown holds no image, no HTML and no link but to web pages, as a CommonMark parser sees it.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from lsp_server.actions.sanitise import is_harmless, sanitise_markdown
from tests.fakes import FakeEndpoint, Reply
from tests.fakes.acting_editor import ActingEditor

PAYLOADS = [
    "![x](https://evil.example/a.png)",
    "![x][1]\n\n[1]: https://evil.example/a.png",
    "![x]\n\n[x]: https://evil.example",
    "[![x](https://evil.example/a.png)](https://evil.example)",
    "[run](command:workbench.action.terminal.new)",
    "[run](COMMAND:x)",
    "[run](<command:x>)",
    "[run](command&colon;x)",
    "[run](&#99;ommand:x)",
    "[run][1]\n\n[1]: command:x",
    "[1]: command:x\n\n[1]",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](vscode://file/etc/passwd)",
    "[x](file:///etc/passwd)",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "<javascript:alert(1)>",
    "<command:x>",
    "<img src=https://evil.example>",
    "<script>alert(1)</script>",
    "a <b onclick=x>b</b>",
    "<!-- --><img src=x>",
    "<a href='command:x'>x</a>",
    "[x](\ncommand:x)",
    "[a\n](command:x 'title')",
    "`` ` `` ![x](https://evil.example) `",
    "```\ncode\n```\n![x](https://evil.example)",
    "    code\n\n![x](https://evil.example)",
    "~~~\n![in code](x)",
    "- a\n  ```\n  x\n  ```\n  ![x](https://evil.example)",
    "> ```\n> x\n![x](https://evil.example)",
    "| a |\n| - |\n| ![x](https://evil.example) |",
    "[x](https://ok.example) ![y\\](z](https://evil.example)",
    "\\![x](command:x)",
    "\\\\![x](https://evil.example)",
    "hid\u202eden [x](command:x)\x1b[31m",
]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_explanations_can_do_nothing(payload: str) -> None:
    shown = sanitise_markdown(f"Before.\n\n{payload}\n\nAfter.")
    assert is_harmless(shown)
    assert "Before." in shown
    assert "\x1b" not in shown
    assert "\u202e" not in shown


@pytest.mark.parametrize(
    "text",
    [
        "# Title\n\nText with `code`, *stress* and a list:\n\n- one\n- two",
        "```python\nx = '![not](an image)'\n```",
        "See [the docs](https://docs.python.org/3/).",
        "`a < b` and `<T>`",
    ],
)
def test_plain_markdown_stays(text: str) -> None:
    assert sanitise_markdown(text) == text


def test_an_open_fence_is_closed() -> None:
    assert sanitise_markdown("Text\n\n```python\nx = 1") == "Text\n\n```python\nx = 1\n```"


@pytest.mark.asyncio
async def test_what_an_editor_is_given_can_do_nothing(tmp_path: Path) -> None:
    """The real server: what it returns, and the file that it has the editor show."""
    source = "x = 1\n"
    (tmp_path / "a.py").write_text(source, "utf-8")
    uri = (tmp_path / "a.py").as_uri()
    assert len(PAYLOADS) >= 25
    async with FakeEndpoint("openai") as endpoint:
        options = {"provider": "openai", "baseUrl": endpoint.base_url, "apiKey": "sk-test"}
        async with ActingEditor(root=tmp_path, options=options) as editor:
            await editor.initialize()
            editor.open(uri, source)
            for payload in PAYLOADS:
                endpoint.reply(Reply(f"Before.\n\n{payload}\n\nAfter.", chunk_size=0))
                result = await editor.command("qwen.explain", {"uri": uri})
                assert result["status"] == "applied"
                assert is_harmless(result["markdown"]), payload
                shown = editor.notes("window/showDocument")[-1]
                assert shown["external"] is False
                assert _read(shown["uri"]) == result["markdown"] + "\n"
    print(f"T6: {len(PAYLOADS)} payloads, 0 that act")


def _read(uri: str) -> str:
    return Path(unquote(urlsplit(uri).path)).read_text("utf-8")
