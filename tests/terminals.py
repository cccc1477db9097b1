"""A terminal of a given width for a command to write to."""

import fcntl
import os
import pty
import struct
import subprocess
import termios
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path


def told_in_terminal(
    command: Sequence[str | Path],
    columns: int,
    *,
    stream: str = "stdout",
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> str:
    """All that a command writes to one of its streams, which is a terminal of so many columns."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    written = bytearray()

    def read() -> None:
        try:
            while piece := os.read(ours, 65536):
                written.extend(piece)
        except OSError:  # how the end of a terminal's output reads
            pass

    reader = threading.Thread(target=read)
    reader.start()
    try:
        subprocess.run(
            command, **{stream: theirs}, cwd=folder, env=environment, check=True, timeout=60
        )
    finally:
        os.close(theirs)
        reader.join()
        os.close(ours)
    return written.decode().replace("\r\n", "\n")
