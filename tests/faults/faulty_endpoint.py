"""An OpenAI-compatible server that misbehaves as it is told, in a process of its own.

    with faulty_endpoint({"hang": 0.01, "error-500": 0.1}, seed=7) as server:
        ...  # server.url; server.seen() is how often each prompt was asked for

Connections are kept alive, as most servers keep them, and it says back which prompt it answers.
"""

import asyncio
import gzip
import json
import random
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
OVERSIZED_BYTES = 50 * 2**20
PAUSE_SECONDS = 0.05  # between two bytes, or a reply and its double


def chat(prompt, **more):
    message = {"role": "assistant", "content": f"answer to {prompt}"}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    usage = {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12}
    return {"object": "chat.completion", "choices": [choice], "usage": usage, **more}


def http(body, status=200, headers=(), length=None):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(data) if length is None else length}"]
    return "\r\n".join([*lines, *headers, "", ""]).encode() + data


class Client(NamedTuple):
    """Whom the server answers."""

    writer: asyncio.StreamWriter

    async def send(self, data, then_close=False):
        self.writer.write(data)
        await self.writer.drain()
        if then_close:
            self.writer.close()


async def hang(client, prompt):
    await asyncio.sleep(3600)


async def trickle(client, prompt):
    for byte in http(chat(prompt)):
        await client.send(bytes([byte]))
        await asyncio.sleep(PAUSE_SECONDS)


async def waits_for_ever(client, prompt):
    while True:
        await client.send(b"HTTP/1.1 102 Processing\r\n\r\n")
        await asyncio.sleep(PAUSE_SECONDS)


async def doubled_late(client, prompt):
    await client.send(http(chat(prompt)))
    await asyncio.sleep(PAUSE_SECONDS)
    await client.send(http(chat(prompt)))


async def oversized(client, prompt):
    piece = b"x" * 2**16
    head = http(b"", length=OVERSIZED_BYTES)
    await client.send(head)
    for _ in range(OVERSIZED_BYTES // len(piece)):
        await client.send(piece)


async def endless(client, prompt):
    await client.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        await client.send(b"10000\r\n" + b" " * 2**16 + b"\r\n")


async def endless_header(client, prompt):
    await client.send(b"HTTP/1.1 200 OK\r\n")
    for number in range(2**15):
        await client.send(b"X-%d: %s\r\n" % (number, b"x" * 1000))


_BOMB = gzip.compress(b" " * 2**28, compresslevel=1)[:-8] if "--bomb" in sys.argv else b""
_GZIP = ("Content-Encoding: gzip",)


def _sends(make, then_close=False):
    async def fault(client, prompt):
        await client.send(make(prompt), then_close)

    return fault


# What the server does in place of an answer. Those of the first table come back with an answer when
# they are asked again; those of the second are one.
FAULTS = {
    "error-500": _sends(lambda p: http({"error": {"message": "oops"}}, 500)),
    "busy-429": _sends(lambda p: http({"error": {"message": "busy"}}, 429, ("Retry-After: 0",))),
    "drop": _sends(lambda p: b"", then_close=True),
    "cut": _sends(lambda p: http(chat(p))[:-9], then_close=True),
    "hang": hang,
    "trickle": trickle,
    "waits-for-ever": waits_for_ever,
    "oversized": oversized,
    "endless": endless,
    "endless-header": endless_header,
    "gzip-bomb": _sends(lambda p: http(_BOMB, headers=_GZIP)),
    "no-gzip": _sends(lambda p: http(chat(p), headers=_GZIP)),
    "html": _sends(lambda p: http(b"<html>bad gateway")),
    "no-utf-8": _sends(
        lambda p: http(json.dumps(chat(p)).encode().replace(b"answer", b"\xff\xfe"))
    ),
    "no-http": _sends(lambda p: b"SSH-2.0-OpenSSH\r\n", then_close=True),
    "error-in-200": _sends(lambda p: http({"error": {"message": "busy", "code": 503}})),
    "gave-up": _sends(lambda p: http({"choices": [{"finish_reason": "abort"}]})),
}
ANSWERS = {
    "plain": _sends(lambda p: http(chat(p))),
    "compressed": _sends(lambda p: http(gzip.compress(json.dumps(chat(p)).encode()), 200, _GZIP)),
    "doubled": _sends(lambda p: http(chat(p)) * 2),
    "doubled-late": doubled_late,
    "with-stray-bytes": _sends(lambda p: http(chat(p)) + b"\r\n\0 more"),
    "with-another's": _sends(lambda p: http(chat(p)) + http(chat("somebody else"))),
}


class Plan(NamedTuple):
    """Which share of all requests meets which fault, at the first `times` times of a prompt."""

    seed: int
    shares: Mapping[str, float]
    times: int

    def fault(self, prompt, time):
        """The behaviour for the time that a prompt is asked for; the same in every run."""
        drawn = random.Random(f"{self.seed} {prompt} {time}").random()
        for name, share in self.shares.items():
            drawn -= share
            if drawn < 0 and (time < self.times or name in ANSWERS):
                return (FAULTS | ANSWERS)[name]
        return ANSWERS["plain"]


async def serve(plan):
    """Answer until the standard input ends."""
    seen: Counter[str] = Counter()

    async def exchange(reader, client):
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        if head.startswith("get"):
            await client.send(http(seen))
            return
        length = int(head.partition("content-length:")[2].split("\r\n")[0])
        prompt = json.loads(await reader.readexactly(length))["messages"][-1]["content"]
        seen[prompt] += 1
        await plan.fault(prompt, seen[prompt] - 1)(client, prompt)

    async def connection(reader, writer):
        with suppress(OSError, asyncio.IncompleteReadError):
            while not writer.is_closing():
                await exchange(reader, Client(writer))
        writer.close()

    server = await asyncio.start_server(connection, "127.0.0.1", 0, backlog=512)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)


class Running(NamedTuple):
    """A server that answers."""

    url: str

    def seen(self):
        with urllib.request.urlopen(f"{self.url}/seen", timeout=30) as reply:
            return json.load(reply)


@contextmanager
def faulty_endpoint(
    shares: Mapping[str, float], *, seed: int = 0, times: int = 10**9
) -> Iterator[Running]:
    """The server, for as long as the block takes."""
    plan = json.dumps([seed, dict(shares), times])
    command = [sys.executable, "-m", "tests.faults.faulty_endpoint", plan]
    if "gzip-bomb" in shares:
        command.append("--bomb")
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield Running(f"http://127.0.0.1:{process.stdout.readline().strip()}/v1")
        finally:
            process.kill()


if __name__ == "__main__":
    asyncio.run(serve(Plan(*json.loads(sys.argv[1]))))
