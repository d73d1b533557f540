"""Fill in the middle: the forms of Qwen's coder models, and of servers that build them.

File: `<|fim_prefix|>{prefix}<|fim_suffix|>{suffix}<|fim_middle|>`, nothing after the last token.
Repository: `<|repo_name|>{name}`, then for each file `<|file_sep|>{path}` and its text, the current
file last, in the file form.
"""

from __future__ import annotations

from lsp_server.context.base import Context
from lsp_server.prompt.base import FimPrompt, InfillPrompt
from lsp_server.prompt.special import make_plain

# Many servers take four stop strings at most; what else a model leaks is cut from its answer.
STOP = ("<|file_sep|>", "<|fim_pad|>", "<|endoftext|>", "<|im_end|>")


def build_fim_prompt(context: Context) -> FimPrompt:
    """The file form, or the repository form where there are snippets."""
    prefix, suffix = make_plain(context.prefix), make_plain(context.suffix)
    middle = f"<|fim_prefix|>{prefix}<|fim_suffix|>{suffix}<|fim_middle|>"
    if not context.snippets:
        return FimPrompt(middle, STOP)
    files = "".join(
        f"<|file_sep|>{make_plain(snippet.path)}\n{make_plain(snippet.text)}\n"
        for snippet in context.snippets
    )
    name, path = make_plain(context.repository), make_plain(context.path)
    return FimPrompt(f"<|repo_name|>{name}\n{files}<|file_sep|>{path}\n{middle}", STOP)


def build_infill_prompt(context: Context) -> InfillPrompt:
    """Prefix, suffix and files apart, for llama.cpp and Ollama."""
    return InfillPrompt(
        make_plain(context.prefix),
        make_plain(context.suffix),
        tuple((make_plain(snippet.path), make_plain(snippet.text)) for snippet in context.snippets),
        STOP,
    )
