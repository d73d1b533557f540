"""An endpoint that knows the file: it goes on with what really stands there."""

from __future__ import annotations

from collections.abc import Callable

from tests.fakes import RecordedRequest, Reply

_CONTEXT = 120


def make_oracle(
    text: str,
    *,
    characters: int = 400,
    first_token_s: float = 0.25,
    token_s: float = 0.01,
) -> Callable[[RecordedRequest], Reply]:
    """A script for the fake endpoint: the next `characters` of `text` after the prompt's prefix.

    Where the prefix stands nowhere in `text`, the answer is empty.
    """

    def answer(request: RecordedRequest) -> Reply:
        prompt: str = request.json["prompt"]
        head, _, _ = prompt.partition("<|fim_suffix|>")
        prefix = head.rpartition("<|fim_prefix|>")[2]
        needle = prefix[-_CONTEXT:]
        place = text.find(needle)
        rest = text[place + len(needle) :][:characters] if needle and place >= 0 else ""
        return Reply(rest, chunk_size=4, delay_first=first_token_s, delay_between=token_s)

    return answer
