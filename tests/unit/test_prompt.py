"""Prompts: the exact text of each form, and no control token of the user's in any part of it."""

from __future__ import annotations

import pytest

from lsp_server.context.base import Context, Snippet
from lsp_server.prompt.base import FimPrompt, InfillPrompt
from lsp_server.prompt.fence import choose_fence
from lsp_server.prompt.fim import STOP, build_fim_prompt, build_infill_prompt
from lsp_server.prompt.partial import build_partial_prompt
from lsp_server.prompt.special import cut_at_control_token, make_plain, restore

PLAIN = Context("shop/cart.py", "python", "total = ", "\nprint(total)\n")
WITH_FILES = Context(
    "shop/cart.py",
    "python",
    "total = ",
    "\n",
    "shop",
    (Snippet("shop/price.py", "VAT = 0.2"), Snippet("shop/tax.py", "def tax(): ...\n")),
)


def test_fim_of_a_file() -> None:
    assert build_fim_prompt(PLAIN) == FimPrompt(
        "<|fim_prefix|>total = <|fim_suffix|>\nprint(total)\n<|fim_middle|>", STOP
    )


def test_fim_of_a_repository() -> None:
    assert build_fim_prompt(WITH_FILES).text == (
        "<|repo_name|>shop\n"
        "<|file_sep|>shop/price.py\nVAT = 0.2\n"
        "<|file_sep|>shop/tax.py\ndef tax(): ...\n\n"
        "<|file_sep|>shop/cart.py\n"
        "<|fim_prefix|>total = <|fim_suffix|>\n<|fim_middle|>"
    )


def test_infill() -> None:
    assert build_infill_prompt(WITH_FILES) == InfillPrompt(
        "total = ",
        "\n",
        (("shop/price.py", "VAT = 0.2"), ("shop/tax.py", "def tax(): ...\n")),
        STOP,
    )


def test_stop_strings_are_as_many_as_every_server_takes() -> None:
    assert len(STOP) <= 4
    for context in (PLAIN, WITH_FILES):
        assert len(build_partial_prompt(context).stop) <= 4


def test_partial_stable_text_first() -> None:
    prompt = build_partial_prompt(WITH_FILES)
    system, user, begun = prompt.messages
    assert [message.role for message in prompt.messages] == ["system", "user", "assistant"]
    assert begun.content == "```python\ntotal = "
    assert prompt.stop == ("\n```",)
    assert user.content == (
        "File: shop/cart.py (python)\n\n"
        "From shop/price.py:\n```\nVAT = 0.2\n```\n\n"
        "From shop/tax.py:\n```\ndef tax(): ...\n\n```\n\n"
        "Write the file up to the cursor and go on with what is missing there."
    )
    # The beginning is the same for every place of every file, so that the endpoint's cache serves.
    assert build_partial_prompt(PLAIN).messages[0] == system


def test_partial_tells_what_follows_the_cursor() -> None:
    user = build_partial_prompt(PLAIN).messages[1].content
    assert "After the cursor stands:\n```\n\nprint(total)\n\n```" in user


@pytest.mark.parametrize(
    ("language", "texts", "fence"),
    [
        ("python", [""], "```"),
        ("python", ["`a`", "``b``"], "```"),
        ("python", ["```\ncode\n```"], "````"),
        ("python", ["```", "`````"], "``````"),
        ("markdown", [""], "````"),
        ("markdown", ["````"], "`````"),
    ],
)
def test_fence(language: str, texts: list[str], fence: str) -> None:
    assert choose_fence(language, *texts) == fence


@pytest.mark.parametrize(
    "text", ["a < b | c > d", "<|", "|>", "<||>", "<|A|>", "<a|b>", "x <| y |> z", "¦", "<¦ ¦>"]
)
def test_other_text_stays(text: str) -> None:
    assert make_plain(text) == restore(text) == cut_at_control_token(text) == text


def test_line_ends_become_one_kind() -> None:
    assert make_plain("a\r\nb\rc\n") == "a\nb\nc\n"
