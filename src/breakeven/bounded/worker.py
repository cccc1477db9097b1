"""Answers every JSON line with what the function that MODULE:LOADED() returns says of it.

    python -P -m breakeven.bounded.worker MODULE:LOADED SECONDS BYTES

A process of its own, because neither a signal's handler nor a thread can end what is deep in one
multiplication of huge numbers: the alarms have no handler here, so that the kernel ends the
process, whatever it is at. SECONDS are of the processor, so that a busy machine grades as an idle
one; those of the clock are bounded by a multiple, against what sleeps.
"""

import importlib
import json
import logging
import os
import resource
import signal
import sys
from collections.abc import Callable
from typing import Any

_CLOCK = 20  # seconds of the clock for one of the processor
_WRITING = os.O_ACCMODE | os.O_CREAT | os.O_TRUNC | os.O_APPEND
# Python's audit events (docs.python.org/3/library/audit_events.html) that reach out of the process.
_REFUSED = ("subprocess.", "socket.", "shutil.", "os.", "pty.", "urllib.", "ftplib.", "winreg.")
_ALLOWED = frozenset({"os.listdir", "os.scandir", "os.walk", "os.fwalk", "os.add_dll_directory"})


def main() -> None:
    """Say `"ready"`, then answer every line until there are no more."""
    module, _, name = sys.argv[1].partition(":")
    limit_seconds, limit_bytes = float(sys.argv[2]), int(sys.argv[3])
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what libraries print is no reply
    # Before limits and guard: libraries open, write and map what they like while they are loaded.
    function: Callable[..., Any] = getattr(importlib.import_module(module), name)()
    logging.disable(logging.CRITICAL)
    resource.setrlimit(resource.RLIMIT_AS, (limit_bytes, limit_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for alarm in (signal.SIGALRM, signal.SIGPROF):
        signal.signal(alarm, signal.SIG_DFL)
    sys.addaudithook(_guard)
    print(json.dumps("ready"), file=replies, flush=True)
    for line in sys.stdin:
        question = json.loads(line)
        _alarm(limit_seconds)
        reply = function(*question)
        _alarm(0)
        print(json.dumps(reply), file=replies, flush=True)


def _alarm(seconds: float) -> None:
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.setitimer(signal.ITIMER_REAL, seconds * _CLOCK)


def _guard(event: str, arguments: tuple[Any, ...]) -> None:
    """Refuse what would change anything outside of this process; reading modules is allowed."""
    if event == "open":
        if arguments[2] & _WRITING:
            raise PermissionError("nothing is written here")
    elif event.startswith(_REFUSED) and event not in _ALLOWED:
        raise PermissionError(f"{event} is not allowed here")


if __name__ == "__main__":
    main()
