"""Every fault of an endpoint: each prompt gets its own answer, or one line says what is wrong."""

import tracemalloc

import psutil
import pytest
from tests.faults.faulty_endpoint import ANSWERS, FAULTS, faulty_endpoint
from tests.serving.endpoint import KEY, Reaction, endpoint

from breakeven.core.errors import InputError, MachineError
from breakeven.serving import client
from breakeven.serving.client import Endpoints, run_requests
from breakeven.serving.request import Request

SEED = 20261126


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch):
    monkeypatch.setattr(client, "_FIRST_WAIT_SECONDS", 0.01)


def ask(server, count, *, on_result=None, attempts=4, seconds=30.0, concurrency=16):
    """Ask for p0, p1…; the text of each reply by its prompt."""
    texts = {}

    def keep(request, reply):
        assert request.id not in texts
        texts[request.id] = reply["choices"][0]["message"]["content"]
        if on_result is not None:
            on_result(len(texts))

    bodies = (
        Request(f"p{n}", {"messages": [{"role": "user", "content": f"p{n}"}], "max_tokens": 64})
        for n in range(count)
    )
    run_requests(
        bodies,
        Endpoints((server.url,), "teacher", KEY, "params.yaml: teacher"),
        on_result=keep,
        concurrency=concurrency,
        attempts=attempts,
        timeout_seconds=seconds,
    )
    return texts


def own(count):
    return {f"p{n}": f"answer to p{n}" for n in range(count)}


# Those that only a limit on time ends.
SLOW = ("hang", "trickle", "waits-for-ever")


@pytest.mark.parametrize("fault", FAULTS)
def test_after_a_fault_each_prompt_is_asked_again_and_gets_its_own_answer(fault):
    with faulty_endpoint({fault: 0.5}, seed=SEED, times=1) as server:
        assert ask(server, 24, seconds=2.0 if fault in SLOW else 60.0) == own(24)
        seen = server.seen()
    assert set(seen.values()) == {1, 2}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_that_stays_is_told_in_one_line_without_the_key(fault):
    with faulty_endpoint({fault: 1.0}) as server, pytest.raises(MachineError) as caught:
        ask(server, 1, attempts=2, seconds=1.0 if fault in SLOW else 60.0)
    message = str(caught.value)
    assert message.startswith(server.url)
    assert message.isprintable()
    assert len(message) < 700
    assert KEY not in message


@pytest.mark.parametrize("answer", ANSWERS)
def test_whatever_follows_an_answer_is_no_other_prompts(answer):
    with faulty_endpoint({answer: 1.0}) as server:
        assert ask(server, 60, concurrency=4) == own(60)
        assert set(server.seen().values()) == {1}


@pytest.mark.parametrize("fault", ["oversized", "endless", "gzip-bomb"])
def test_replies_without_end_fill_no_memory(fault):
    with faulty_endpoint({fault: 1.0}, times=1) as server:
        tracemalloc.start()
        try:
            assert ask(server, 16, seconds=120.0) == own(16)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < 100 * 2**20


def test_files_and_threads_are_as_many_at_the_end_as_at_the_start():
    process, found = psutil.Process(), []

    def measure(number):
        if number % 30 == 0:
            found.append((process.num_fds(), process.num_threads()))

    shares = {"error-500": 0.1, "drop": 0.05, "doubled": 0.1, "cut": 0.05}
    with faulty_endpoint(shares, seed=SEED) as server:
        assert ask(server, 300, on_result=measure, attempts=9) == own(300)
    files, threads = zip(*found, strict=True)
    assert max(files) <= min(files) + 16
    assert max(threads) <= min(threads) + 1


def test_a_server_that_has_moved_is_not_followed():
    with endpoint() as other:
        moved = Reaction(307, {}, {"Location": f"{other.url}/chat/completions"})
        with endpoint(lambda *_: moved) as server, pytest.raises(InputError) as caught:
            ask(server, 1)
    assert "has moved to" in str(caught.value)
    assert not other.asked
