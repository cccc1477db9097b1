"""Compares expressions with math-verify, one JSON line in and one out: `python -P … SECONDS BYTES`.

Runs as a process of its own, because neither a signal's handler nor a thread can end a comparison
that is deep in one multiplication of huge numbers. The alarm has no handler here: the kernel ends
the process, whatever it is at. Nothing of the project is imported.
"""

import json
import logging
import os
import resource
import signal
import sys
from typing import Any


def main() -> None:
    """Say `"ready"`, then answer every line `["target", "gold"]`: true, false, or null.

    Null is said of a target in which nothing is parsed.
    """
    limit_seconds, limit_bytes = float(sys.argv[1]), int(sys.argv[2])
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what libraries print is no reply
    from math_verify import parse, verify

    logging.disable(logging.CRITICAL)
    resource.setrlimit(resource.RLIMIT_AS, (limit_bytes, limit_bytes))
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    print(json.dumps("ready"), file=replies, flush=True)
    for line in sys.stdin:
        target, gold = json.loads(line)
        signal.setitimer(signal.ITIMER_REAL, limit_seconds)
        reply = _compared(parse, verify, target, gold)
        signal.setitimer(signal.ITIMER_REAL, 0)
        print(json.dumps(reply), file=replies, flush=True)


def _compared(parse: Any, verify: Any, target: str, gold: str) -> bool | None:  # noqa: ANN401
    """Whether both are equal; None where the target holds nothing that can be parsed."""
    try:
        said = parse(target, parsing_timeout=None)
        wanted = parse(gold, parsing_timeout=None)
        return bool(verify(wanted, said, timeout_seconds=None)) if said else None
    except (Exception, RecursionError, MemoryError):  # any answer may be junk to the library
        return False


if __name__ == "__main__":
    main()
