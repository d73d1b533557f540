"""Ghost text in a real Neovim 0.12, as a new user meets it: typed, seen on the screen, accepted."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.editors.nvim.install_nvim import parse_version
from tests.editors.nvim.terminal import Start, Terminal
from tests.fakes.endpoint import Reply

# Neovim 0.11 has no inline completion: neither the module nor the capability.
_WITHOUT_INLINE = """
vim.lsp.inline_completion = false
local make = vim.lsp.protocol.make_client_capabilities
vim.lsp.protocol.make_client_capabilities = function()
  local capabilities = make()
  capabilities.textDocument.inlineCompletion = nil
  return capabilities
end
"""


@pytest.mark.parametrize(
    ("source", "typed", "reply", "shown", "accepted"),
    [
        pytest.param(
            "def add(a, b):\n",
            "return ",
            "a + b",
            "    return a + b",
            ["def add(a, b):", "    return a + b"],
            id="plain",
        ),
        pytest.param(
            "def add(a, b):\n",
            "if a:",
            "\n        b = a\n        return b",
            "        b = a\n        return b",
            ["def add(a, b):", "    if a:", "        b = a", "        return b"],
            id="several lines",
        ),
        pytest.param(
            "face = '🙂🙃'\ndef smile():\n",
            "return '🙂' + ",
            "face",
            "    return '🙂' + face",
            ["face = '🙂🙃'", "def smile():", "    return '🙂' + face"],
            id="astral characters left of the cursor",
        ),
    ],
)
def test_ghost_text_shows_and_tab_accepts(
    start: Start, source: str, typed: str, reply: str, shown: str, accepted: list[str]
) -> None:
    terminal, _ = start(reply, source)
    terminal.press("G", "o")
    terminal.type(typed)
    terminal.wait_for_screen(shown)
    assert [*source.splitlines(), f"    {typed}"] == terminal.lines()
    terminal.press("Tab")
    terminal.wait_for(lambda: terminal.lines() == accepted, "the accepted text")


def test_crlf_file_stays_crlf(start: Start, tmp_path: Path) -> None:
    terminal, _ = start("\n        b = a\n        return b", b"def add(a, b):\r\n")
    terminal.press("G", "o")
    terminal.type("if a:")
    terminal.wait_for_screen("        b = a\n        return b")
    assert "^M" not in terminal.screen()
    terminal.press("Tab")
    terminal.wait_for_line("        return b")
    terminal.command("write")
    expected = b"def add(a, b):\r\n    if a:\r\n        b = a\r\n        return b\r\n"
    terminal.wait_for(
        lambda: (tmp_path / "project" / "total.py").read_bytes() == expected, "the file on disk"
    )


def test_text_right_of_the_cursor_stays_visible_and_is_not_doubled(start: Start) -> None:
    terminal, _ = start("a, b)", "total = add()  # sum\n")
    terminal.press("f", ")", "i")
    terminal.wait_for_screen("total = add(a, b)  # sum")
    terminal.press("Tab")
    terminal.wait_for_line("total = add(a, b)  # sum")


def test_text_typed_ahead_of_the_editor_is_not_doubled(start: Start) -> None:
    terminal, _ = start("a + b")
    terminal.press("G", "o")
    terminal.type("return ")
    terminal.wait_for_screen("    return a + b")
    # In one burst: Neovim has not asked again when the key comes.
    terminal.press("a", "Space", "Tab")
    terminal.wait_for_line("    return a + b")


def test_text_that_no_longer_fits_is_not_inserted(start: Start) -> None:
    terminal, _ = start("a + b")
    terminal.press("G", "o")
    terminal.type("return ")
    terminal.wait_for_screen("    return a + b")
    terminal.press("x", "Tab")
    terminal.wait_for(lambda: terminal.lines()[-1].startswith("    return x "), "a tab")


def test_typing_ahead_of_a_slow_reply(start: Start) -> None:
    terminal, endpoint = start("")
    endpoint.script(lambda prompt: Reply(complete_line("a + b", prompt), delay_first=0.6))
    terminal.press("G", "o")
    terminal.type("return ")
    terminal.wait_for(lambda: endpoint.count_generations() > 0, "a request")
    terminal.type("a +")
    terminal.wait_for_screen("    return a + b")
    terminal.press("Tab")
    terminal.wait_for_line("    return a + b")


def complete_line(line: str, prompt: str) -> str:
    """What a model that knows the line would add to a prompt that holds the beginning of it."""
    before = prompt.partition("<|fim_suffix|>")[0]
    typed = next(n for n in range(len(line), -1, -1) if before.endswith(line[:n]))
    return line[typed:]


def test_tab_is_a_tab_where_nothing_is_shown(start: Start) -> None:
    terminal, _ = start("", init="vim.o.expandtab = true")
    terminal.press("G", "o")
    terminal.type("x")
    terminal.press("Tab", "y")
    terminal.wait_for_line("    x   y")


def test_tab_still_jumps_in_a_snippet(start: Start) -> None:
    terminal, _ = start("")
    terminal.press("G", "o")
    terminal.lua("vim.snippet.expand('f(${1:a}, ${2:b})') or 0")
    terminal.type("one")
    terminal.press("Tab")
    terminal.type("two")
    terminal.wait_for_line("    f(one, two)")


def test_own_mapping_of_tab_stays(start: Start) -> None:
    terminal, _ = start("a + b", init="vim.keymap.set('i', '<Tab>', 'mine')")
    terminal.press("G", "o")
    terminal.type("return ")
    terminal.wait_for_screen("    return a + b")
    terminal.press("Tab")
    terminal.wait_for_line("    return mine")


def test_another_key_can_be_chosen(start: Start) -> None:
    terminal, _ = start("a + b", init="vim.g.qwen_accept_key = '<C-l>'")
    terminal.press("G", "o")
    terminal.type("return ")
    terminal.wait_for_screen("    return a + b")
    terminal.press("C-l")
    terminal.wait_for_line("    return a + b")


def test_why_and_toggle(start: Start) -> None:
    terminal, endpoint = start("a + b")
    terminal.press("G", "o")
    terminal.type("return ")
    terminal.wait_for_screen("    return a + b")
    terminal.command("QwenWhy")
    terminal.wait_for_screen("by qwen2.5-coder-7b-instruct in")
    terminal.command("QwenToggle")
    terminal.wait_for(lambda: "now off" in terminal.messages(), "the new state")
    asked = endpoint.count_generations()
    terminal.press("o")
    terminal.type("return ")
    terminal.wait_for(lambda: terminal.ask("qwen.why").get("outcome") == "off", "the refusal")
    terminal.command("QwenWhy")
    terminal.wait_for_screen("switched off")
    assert endpoint.count_generations() == asked


@pytest.mark.parametrize(
    ("source", "keys", "line", "accepted"),
    [
        pytest.param("", ["i", "x="], "x=add(a, b)", ["x=add(a, b)"], id="one line"),
        pytest.param(
            "def add(a, b):\n",
            ["G", "o", "if a:"],
            "if a:\n        b = a\n        return b",
            ["def add(a, b):", "    if a:", "        b = a", "        return b"],
            id="several lines",
        ),
        pytest.param(
            "total = add()  # 🙂\n",
            ["f", ")", "i", "a,"],
            "add(a,b)",
            ["total = add(a,b)  # 🙂"],
            id="closed bracket right of the cursor",
        ),
    ],
)
def test_completion_menu_without_inline_completion(
    start: Start, source: str, keys: list[str], line: str, accepted: list[str]
) -> None:
    terminal, endpoint = start("", source, init=_WITHOUT_INLINE)
    endpoint.script(lambda prompt: Reply(complete_line(line, prompt)))
    for key in keys:
        terminal.type(key)
    terminal.wait_for(lambda: terminal.lua("vim.fn.pumvisible()") == 1, "the menu")
    terminal.press("C-n")
    terminal.press("C-y")
    terminal.wait_for(lambda: terminal.lines() == accepted, "the accepted text")


def test_missing_server_is_told(nvim_program: Path, tmp_path: Path) -> None:
    path = tmp_path / "total.py"
    path.write_text("def add(a, b):\n")
    init = "vim.lsp.config('qwen_lsp', { cmd = { 'no-such-program' } })"
    with Terminal(nvim_program, tmp_path, options={}, init=init) as terminal:
        terminal.start(path)
        terminal.wait_for_screen("there is no program no-such-program. Install it")


@pytest.mark.parametrize(
    ("output", "version"),
    [
        ("NVIM v0.12.4\nBuild type: Release\n", (0, 12)),
        ("NVIM v1.0.0-dev-12+g123\n", (1, 0)),
        ("Vim 9.1\n", None),
    ],
)
def test_parse_version(output: str, version: tuple[int, int] | None) -> None:
    assert parse_version(output) == version
