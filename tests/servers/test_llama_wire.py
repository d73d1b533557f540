"""What a real llama.cpp says on the wire, asked directly.

The project's own provider and fake endpoint rest on these formats, so a change in llama.cpp shows
here first.
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import PurePath
from typing import Any

import httpx2
import pytest

from tests.servers.llama_server import (
    SLOT_CONTEXT,
    SLOTS,
    LlamaServer,
    log_size,
    wait_for_busy_slots,
    wait_for_log,
)
from tests.servers.tiny_gguf import (
    CODER_NAME,
    CODER_SPECIAL_TOKENS,
    ENDLESS_MARKER,
    ENDLESS_WORDS,
    REPLY,
)

Json = Mapping[str, Any]

FIRST_SPECIAL_ID = 151_643
FIM_PROMPT = "<|fim_prefix|>a = <|fim_suffix|>\n<|fim_middle|>"

ENDLESS_REQUESTS: Mapping[str, Json] = {
    "/infill": {"input_prefix": f"#{ENDLESS_MARKER}\nx = ", "input_suffix": "\n"},
    "/v1/completions": {"prompt": f"#{ENDLESS_MARKER}\n{FIM_PROMPT}"},
    "/v1/chat/completions": {"messages": [{"role": "user", "content": f"An{ENDLESS_MARKER} one"}]},
}


def test_special_tokens_have_their_ids(llama_server: LlamaServer) -> None:
    ids = [tokenize(llama_server, token) for token in CODER_SPECIAL_TOKENS]
    assert ids == [[FIRST_SPECIAL_ID + number] for number in range(len(CODER_SPECIAL_TOKENS))]


def test_fim_middle_is_one_token(llama_server: LlamaServer) -> None:
    assert tokenize(llama_server, "<|fim_middle|>") == [151_660]


def test_text_is_split_as_qwen_splits_it(llama_server: LlamaServer) -> None:
    # The ids are those that tiktoken gives with Qwen2's own pattern.
    text = "def  foo(x):\n    return 123 + é世界 don't"
    expected = [750, 220, 15229, 2075, 982, 262, 470, 220, 16, 17, 18, 488, 3958, 99489, 1513, 944]
    assert tokenize(llama_server, text) == expected


def test_infill_streams_one_event_a_token(llama_server: LlamaServer) -> None:
    lines = stream(llama_server, "/infill", {"input_prefix": "x = ", "input_suffix": "\n"})
    *pieces, final = events(lines)
    assert [piece["content"] for piece in pieces] == [
        *("sorted", "(values", ",", " key", "=len", ")"),
        # The token that ends the text comes as an event of its own, without text.
        "",
    ]
    assert {piece["stop"] for piece in pieces} == {False}
    assert [piece["tokens_predicted"] for piece in pieces] == [1, 2, 3, 4, 5, 6, 7]
    assert pieces[-1]["tokens"] == [FIRST_SPECIAL_ID]
    assert take(final, "content", "tokens", "stop", "stop_type", "stopping_word", "truncated") == {
        "content": "",
        "tokens": [],
        "stop": True,
        "stop_type": "eos",
        "stopping_word": "",
        "truncated": False,
    }


def test_infill_has_no_end_mark_but_its_last_event(llama_server: LlamaServer) -> None:
    lines = stream(llama_server, "/infill", {"input_prefix": "x = ", "input_suffix": "\n"})
    assert all(line.startswith("data: {") for line in lines)


def test_infill_builds_the_repository_prompt(llama_server: LlamaServer) -> None:
    request = {
        "input_prefix": "def f(values):\n    return ",
        "input_suffix": "\n",
        "input_extra": [{"filename": "a.py", "text": "x = 1\n"}, {"filename": "b.py", "text": "y"}],
    }
    final = events(stream(llama_server, "/infill", request))[-1]
    # The project's name and the current file's are fixed words of llama.cpp's.
    assert final["prompt"] == (
        "<|repo_name|>myproject\n"
        "<|file_sep|>a.py\nx = 1\n"
        "<|file_sep|>b.py\ny"
        "<|file_sep|>filename\n"
        "<|fim_prefix|>def f(values):\n    return <|fim_suffix|>\n<|fim_middle|>"
    )
    assert final["tokens_evaluated"] == len(tokenize(llama_server, final["prompt"]))


@pytest.mark.parametrize(
    ("options", "text", "stop_type", "stopping_word"),
    [
        ({}, REPLY, "eos", ""),
        ({"n_predict": 3}, "sorted(values,", "limit", ""),
        ({"stop": ["key"]}, "sorted(values, ", "word", "key"),
        # Not even this asks for no token at all, although it is meant to warm the cache alone.
        ({"n_predict": 0}, "sorted", "limit", ""),
    ],
)
def test_infill_stops(
    llama_server: LlamaServer, options: Json, text: str, stop_type: str, stopping_word: str
) -> None:
    request = {"input_prefix": "x = ", "input_suffix": "\n", **options}
    seen = events(stream(llama_server, "/infill", request))
    assert "".join(event["content"] for event in seen) == text
    assert take(seen[-1], "stop_type", "stopping_word") == {
        "stop_type": stop_type,
        "stopping_word": stopping_word,
    }


def test_infill_takes_special_tokens_in_the_text_as_text(llama_server: LlamaServer) -> None:
    literal = " <|fim_middle|>"
    plain = events(stream(llama_server, "/infill", {"input_prefix": "x", "input_suffix": ""}))
    with_literal = events(
        stream(llama_server, "/infill", {"input_prefix": f"x{literal}", "input_suffix": ""})
    )
    added = with_literal[-1]["tokens_evaluated"] - plain[-1]["tokens_evaluated"]
    assert added == len(tokenize(llama_server, literal, parse_special=False))
    assert added > len(tokenize(llama_server, literal))


def test_infill_reuses_the_prompt_of_a_former_request(llama_server: LlamaServer) -> None:
    request = {"input_prefix": "reused = ", "input_suffix": "\n", "cache_prompt": True}
    first = events(stream(llama_server, "/infill", request))[-1]
    second = events(stream(llama_server, "/infill", request))[-1]
    # One token is always evaluated again: something must give the next one's probabilities.
    assert second["timings"]["cache_n"] == first["tokens_evaluated"] - 1


def test_endless_reply_goes_round(llama_server: LlamaServer) -> None:
    request = {**ENDLESS_REQUESTS["/infill"], "n_predict": 60}
    seen = events(stream(llama_server, "/infill", request))
    assert "".join(event["content"] for event in seen).startswith(ENDLESS_WORDS * 2)


def test_completions_stream_raw_fim(llama_server: LlamaServer) -> None:
    request = {"prompt": FIM_PROMPT, "stream_options": {"include_usage": True}}
    *lines, end = stream(llama_server, "/v1/completions", request)
    *pieces, final = events(lines)
    assert end == "data: [DONE]"
    assert "".join(piece["choices"][0]["text"] for piece in pieces) == REPLY
    assert {piece["choices"][0]["finish_reason"] for piece in pieces} == {None}
    assert {piece["object"] for piece in pieces} == {"text_completion"}
    # The usage comes with the last choice, not after it with no choices as elsewhere.
    assert take(final["choices"][0], "text", "index", "finish_reason") == {
        "text": "",
        "index": 0,
        "finish_reason": "stop",
    }
    assert take(final["usage"], "prompt_tokens", "completion_tokens", "total_tokens") == {
        "prompt_tokens": 7,
        "completion_tokens": 7,
        "total_tokens": 14,
    }


def test_completions_end_by_length(llama_server: LlamaServer) -> None:
    lines = stream(llama_server, "/v1/completions", {"prompt": FIM_PROMPT, "max_tokens": 2})
    seen = events(lines[:-1])
    assert "".join(event["choices"][0]["text"] for event in seen) == "sorted(values"
    assert seen[-1]["choices"][0]["finish_reason"] == "length"


def test_chat_goes_on_where_the_assistant_stopped(llama_server: LlamaServer) -> None:
    messages = [{"role": "user", "content": "x"}, {"role": "assistant", "content": "sorted(values"}]
    lines = stream(llama_server, "/v1/chat/completions", {"messages": messages})
    assert lines[-1] == "data: [DONE]"
    deltas = [event["choices"][0]["delta"] for event in events(lines[:-1])]
    assert deltas[0] == {"role": "assistant", "content": None}
    assert "".join(delta.get("content") or "" for delta in deltas) == ", key=len)"


@pytest.mark.parametrize("path", ENDLESS_REQUESTS)
def test_closing_a_stream_cancels(llama_server: LlamaServer, path: str) -> None:
    start = log_size(llama_server)
    request = {**ENDLESS_REQUESTS[path], "stream": True}
    with open_stream(llama_server, path, request) as lines:
        assert next(lines).startswith("data: {")
    expect_cancelled(llama_server, start)


@pytest.mark.parametrize("path", ENDLESS_REQUESTS)
def test_closing_an_unanswered_request_cancels(llama_server: LlamaServer, path: str) -> None:
    start = log_size(llama_server)
    connection = http.client.HTTPConnection(llama_server.base_url.removeprefix("http://"))
    try:
        body = json.dumps({**ENDLESS_REQUESTS[path], "stream": False})
        connection.request("POST", path, body, {"Content-Type": "application/json"})
        wait_for_busy_slots(llama_server, 1)
    finally:
        connection.close()
    expect_cancelled(llama_server, start)


def test_props(llama_server: LlamaServer) -> None:
    props = get(llama_server, "/props").json()
    assert PurePath(props["model_path"]).name == CODER_NAME
    assert props["total_slots"] == SLOTS
    assert props["default_generation_settings"]["n_ctx"] == SLOT_CONTEXT
    assert take(props, "bos_token", "eos_token") == {
        "bos_token": "<|endoftext|>",
        "eos_token": "<|im_end|>",
    }


def test_models(llama_server: LlamaServer) -> None:
    models = get(llama_server, "/v1/models").json()
    assert models["object"] == "list"
    (model,) = models["data"]
    assert take(model, "id", "object", "owned_by") == {
        "id": llama_server.model_name,
        "object": "model",
        "owned_by": "llamacpp",
    }
    # The id may be the whole path of the file: a name is to be looked for in its last part.
    assert PurePath(model["id"]).name == CODER_NAME


def test_health(llama_server: LlamaServer) -> None:
    answer = get(llama_server, "/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_infill_without_fim_tokens_is_refused(plain_llama_server: LlamaServer) -> None:
    request = {"input_prefix": "x = ", "input_suffix": "\n", "stream": True}
    answer = post(plain_llama_server, "/infill", request)
    assert answer.status_code == 501
    error = answer.json()["error"]
    assert take(error, "code", "type") == {"code": 501, "type": "not_supported_error"}
    assert error["message"].startswith("Infill is not supported by this model")


@pytest.mark.parametrize(
    ("path", "request_body", "status", "kind"),
    [
        ("/infill", {"input_suffix": ""}, 400, "invalid_request_error"),
        ("/infill", {"input_prefix": 1, "input_suffix": ""}, 400, "invalid_request_error"),
        ("/v1/completions", {}, 400, "invalid_request_error"),
        ("/v1/nothing", {}, 404, "not_found_error"),
    ],
)
def test_wrong_request(
    llama_server: LlamaServer, path: str, request_body: Json, status: int, kind: str
) -> None:
    answer = post(llama_server, path, {**request_body, "stream": True})
    assert answer.status_code == status
    assert take(answer.json()["error"], "code", "type") == {"code": status, "type": kind}


def test_prompt_longer_than_the_context(llama_server: LlamaServer) -> None:
    prompt = "x\n" * SLOT_CONTEXT
    answer = post(llama_server, "/v1/completions", {"prompt": prompt, "stream": True})
    assert answer.status_code == 400
    assert take(answer.json()["error"], "code", "type", "n_prompt_tokens", "n_ctx") == {
        "code": 400,
        "type": "exceed_context_size_error",
        "n_prompt_tokens": 2 * SLOT_CONTEXT,
        "n_ctx": SLOT_CONTEXT,
    }


def expect_cancelled(server: LlamaServer, start: int) -> None:
    """Check that a task was cancelled since byte `start` of the log, and that no slot works on."""
    cancelled = wait_for_log(server, r"cancel task, id_task = (\d+)", start)
    wait_for_log(server, rf"\| task {cancelled[1]} \| stop processing", start)
    wait_for_busy_slots(server, 0)


def tokenize(server: LlamaServer, text: str, **options: bool) -> Sequence[int]:
    tokens: Sequence[int] = post(server, "/tokenize", {"content": text, **options}).json()["tokens"]
    return tokens


def stream(server: LlamaServer, path: str, request: Json) -> Sequence[str]:
    """The lines of a whole streamed answer, without the blank ones between events."""
    with open_stream(server, path, {**request, "stream": True}) as lines:
        return list(lines)


@contextmanager
def open_stream(server: LlamaServer, path: str, request: Json) -> Iterator[Iterator[str]]:
    with (
        httpx2.Client(base_url=server.base_url, trust_env=False, timeout=60) as client,
        client.stream("POST", path, json=dict(request)) as answer,
    ):
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/event-stream"
        yield (line for line in answer.iter_lines() if line)


def events(lines: Sequence[str]) -> Sequence[Json]:
    return [json.loads(line.removeprefix("data: ")) for line in lines]


def take(values: Json, *names: str) -> Json:
    return {name: values[name] for name in names}


def get(server: LlamaServer, path: str) -> httpx2.Response:
    return httpx2.get(server.base_url + path, trust_env=False, timeout=60)


def post(server: LlamaServer, path: str, request: Json) -> httpx2.Response:
    return httpx2.post(server.base_url + path, json=dict(request), trust_env=False, timeout=60)
