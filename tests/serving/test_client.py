"""The client: nothing lost, nothing asked in vain, and errors that a person can act on."""

import contextlib
import threading
import time

import pytest
from tests.serving.asking import chat, endpoints, failure, free_port, run
from tests.serving.endpoint import KEY, Reaction, completion, endpoint, error

from breakeven.core.errors import InputError, MachineError
from breakeven.serving.client import Endpoints, key_from_environment, run_requests
from breakeven.serving.request import Request

pytestmark = pytest.mark.usefixtures("short_waits")


def test_every_request_is_sent_once_and_its_reply_handed_over():
    with endpoint() as server:
        kept = run([server], 20)
    assert {key: one["choices"][0]["message"]["content"] for key, one in kept.items()} == {
        f"p{n}": f"answer to p{n}" for n in range(20)
    }
    assert sorted(server.prompts()) == sorted(f"p{n}" for n in range(20))


def test_settings_go_to_the_server_beside_the_messages():
    with endpoint() as server:
        settings = {"chat_template_kwargs": {"enable_thinking": True}, "top_k": 20, "max_tokens": 9}
        run_requests([chat(0, **settings)], endpoints(server), on_result=lambda *_: None)
    assert server.asked == [
        {"model": "teacher", "messages": [{"role": "user", "content": "p0"}], **settings}
    ]


def test_token_ids_are_a_plain_completion_of_the_model_that_the_request_names():
    ids = {"choices": [{"index": 0, "text": "a", "token_ids": [5, 6], "finish_reason": "stop"}]}
    with endpoint(lambda body, number: Reaction(body=ids), models=("base", "adapter")) as server:
        kept = []
        request = Request("a", {"model": "adapter", "prompt": [1, 2, 3], "n": 1})
        run_requests([request], endpoints(server), on_result=lambda _, reply: kept.append(reply))
    assert server.asked == [{"model": "adapter", "prompt": [1, 2, 3], "n": 1}]
    assert kept[0]["choices"][0]["token_ids"] == [5, 6]


def test_several_servers_are_used_evenly():
    with endpoint() as one, endpoint() as two:
        run([one, two], 20, concurrency=1)
    assert len(one.asked) == len(two.asked) == 10


def test_no_more_requests_are_in_flight_than_allowed():
    slow = lambda body, number: Reaction(body=completion(body).body, seconds=0.05)  # noqa: E731
    with endpoint(slow) as server:
        run([server], 12, concurrency=3)
    assert server.most_together == 3


def test_a_worker_asks_for_the_next_only_after_its_reply_was_handed_over():
    events = []

    def react(body, number):
        events.append(("asked", body["messages"][-1]["content"]))
        return completion(body)

    with endpoint(react) as server:
        run_requests(
            [chat(n) for n in range(3)],
            endpoints(server),
            on_result=lambda request, _: events.append(("kept", request.id)),
            concurrency=1,
        )
    assert events == [(what, f"p{n}") for n in range(3) for what in ("asked", "kept")]


def test_a_worker_asks_for_the_next_only_after_its_reply_was_settled_and_many_are_at_once():
    kept, settled, times = set(), set(), []
    own = {}

    def react(body, number):
        prompt = body["messages"][-1]["content"]
        # Of each worker's reply before: it was settled, or this prompt would not be asked.
        assert len(kept - settled) < 8
        own[prompt] = len(settled)
        return completion(body)

    def settle():
        whole = set(kept)
        time.sleep(0.05)  # a disk that takes its time holds up nobody who waits for a server
        settled.update(whole)
        times.append(len(whole))

    with endpoint(react) as server:
        run_requests(
            [chat(n) for n in range(40)],
            endpoints(server),
            on_result=lambda request, _: kept.add(request.id),
            settle=settle,
            concurrency=8,
        )
    assert len(own) == 40
    assert settled == kept
    assert len(kept) == 40
    # Eight workers can have no more than eight replies that are not settled.
    assert 40 / 8 <= len(times) < 30


def test_a_disk_that_does_not_take_replies_ends_the_run():
    def settle():
        raise OSError(28, "No space left on device", "journal.jsonl")

    kept = []
    with endpoint() as server, pytest.raises(OSError, match="No space") as told:
        run_requests(
            [chat(n) for n in range(40)],
            endpoints(server),
            on_result=lambda request, _: kept.append(request.id),
            settle=settle,
            concurrency=4,
        )
    assert told.value.filename == "journal.jsonl"
    assert len(kept) <= 4


PASSING = [
    error(429, "busy"),
    error(500, "oops"),
    error(503, "loading"),
    Reaction(drop=True),
    Reaction(body="<html>bad gateway</html>"),
]


@pytest.mark.parametrize("fault", PASSING, ids=lambda one: str(one.status) + str(one.body)[:9])
def test_what_may_pass_is_tried_again(fault):
    with endpoint(lambda body, number: fault if number < 2 else completion(body)) as server:
        assert set(run([server], 1)) == {"p0"}
    assert server.prompts() == ["p0"] * 3


def test_a_slow_answer_is_given_up_and_asked_again():
    def react(body, number):
        return Reaction(body=completion(body).body, seconds=1.0 if number == 0 else 0.0)

    with endpoint(react) as server:
        assert set(run([server], 1, timeout_seconds=0.3)) == {"p0"}
    assert len(server.asked) == 2


def test_the_pause_that_the_server_asks_for_is_kept():
    busy = error(429, "busy", headers={"Retry-After": "1"})
    times = []

    def react(body, number):
        times.append(time.monotonic())
        return busy if number == 0 else completion(body)

    with endpoint(react) as server:
        run([server], 1)
    assert 1.0 <= times[1] - times[0] < 4.0


def test_a_pause_of_an_hour_is_told_not_waited_for():
    with endpoint(lambda *_: error(429, "busy", headers={"Retry-After": "3600"})) as server:
        message = failure(MachineError, [server], 1)
    assert "asks to wait 3600 s" in message
    assert len(server.asked) == 1


def test_a_dead_server_among_several_is_passed_over():
    class Nobody:
        url = f"http://127.0.0.1:{free_port()}/v1"

    with endpoint() as server:
        assert len(run([Nobody, server], 20)) == 20
    assert len(server.asked) == 20


def test_a_check_that_finds_the_server_dead_ends_the_attempts():
    class Nobody:
        url = f"http://127.0.0.1:{free_port()}/v1"

    def check():
        raise MachineError("the server has died")

    assert failure(MachineError, [Nobody], attempts=9, check=check) == "the server has died"


def test_what_is_in_flight_is_kept_when_another_request_fails():
    started = threading.Barrier(4)

    def react(body, number):
        started.wait(timeout=5)
        if body["messages"][-1]["content"] == "p0":
            return error(400, "no")
        return Reaction(body=completion(body).body, seconds=0.2)

    kept = []
    with endpoint(react) as server, contextlib.suppress(InputError):
        run_requests(
            [chat(n) for n in range(12)],
            endpoints(server),
            on_result=lambda request, _: kept.append(request.id),
            concurrency=4,
        )
    assert sorted(kept) == ["p1", "p2", "p3"]
    assert len(server.asked) == 4


def test_an_error_of_on_result_stops_the_run_and_reaches_the_caller():
    def keep(request, reply):
        raise OSError(28, "No space left on device")

    with endpoint() as server, pytest.raises(OSError, match="No space left"):
        run_requests([chat(n) for n in range(9)], endpoints(server), on_result=keep, concurrency=1)
    assert len(server.asked) == 1


def test_the_key_comes_from_the_environment_and_is_not_shown(monkeypatch):
    monkeypatch.setenv("SOME_KEY", KEY)
    assert key_from_environment("SOME_KEY", "params.yaml: teacher") == KEY
    assert KEY not in repr(Endpoints(("http://a/v1",), "m", KEY, "params.yaml: teacher"))
    monkeypatch.delenv("SOME_KEY")
    with pytest.raises(InputError, match="export SOME_KEY"):
        key_from_environment("SOME_KEY", "params.yaml: teacher")


@pytest.mark.parametrize("key", ["sk-one\ntwo", "sk-one\rtwo", "sk-öne", "sk one", "sk-\udce9"])
def test_a_key_that_no_header_can_carry_is_refused_unseen(monkeypatch, key):
    monkeypatch.setenv("SOME_KEY", key)
    with pytest.raises(InputError, match="beyond ASCII; export it again") as caught:
        key_from_environment("SOME_KEY", "params.yaml: teacher")
    message = str(caught.value)
    assert "\n" not in message
    assert key not in message
