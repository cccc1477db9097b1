"""A child process that answers one JSON line with another, for work on what a stranger wrote.

    child = Child(comparer, limit_seconds=5.0, what="sympy")
    child.ask("equal", to_json(said), to_json(wanted), 0.0)

A model's answer may hang a library, fill the memory or be code. The child has limits on both, gets
none of our environment's keys, and may not write, start programs or open connections (`worker.py`).
It is begun at the first question and begun again after one that took too much.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Any, Final

from breakeven.bounded import worker
from breakeven.core.errors import MachineError

# More than any answer needs, and less than what would take a machine down.
_MEMORY_BYTES = 4 * 1024**3
# What an interpreter needs to start and to read text alike; keys and tokens are not among it.
_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "LD_LIBRARY_PATH", "SYSTEMROOT", "TZ")
# A process that a signal ended has its number, negative, as its return code.
_LIMITS = (-signal.SIGPROF, -signal.SIGALRM)


class _Reply(Enum):
    GAVE_UP = "gave up"


GAVE_UP: Final = _Reply.GAVE_UP


class Child:
    """One child process at a time; `asked` and `given_up` count what was asked of it."""

    def __init__(
        self, loaded: Callable[[], Callable[..., Any]], *, limit_seconds: float, what: str
    ) -> None:
        """`loaded` loads libraries, in the child, and returns the function that is asked there.

        Questions and replies are JSON values. `what` is named where the child does not start.
        """
        self._loaded, self._what = f"{loaded.__module__}:{loaded.__qualname__}", what
        self._limit_seconds = limit_seconds
        self._process: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()
        self.asked = self.given_up = 0

    def ask(self, *question: Any) -> Any:  # noqa: ANN401 - whatever JSON holds
        """The function's reply; `GAVE_UP` where it took more time or memory than it may.

        A child that died early, as at the hands of a person, is asked again.

        Raises:
            MachineError: the child does not start.
        """
        line = json.dumps(question)
        with self._lock:
            self.asked += 1
            # Once more for a child that somebody ended: only what a limit ended was the question's
            # fault.
            for _ in range(2):
                reply, ended = self._reply(line)
                if reply:
                    return json.loads(reply)
                if ended in _LIMITS:
                    break
            self.given_up += 1
        return GAVE_UP

    def close(self) -> None:
        """End the child process, if there is one."""
        with self._lock:
            self._end()

    def _reply(self, line: str) -> tuple[str, int | None]:
        """The line that the child answers; where it died of the question, none and how it ended."""
        process = self._process or self._begin()
        assert process.stdin is not None
        assert process.stdout is not None
        reply = ""
        try:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.write(line + "\n")
                process.stdin.flush()
                reply = process.stdout.readline()
        except BaseException:
            self._end()  # an interrupt here would pair the next questions wrongly
            raise
        return (reply, None) if reply.endswith("\n") else ("", self._end(patience=1.0))

    def _begin(self) -> "subprocess.Popen[str]":
        limits = [str(self._limit_seconds), str(_MEMORY_BYTES)]
        # -P: no folder but those of the path is looked into for modules.
        command = [sys.executable, "-P", "-m", worker.__name__, self._loaded, *limits]
        self._process = subprocess.Popen(  # noqa: S603
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
            env=_environment(),
        )
        assert self._process.stdout is not None
        if not self._process.stdout.readline():
            self._end()
            module, _, name = self._loaded.partition(":")
            raise MachineError(
                f"{self._what} does not start; "
                f"`python -c 'from {module} import {name}; {name}()'` shows why"
            )
        return self._process

    def _end(self, patience: float = 0.0) -> int:
        """End the process, which may be ending by itself; its return code, 0 without one."""
        process, self._process = self._process, None
        if process is None:
            return 0
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=patience)
        process.kill()
        with contextlib.suppress(BrokenPipeError), process:  # closes its pipes and waits for it
            pass
        return process.wait()


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    folders = [str(Path(folder).resolve()) for folder in sys.path if folder]
    return {
        **kept,
        "PYTHONPATH": os.pathsep.join(folders),
        # One order of sets, so that what is asked twice is answered alike; and no compiled files,
        # for the guard refuses to write.
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
