"""R6: 34 faults of an endpoint. Figure: ghost text falls back within 50 ms of the fault or of the
deadline, on a virtual clock; one notice in ten minutes. The real milliseconds are printed.
"""

from __future__ import annotations

import asyncio
import time

import pytest

from lsp_server.buffer import Encoding, Position
from lsp_server.completion.base import Outcome
from lsp_server.session import Session
from tests.fakes import FakeEndpoint
from tests.fakes.clock import PATIENT_S, run_virtually
from tests.fakes.editor import Editor
from tests.fakes.endpoint_faults import FAULTS, EndpointFault, open_endpoint
from tests.fakes.sessions import open_session

# A local endpoint is waited for so long; see `completion.deadlineMs`.
DEADLINE_S = 3.0
MINUTE_S = 60.0
# Something for the embedded engine to copy.
KNOWN = """\
def read_first(path):
    with open(path, encoding="utf-8") as handle:
        content = handle.read()

def read_second(path):
    with open(path, encoding="utf-8") as handle:
        content = handle.read()
"""
ENGINES = {"embedded": "embedded", "model": "openai", "nobody": "openai"}


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_ghost_text_falls_back_in_time(
    fault: EndpointFault, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_virtually(meet(fault), monkeypatch, PATIENT_S)


async def meet(fault: EndpointFault) -> None:
    loop = asyncio.get_running_loop()
    told: list[str] = []
    async with (
        open_endpoint(fault) as (endpoint, address),
        open_session(endpoint, notify=told.append, base_url=address) as session,
    ):
        for number in range(3):
            started = loop.time()
            outcome = await ask(session, number)
            took = loop.time() - started
            assert outcome.engine == ENGINES[fault.answer], outcome.reason
            assert outcome.reason
            assert (outcome.fate == "shown") == (fault.answer != "nobody")
            if fault.has_thread:
                assert took <= DEADLINE_S + 0.05
            elif fault.ends_late:
                assert DEADLINE_S <= took <= DEADLINE_S + 0.05
            elif fault.answer == "embedded":
                assert took <= 0.05
            else:
                assert took <= DEADLINE_S + 0.05
            await asyncio.sleep(3 * MINUTE_S)
            # Whatever still came was not read.
            assert endpoint.running == []
        # Within ten minutes of the first.
        assert len(told) <= 1
        assert all(sentence.endswith(".") for sentence in told)
        if told and not fault.has_thread:
            await asyncio.sleep(4 * MINUTE_S)
            await ask(session, 4)
            assert len(told) == 2


async def ask(session: Session, number: int) -> Outcome:
    """Ask by hand in a document of its own, so that nothing is known."""
    uri = f"untitled:{number}.py"
    session.open(uri, "python", 1, f"total_{number} = \n", Encoding.UTF16)
    return await session.complete(uri, Position(0, 10), explicit=True)


def test_different_faults_are_one_notice(monkeypatch: pytest.MonkeyPatch) -> None:
    async def meet_all() -> list[str]:
        told: list[str] = []
        async with (
            open_endpoint(FAULTS[-1]) as (endpoint, _),
            open_session(endpoint, notify=told.append) as session,
        ):
            for number, fault in enumerate(FAULTS):
                if fault.name in {"500", "503", "408", "a web page", "bad JSON", "a cut event"}:
                    endpoint.recover()
                    fault.set_up(endpoint)
                    await ask(session, number)
        return told

    assert len(run_virtually(meet_all(), monkeypatch, PATIENT_S)) == 1


@pytest.mark.asyncio
async def test_how_long_it_takes_a_real_server() -> None:
    """Printed: from the fault on the wire, or the deadline, to the reply in the editor."""
    times: dict[str, float] = {}
    async with FakeEndpoint("openai") as endpoint:
        options = {
            "provider": "openai",
            "baseUrl": endpoint.base_url,
            "apiKey": "sk-test",
            "completion": {"model": "qwen2.5-coder-7b-instruct", "deadlineMs": 300},
        }
        async with Editor(options=options) as editor:
            await editor.initialize()
            await editor.wait_for_note("qwen/status", lambda each: each["engine"] == "openai")
            editor.open("untitled:known.py", KNOWN)
            for number, fault in enumerate(FAULTS):
                if fault.answer != "embedded" or fault.has_thread or fault.name == "refused":
                    continue
                endpoint.recover()
                fault.set_up(endpoint)
                uri = f"untitled:{number}.py"
                editor.open(uri, KNOWN.rpartition("handle.read")[0])
                began = time.monotonic()
                assert await editor.inline(uri, 6, 18), fault.name
                replied = asyncio.get_running_loop().time()
                why = await editor.command("qwen.why", {"uri": uri})
                assert why["engine"] == "embedded", (fault.name, why)
                ended = endpoint.generations[-1].closed_at
                assert ended is not None
                fault_at = began + 0.3 if fault.ends_late else ended
                times[fault.name] = 1000 * (replied - fault_at)
    slowest = max(times, key=lambda name: times[name])
    print(f"R6: {len(times)} faults, slowest fallback {times[slowest]:.0f} ms ({slowest})")
