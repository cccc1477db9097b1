"""An asynchronous client for OpenAI-compatible endpoints: many requests, none of them lost.

    endpoints = Endpoints(("http://127.0.0.1:8000/v1",), "qwen", key, "params.yaml: teacher")
    run_requests([Request("p1", {"messages": [...]})], endpoints, on_result=keep)

A worker hands each reply to `on_result`, and waits until it is settled on the disk, before it asks
for the next. What may pass (429, 5xx,
time-outs, dropped connections) is tried again; what cannot is raised as one line, once the requests
in flight have come back and been handed over.
"""

import asyncio
import itertools
import os
import random
import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception

from breakeven.core.errors import BreakevenError, InputError
from breakeven.serving.chat_replies import UnreadableReplyError
from breakeven.serving.exchange import Channel, ServerUnreachableError, StatusError
from breakeven.serving.failures import (
    Endpoint,
    check_completion,
    final_error,
    may_pass,
    read_json_reply,
    unreadable_error,
)
from breakeven.serving.request import Request

_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS = 1.0, 60.0


@dataclass(frozen=True)
class Endpoints:
    """Servers of one model that stand in for each other.

    `key_name` is the section of params.yaml that errors point at. `check` is asked before a lost
    connection is tried again and raises where that is hopeless, such as a server that has died.
    """

    base_urls: tuple[str, ...]
    model: str
    key: str = field(repr=False)
    key_name: str
    check: Callable[[], None] | None = None


# A request and the JSON of the server's reply.
OnResult = Callable[[Request, dict[str, Any]], None]
# Puts what `on_result` was given where a loss of power does not reach it; may block.
Settle = Callable[[], None]


def key_from_environment(variable: str, key_name: str) -> str:
    """The key in an environment variable; raises InputError where it holds none, not showing it."""
    key = os.environ.get(variable, "").strip()
    # A header holds nothing else, and what refuses it shows it.
    if not re.fullmatch("[!-~]*", key):
        raise InputError(
            f"{key_name}.key_variable: value is {variable!r}: what that variable holds is no key: "
            "it has a line break, a space or a letter beyond ASCII; export it again"
        )
    if not key:
        raise InputError(
            f"{key_name}.key_variable: value is {variable!r}: the environment has no such "
            f"variable; run `export {variable}=…` (any word where the server wants no key)"
        )
    return key


def run_requests(
    requests: Iterable[Request],
    endpoints: Endpoints,
    *,
    on_result: OnResult,
    settle: Settle | None = None,
    concurrency: int = 32,
    attempts: int = 6,
    timeout_seconds: float = 600.0,
    first_alone: bool = False,
) -> None:
    """Send every request, at most `concurrency` at a time, and hand every reply to `on_result`.

    Requests are drawn as workers become free and go to the server with the fewest in flight. The
    first that fails for good ends the run: no other is begun, those in flight are waited for. An
    `on_result` that raises UnreadableReplyError ends it too; with `first_alone` it sees the first
    reply before anything else is asked and paid for.

    `settle` is called in a thread, once for all replies that came while it was last at work: a disk
    takes as long for one line as for thirty, and holds up no other exchange.

    Raises:
        InputError: wrong key, unknown model, a context that is too small, a refused request.
        MachineError: no server can be reached, they stay busy or broken for all `attempts`, or a
            reply is not understood.
    """
    run = _Run(iter(requests), endpoints, on_result, attempts, _Settling(settle))
    asyncio.run(run.all(concurrency, timeout_seconds, first_alone=first_alone))
    if run.failure is not None:
        raise run.failure


class _Server:
    """One base URL: what it has in flight, and until when it rests after a lost connection."""

    def __init__(self, endpoint: Endpoint, channel: Channel) -> None:
        self.endpoint, self.channel = endpoint, channel
        self.in_flight = self.sent = self.lost_in_a_row = 0
        self.rests_until = 0.0

    def load(self, now: float) -> tuple[float, int, int]:
        """Sorts the servers: those that answer first, then the idlest, then the least used."""
        return max(0.0, self.rests_until - now), self.in_flight, self.sent

    def note(self, lost: bool) -> None:
        """A server that lost a connection rests, or it would draw all requests by being idle."""
        self.lost_in_a_row = self.lost_in_a_row + 1 if lost else 0
        pause = min(2.0**self.lost_in_a_row, _LONGEST_WAIT_SECONDS) if lost else 0.0
        self.rests_until = time.monotonic() + pause


class _Settling:
    """Has replies settled, as many at a time as have come."""

    def __init__(self, settle: Settle | None) -> None:
        self._settle = settle
        self._taken = self._settled = 0
        self._lock = asyncio.Lock()

    async def reply(self) -> None:
        """Return when the reply that has just been handed over is settled."""
        if self._settle is None:
            return
        self._taken += 1
        own = self._taken
        async with self._lock:
            if own <= self._settled:
                return  # with another one's
            upto = self._taken
            await asyncio.to_thread(self._settle)
            self._settled = upto


class _Run:
    """The state of one `run_requests`."""

    def __init__(
        self,
        requests: Iterator[Request],
        endpoints: Endpoints,
        on_result: OnResult,
        attempts: int,
        settling: _Settling,
    ) -> None:
        self.requests, self.endpoints, self.on_result = requests, endpoints, on_result
        self.attempts, self.settling = attempts, settling
        self.servers: list[_Server] = []
        self.failure: BaseException | None = None
        self.ending = asyncio.Event()

    async def all(self, concurrency: int, timeout_seconds: float, *, first_alone: bool) -> None:
        async with AsyncExitStack() as stack:
            for url in self.endpoints.base_urls:
                endpoint = Endpoint(
                    url, self.endpoints.model, self.endpoints.key, self.endpoints.key_name
                )
                channel = Channel(
                    url, self.endpoints.key, concurrency=concurrency, seconds=timeout_seconds
                )
                self.servers.append(_Server(endpoint, await stack.enter_async_context(channel)))
            # With all in flight, a server whose replies cannot be read was paid for each of them.
            if first_alone:
                await self._work(most=1)
            await asyncio.gather(*(self._work() for _ in range(concurrency)))

    async def _work(self, most: int | None = None) -> None:
        """One worker: ask, hand over, ask for the next, until none is left or one has failed."""
        try:
            for _ in itertools.count() if most is None else range(most):
                # An iterator shared by the workers of one thread: nothing awaits between two draws.
                request = None if self.ending.is_set() else next(self.requests, None)
                if request is None:
                    return
                reply = await self._answered(request)
                if reply is not None:
                    self._hand_over(request, *reply)
                    await self.settling.reply()
        except Exception as error:
            if not self.ending.is_set():  # the first is the caller's; what follows is its echo
                self.failure = error
            self.ending.set()

    def _hand_over(self, request: Request, reply: dict[str, Any], endpoint: Endpoint) -> None:
        try:
            self.on_result(request, reply)
        except UnreadableReplyError as error:
            raise unreadable_error(error, endpoint, request) from error

    async def _answered(self, request: Request) -> tuple[dict[str, Any], Endpoint] | None:
        """The reply and its server, after as many attempts as it takes; None where another
        request's failure ended the run while this one waited to be tried again."""
        last: list[_Server] = []
        retrying = AsyncRetrying(
            retry=retry_if_exception(may_pass),
            stop=self._is_over,
            wait=_wait_seconds,
            sleep=self._sleep,
            reraise=True,
        )
        try:
            reply: dict[str, Any] = await retrying(self._attempt, request, last)
            return reply, last[-1].endpoint
        except BreakevenError:
            raise
        except Exception as error:
            if self.ending.is_set() and may_pass(error):
                return None
            endpoint, channel = last[-1].endpoint, last[-1].channel
            raise await final_error(error, endpoint, request, channel, self.attempts) from error

    async def _attempt(self, request: Request, last: list[_Server]) -> dict[str, Any]:
        server = self._server(last)
        last[:] = [server]  # a list, since tenacity passes the same arguments to every attempt
        server.in_flight += 1
        server.sent += 1
        try:
            reply = await _reply_to(server.channel, request, self.endpoints.model)
        except Exception as error:
            lost = isinstance(error, ServerUnreachableError)
            server.note(lost)
            # Before another attempt: a server of ours that has died says why in its log.
            if lost and self.endpoints.check is not None:
                self.endpoints.check()
            raise
        finally:
            server.in_flight -= 1
        server.note(lost=False)
        return reply

    def _server(self, last: list[_Server]) -> _Server:
        """Another server than the one that has just failed, where there is another."""
        now = time.monotonic()
        others = [server for server in self.servers if server not in last]
        return min(others or self.servers, key=lambda server: server.load(now))

    def _is_over(self, state: RetryCallState) -> bool:
        return self.ending.is_set() or state.attempt_number >= self.attempts

    async def _sleep(self, seconds: float) -> None:
        """Wait, but no longer than the run lasts."""
        try:
            await asyncio.wait_for(self.ending.wait(), seconds)
        except TimeoutError:
            return


async def _reply_to(channel: Channel, request: Request, model: str) -> dict[str, Any]:
    path = "/chat/completions" if "messages" in request.body else "/completions"
    text = await channel.post(path, {"model": model, **request.body}, request.most_reply_bytes)
    reply = read_json_reply(text)
    check_completion(reply, text)
    return dict(reply)


def _wait_seconds(state: RetryCallState) -> float:
    """What the server asks for, else a time that doubles; a random part keeps workers apart."""
    error = state.outcome.exception() if state.outcome else None
    asked = error.retry_after_seconds if isinstance(error, StatusError) else None
    backoff = min(_FIRST_WAIT_SECONDS * 2 ** (state.attempt_number - 1), _LONGEST_WAIT_SECONDS)
    spread = random.random()  # noqa: S311
    return backoff * (1 + spread) / 2 if asked is None else asked + spread
