"""Equality of expressions by math-verify, within a time limit that holds in any thread.

    equal = verifier(5.0).equal("x + 1", "1 + x")

The comparing is done in a child process (`verify_worker.py`), begun at the first expression that
needs it and begun again after one that took too long.
"""

import atexit
import contextlib
import functools
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

from breakeven.errors import MachineError

_WORKER = Path(__file__).with_name("verify_worker.py")
# More than any comparison of an answer needs, and less than what would take a machine down.
_MEMORY_BYTES = 4 * 1024**3


class Verifier:
    """One child process at a time; `compared` and `given_up` count what was asked of it."""

    def __init__(self, limit_seconds: float) -> None:
        self._limit_seconds = limit_seconds
        self._child: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()
        self._known: dict[tuple[str, str], bool | None] = {}
        self.compared = self.given_up = 0

    def equal(self, said: str, wanted: str) -> bool | None:
        """Whether two expressions are equal; None where `said` is none.

        What takes longer than the limit, or more memory than an answer can be worth, is not equal.
        """
        pair = f"${said}$", f"${wanted}$"
        with self._lock:
            if pair not in self._known:
                self._known[pair] = self._ask(pair)
            return self._known[pair]

    def close(self) -> None:
        """End the child process, if there is one."""
        with self._lock:
            self._end()

    def _ask(self, pair: tuple[str, str]) -> bool | None:
        """The child's reply; one that died early, as at the hands of a person, is asked again."""
        self.compared += 1
        for _ in range(2):
            started = time.monotonic()
            reply = self._reply(pair)
            if reply:
                answer: bool | None = json.loads(reply)
                return answer
            if time.monotonic() - started >= self._limit_seconds:
                break
        self.given_up += 1
        return False

    def _reply(self, pair: tuple[str, str]) -> str:
        """The line that the child answers; empty where it died of the question."""
        child = self._child or self._begin()
        reply = ""
        try:
            with contextlib.suppress(BrokenPipeError):
                reply = _exchanged(child, pair)
        finally:
            # An interrupt between a question and its reply would pair the next ones wrongly.
            if not reply.endswith("\n"):
                reply = ""
                self._end()
        return reply

    def _begin(self) -> "subprocess.Popen[str]":
        # -P: the folder of the script has modules named as some of the standard library.
        command = [sys.executable, "-P", str(_WORKER), str(self._limit_seconds), str(_MEMORY_BYTES)]
        self._child = subprocess.Popen(  # noqa: S603
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
        )
        assert self._child.stdout is not None
        if not self._child.stdout.readline():
            self._end()
            raise MachineError(
                "math-verify does not start; `python -c 'import math_verify'` shows why"
            )
        return self._child

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.kill()
            with contextlib.suppress(BrokenPipeError), child:  # closes its pipes and waits for it
                pass


def _exchanged(child: "subprocess.Popen[str]", pair: tuple[str, str]) -> str:
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(json.dumps(pair) + "\n")
    child.stdin.flush()
    return child.stdout.readline()


def verifier(limit_seconds: float) -> Verifier:
    """The verifier of this process with this limit; after a fork each side has its own."""
    return _verifier(limit_seconds, os.getpid())


@functools.cache
def _verifier(limit_seconds: float, process: int) -> Verifier:
    made = Verifier(limit_seconds)
    atexit.register(made.close)
    return made
