"""From what the model would say to what it says: prefix, fences, stop strings, limits."""

from __future__ import annotations

from tests.fakes.values import CHARACTERS_A_TOKEN, Generation, Reply, Told

LEAKED_TOKENS = "<|fim_pad|><|fim_pad|><|file_sep|>other.py\nimport os\n<|endoftext|>"
"""What a model that runs on past its answer leaks, as text."""

FENCE = "```"
_THOUGHT = "The code wants to be continued."


def tell(generation: Generation, reply: Reply) -> Told:
    """What goes out for this reply, in pieces of its chunk size."""
    text, stopped_by = _cut_at_stop(_word(generation, reply), generation.stop)
    finish = "stop" if stopped_by else reply.finish
    if reply.fault == "special_tokens":
        # The leak is of tokens that the server's stop strings let pass.
        text += LEAKED_TOKENS
    limit = generation.max_tokens
    if limit is not None and len(text) > limit * CHARACTERS_A_TOKEN:
        text, stopped_by, finish = text[: limit * CHARACTERS_A_TOKEN], "", "length"
    thought = ""
    if generation.thinking:
        thought = _THOUGHT if reply.reasoning is None else reply.reasoning
    pieces: tuple[str | None, ...] = _cut_in_pieces(text, reply.chunk_size)
    if reply.fault == "null_content":
        pieces = (None,)
    return Told(
        pieces=pieces,
        thoughts=_cut_in_pieces(thought, reply.chunk_size),
        finish=finish,
        stopped_by=stopped_by,
        prompt_tokens=generation.prompt_tokens,
    )


def _word(generation: Generation, reply: Reply) -> str:
    if generation.manner == "fresh":
        return (
            f"Here is the code that goes on from there:\n\n{FENCE}\n{reply.text}\n{FENCE}\n\n"
            "It continues what you began."
        )
    if generation.manner == "verbatim":
        return reply.text
    prefix = generation.prefix
    text = reply.text.removeprefix(prefix) if prefix.strip() else reply.text
    opened = prefix.count(FENCE) % 2 == 1
    if opened and FENCE not in text and reply.finish == "stop":
        # A model that was given an open fence closes it, unless a stop string cuts it before.
        text += f"\n{FENCE}"
    return text


def _cut_at_stop(text: str, stop: tuple[str, ...]) -> tuple[str, str]:
    found = [(text.index(each), each) for each in stop if each in text]
    if not found:
        return text, ""
    position, string = min(found)
    return text[:position], string


def _cut_in_pieces(text: str, size: int) -> tuple[str, ...]:
    if size <= 0 or len(text) <= size:
        return (text,) if text else ()
    return tuple(text[start : start + size] for start in range(0, len(text), size))
