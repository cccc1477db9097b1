"""What a client says of servers that refuse, break off or are not there."""

import contextlib
import socketserver
import threading

import pytest
from tests.serving.asking import failure, free_port
from tests.serving.endpoint import KEY, Reaction, endpoint, error

from breakeven.core.errors import InputError, MachineError

pytestmark = pytest.mark.usefixtures("short_waits")


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
