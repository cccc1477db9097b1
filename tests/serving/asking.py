"""Requests to servers of the tests, their replies, and the line of what failed."""

import socket

import pytest
from tests.serving.endpoint import KEY

from breakeven.core.errors import BreakevenError
from breakeven.serving.client import Endpoints, run_requests
from breakeven.serving.request import Request


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


def failure(kind, servers, count=1, **how):
    """The one line of the error."""
    with pytest.raises(BreakevenError) as caught:
        run(servers, count, **how)
    assert type(caught.value) is kind
    message = str(caught.value)
    assert "\n" not in message
    assert KEY not in message
    return message
