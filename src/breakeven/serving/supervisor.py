"""Runs a command for as long as its own standard input is open: `python -I supervisor.py GRACE …`.

A server is started through this small process, which alone holds the reading end of a pipe. When
the process at the other end closes it, or ends in whatever way, SIGKILL included, the command gets
SIGTERM and after GRACE seconds SIGKILL, and so do all processes that it started. Nothing but the
standard library is used: this runs beside the server all the time.
"""

import os
import signal
import subprocess
import sys
import threading
import time


def run_supervised(command: list[str], grace_seconds: float) -> int:
    """Run the command until it ends or standard input does; its exit code, negative for a signal.

    The command leads a session of its own, so that what it starts can be ended with it.
    """
    early: list[int] = []
    # An exit while the command is being started would leave it behind: noted, and done below.
    signal.signal(signal.SIGTERM, lambda number, _: early.append(number))
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)  # noqa: S603
    try:
        signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
        if early:
            sys.exit(128 + early[0])
        # Reading blocks until the other end closes; this thread waits for the command meanwhile.
        threading.Thread(target=_end_with_input, args=(child, grace_seconds), daemon=True).start()
        return child.wait()
    finally:  # also when this process itself is asked to end
        _signal_group(child.pid, signal.SIGKILL)  # with workers that outlived their leader


def _end_with_input(child: "subprocess.Popen[bytes]", grace_seconds: float) -> None:
    while os.read(sys.stdin.fileno(), 1024):
        pass
    _signal_group(child.pid, signal.SIGTERM)
    deadline = time.monotonic() + grace_seconds
    while child.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    _signal_group(child.pid, signal.SIGKILL)


def _signal_group(group: int, number: int) -> None:
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return


def main() -> None:
    """Exit as the command does."""
    code = run_supervised(sys.argv[2:], float(sys.argv[1]))
    # A shell's way of telling a signal: an exit code has no sign.
    sys.exit(code if code >= 0 else 128 - code)


if __name__ == "__main__":
    main()
