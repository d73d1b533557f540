"""Errors that speak to the user."""

from __future__ import annotations


class UserError(Exception):
    """Wrong use, or nothing that can be done: one sentence that says what to do.

    `exit_code` is the command line's.
    """

    def __init__(self, sentence: str, exit_code: int = 2) -> None:
        super().__init__(sentence)
        self.exit_code = exit_code
