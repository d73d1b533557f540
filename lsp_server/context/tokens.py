"""How many tokens a text has."""

from __future__ import annotations

# Qwen's vocabulary takes 3 to 3.6 characters of code a token, and less where names are odd. The
# lower end is used, so that a prompt never passes the budget.
CHARACTERS_PER_TOKEN = 3.0


def estimate_tokens(text: str) -> int:
    """An upper estimate of the tokens in `text`; other scripts take about a token a character."""
    characters = len(text)
    if text.isascii():
        return int(characters / CHARACTERS_PER_TOKEN) + 1
    wide = len(text.encode("utf-8", "surrogatepass")) - characters
    return int(characters / CHARACTERS_PER_TOKEN + wide / 2) + 1
