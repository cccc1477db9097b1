"""The client: nothing lost, nothing asked in vain, and errors that a person can act on."""

import contextlib
import socket
import socketserver
import threading
import time

import pytest
from tests.serving.endpoint import KEY, Reaction, completion, endpoint, error

from breakeven.core.errors import BreakevenError, InputError, MachineError
from breakeven.serving import client as module
from breakeven.serving.client import Endpoints, key_from_environment, run_requests
from breakeven.serving.request import Request


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch):
    monkeypatch.setattr(module, "_FIRST_WAIT_SECONDS", 0.01)


def endpoints(*servers, model="teacher", key=KEY, check=None):
    return Endpoints(tuple(one.url for one in servers), model, key, "params.yaml: teacher", check)


def chat(number, **more):
    body = {"messages": [{"role": "user", "content": f"p{number}"}], **more}
    return Request(f"p{number}", body)


def run(servers, count=8, *, concurrency=4, attempts=4, timeout_seconds=5.0, **where):
    """Ask for p0, p1…; what came back by id."""
    kept = {}

    def keep(request, reply):
        kept[request.id] = reply

    requests = [chat(number) for number in range(count)]
    run_requests(
        requests,
        endpoints(*servers, **where),
        on_result=keep,
        concurrency=concurrency,
        attempts=attempts,
        timeout_seconds=timeout_seconds,
    )
    return kept


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


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


def failure(kind, servers, count=1, **how):
    """The one line of the error."""
    with pytest.raises(BreakevenError) as caught:
        run(servers, count, **how)
    assert type(caught.value) is kind
    message = str(caught.value)
    assert "\n" not in message
    assert KEY not in message
    return message


def test_a_wrong_key_is_told_at_once_without_the_key():
    with endpoint() as server:
        message = failure(InputError, [server], 8, concurrency=1, key="sk-wrong")
    assert "refuses the key (401)" in message
    assert "params.yaml: teacher.key_variable" in message
    assert "sk-wrong" not in message
    assert len(server.asked) == 1


def test_an_unknown_model_is_told_with_the_models_that_are_served():
    with endpoint(models=("qwen-7b", "qwen-14b")) as server:
        message = failure(InputError, [server], model="qwen-7")
    assert "params.yaml: teacher.model: 'qwen-7' is not served" in message
    assert "did you mean 'qwen-7b'? allowed: qwen-14b, qwen-7b" in message


def test_a_base_url_that_leads_nowhere_is_told():
    with endpoint() as server:
        server.url = server.url.removesuffix("/v1") + "/elsewhere"
        server.models = ()
        message = failure(InputError, [server])
    assert "'teacher' is not served" in message or "it often ends in /v1" in message


CONTEXT = [
    (
        "This model's maximum context length is 64 tokens. However, you requested 32 output tokens "
        "and your prompt contains at least 40 input tokens",
        None,
    ),
    ("too long: 72 of 64", "context_length_exceeded"),
    ("The decoder prompt (length 72) is longer than the maximum model length of 64.", None),
]


@pytest.mark.parametrize(("told", "code"), CONTEXT)
def test_a_context_that_is_too_small_is_told_with_the_lengths(told, code):
    with endpoint(lambda *_: error(400, told, code)) as server:
        message = failure(InputError, [server])
    assert "p0 do not fit the context of teacher" in message
    assert "64" in message
    assert len(server.asked) == 1


@pytest.mark.parametrize("status", [400, 403, 422])
def test_a_refused_request_is_not_sent_again(status):
    with endpoint(lambda *_: error(status, "no such thing")) as server:
        message = failure(InputError, [server])
    assert f"{status} for p0: no such thing" in message
    assert len(server.asked) == 1


def test_a_spent_quota_is_not_waited_for():
    with endpoint(lambda *_: error(429, "pay first", "insufficient_quota")) as server:
        assert "quota is spent" in failure(MachineError, [server])
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (error(429, "busy"), "too busy (429), tried 3 times"),
        (error(502, f"bad\n gateway {KEY}"), "502 for p0, tried 3 times: bad gateway …"),
        (Reaction(drop=True), "hung up before its reply was whole (Server disconnected"),
        (Reaction(body="<html>"), "the reply is no JSON"),
    ],
)
def test_what_does_not_pass_is_told_after_the_last_attempt(fault, words):
    with endpoint(lambda *_: fault) as server:
        assert words in failure(MachineError, [server], attempts=3)
    assert len(server.asked) == 3


def test_a_server_that_is_not_there_is_told():
    class Nobody:
        url = f"http://127.0.0.1:{free_port()}/v1"

    message = failure(MachineError, [Nobody], attempts=2)
    assert f"{Nobody.url}: the server cannot be reached" in message
    assert "tried 2 times" in message


@contextlib.contextmanager
def says(words):
    """Whatever is asked, a server sends these bytes and hangs up."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            self.request.recv(65536)
            self.request.sendall(words)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        url = property(lambda self: f"http://127.0.0.1:{self.server_address[1]}/v1")

    with Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


OK = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", "the server answered, but not in HTTP (illegal status"),
        # A TLS server refuses what is no TLS so.
        (b"\x15\x03\x01\x00\x02\x02\x16\r\n\r\n", "the server answered, but not in HTTP ("),
        (OK + b"Content-Length: many\r\n\r\n{}", "the server answered, but not in HTTP ("),
        (OK + b"Content-Length: 90\r\n\r\n{}", "the server hung up before its reply was whole ("),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n9\r\n{", "the server hung up before its reply"),
        (OK + b"Content-Le", "the server hung up before its reply was whole ("),
    ],
    ids=["ssh", "alert", "no length", "cut", "cut chunk", "cut header"],
)
def test_a_server_that_breaks_off_or_speaks_no_http_is_not_said_to_be_away(words, told):
    with says(words) as server:
        message = failure(MachineError, [server], attempts=2)
    assert message.startswith(f"{server.url}: {told}")
    assert message.endswith("correct its address (http or https, port) in params.yaml: teacher")
    assert message.isprintable()


def test_a_server_that_speaks_no_tls_is_told():
    with endpoint() as server:
        server.url = server.url.replace("http:", "https:")
        message = failure(MachineError, [server], attempts=2)
    assert message.startswith(f"{server.url}: the server was reached, but not by TLS ([SSL")


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
