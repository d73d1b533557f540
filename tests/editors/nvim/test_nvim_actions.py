"""Code actions in a real Neovim 0.12: by command and by the menu, applied and undone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.editors.nvim.terminal import Start, Terminal

_SOURCE = """\
def total(prices):
    return sum(prise)


def count(prices):
    return len(prices)
"""
_FIXED = _SOURCE.replace("prise", "prices")
_REPLY = """```python
def total(prices):
    return sum(prices)
```"""
_ENDLESS_LINE = "word " * 60


def test_fix_changes_the_function_and_undo_restores_it(start: Start) -> None:
    terminal, endpoint = start(_REPLY, _SOURCE)
    mark_wrong(terminal, "prise")
    terminal.command("QwenFix")
    wait_for_text(terminal, _FIXED)
    terminal.wait_for(lambda: "Fixed by" in terminal.messages(), "the word of the fix")
    (prompt,) = endpoint.prompts()
    assert "Undefined name" in prompt
    terminal.press("u")
    wait_for_text(terminal, _SOURCE)


def test_fix_without_anything_wrong_says_so(start: Start) -> None:
    terminal, endpoint = start(_REPLY, _FIXED)
    terminal.command("QwenFix")
    terminal.wait_for_screen("There is no diagnostic here")
    assert not endpoint.prompts()


@pytest.mark.parametrize(
    ("line_end", "name"), [("\n", "prise"), ("\r\n", "prise"), ("\n", "'🙂' + prise")]
)
def test_fix_keeps_line_ends_and_finds_its_place(
    start: Start, tmp_path: Path, line_end: str, name: str
) -> None:
    source = _SOURCE.replace("prise", name).replace("\n", line_end)
    terminal, endpoint = start(_REPLY, source.encode())
    mark_wrong(terminal, "prise")
    terminal.command("QwenFix")
    wait_for_text(terminal, _FIXED)
    terminal.command("write")
    expected = _FIXED.replace("\n", line_end).encode()
    path = tmp_path / "project" / "total.py"
    terminal.wait_for(lambda: path.read_bytes() == expected, "the file on disk")
    (prompt,) = endpoint.prompts()
    assert f"at the line: return sum({name})" in prompt


def test_menu_of_code_actions(start: Start) -> None:
    terminal, _ = start(_REPLY, _SOURCE)
    mark_wrong(terminal, "prise")
    terminal.press("g", "r", "a")
    terminal.wait_for_screen("1: Fix with Qwen")
    terminal.press("1", "Enter")
    wait_for_text(terminal, _FIXED)


def test_refactor_of_a_range_by_an_instruction(start: Start) -> None:
    terminal, endpoint = start("```python\ndef count(items):\n    return len(items)\n```", _SOURCE)
    terminal.command("5,6QwenRefactor call them items")
    wait_for_text(
        terminal,
        _SOURCE.replace("count(prices)", "count(items)").replace("len(prices)", "len(items)"),
    )
    (prompt,) = endpoint.prompts()
    assert "call them items" in prompt


def test_refactor_asks_for_the_instruction(start: Start) -> None:
    terminal, endpoint = start("```python\ndef total(them):\n    return sum(them)\n```", _FIXED)
    terminal.command("QwenRefactor")
    terminal.wait_for_screen("Refactor (empty: make it simpler):")
    terminal.type("say them")
    terminal.press("Enter")
    terminal.wait_for_line("    return sum(them)")
    (prompt,) = endpoint.prompts()
    assert "say them" in prompt


def test_doc(start: Start) -> None:
    documented = '```python\ndef total(prices):\n    """Add up."""\n    return sum(prices)\n```'
    terminal, _ = start(documented, _FIXED)
    terminal.command("QwenDoc")
    terminal.wait_for_line('    """Add up."""')


def test_new_tests_are_shown(start: Start, tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "pyproject.toml").touch()
    reply = (
        "```python\nfrom total import total\n\n\ndef test_total():\n    assert total([1]) == 1\n```"
    )
    terminal, _ = start(reply, _FIXED)
    terminal.command("QwenTest")
    terminal.wait_for_screen("def test_total():")
    assert terminal.lines() == _FIXED.splitlines()


def test_explanation_is_shown_beside_the_code(start: Start) -> None:
    terminal, endpoint = start("It adds *prices* up.\n\n```python\ntotal([1])\n```", _FIXED)
    terminal.command("QwenExplain")
    terminal.wait_for_screen("It adds")
    assert terminal.lines() == _FIXED.splitlines()
    terminal.press("C-w", "j")
    terminal.wait_for(lambda: terminal.lua("vim.bo.filetype") == "markdown", "Markdown")
    assert terminal.lua("vim.bo.modifiable") is False
    terminal.press("q")
    terminal.wait_for(lambda: terminal.lua("#vim.api.nvim_list_wins()") == 1, "one window")
    endpoint.reply("Another one.")
    terminal.command("1,2QwenExplain")
    terminal.wait_for_screen("Another one.")


def test_long_refusal_asks_for_no_key(start: Start) -> None:
    terminal, _ = start(_ENDLESS_LINE, _FIXED)
    terminal.command("QwenRefactor shorter")
    terminal.wait_for_screen("No acceptable change")
    terminal.press("j")
    terminal.wait_for(lambda: terminal.lua("vim.fn.line('.')") == 2, "the cursor to move")


def test_edit_of_text_that_has_changed_is_refused(start: Start) -> None:
    terminal, _ = start(_REPLY, _SOURCE)
    answer = terminal.lua(
        "(function() local document = { uri = vim.uri_from_bufnr(0), version = 1 } "
        "vim.api.nvim_buf_set_lines(0, 0, 0, false, { '' }) "
        "local client = vim.lsp.get_clients({ name = 'qwen_lsp' })[1] "
        "return client.handlers['workspace/applyEdit'](nil, { edit = { documentChanges = "
        "{ { textDocument = document, edits = {} } } } }, { client_id = client.id }) end)()"
    )
    assert answer["applied"] is False


def mark_wrong(terminal: Terminal, name: str) -> None:
    """Report a name as undefined, as a linter of the user's does, and put the cursor there."""
    terminal.lua(f"vim.fn.search({name!r}) or 0")
    terminal.lua(
        "(function() local row, column = unpack(vim.api.nvim_win_get_cursor(0)) "
        "vim.diagnostic.set(vim.api.nvim_create_namespace('linter'), 0, {{ lnum = row - 1, "
        f"col = column, end_col = column + {len(name)}, message = 'Undefined name', "
        "severity = 1, source = 'linter' }}) return 0 end)()"
    )


def wait_for_text(terminal: Terminal, text: str) -> None:
    terminal.wait_for(lambda: terminal.lines() == text.splitlines(), "the changed text")
