"""Progress of a long loop: a bar in a terminal, now and then a plain line elsewhere."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from tqdm import tqdm

# Takes how many steps are done, of how many, and what is noted beside the count.
Watch = Callable[[int, int, str], None]
_watches: list[Watch] = []
_USUAL_COLUMNS = 80


@contextmanager
def watched(watch: Watch) -> Iterator[None]:
    """Tell `watch` of every step within the block, whoever counts it; it must return at once."""
    _watches.append(watch)
    try:
        yield
    finally:
        _watches.remove(watch)


def resumed(done: int, total: int) -> str:
    """What is said where a loop goes on from what an earlier process kept."""
    return f"resumed at {done} of {total}"


class Progress:
    """Counts steps on standard error; as a context manager it closes its bar.

    Where steps were `done` before, a line says that it goes on from there.
    """

    def __init__(
        self, label: str, *, total: int, done: int = 0, line_seconds: float = 30.0
    ) -> None:
        self._label, self._total, self._done = label, total, done
        self._line_seconds, self._last_line = line_seconds, time.monotonic()
        if done:
            print(f"{label}: {resumed(done, total)}", file=sys.stderr, flush=True)
        # A log would keep every redraw of a bar.
        terminal = sys.stderr.isatty()
        # tqdm draws nothing where a terminal does not know its size: 0 columns.
        unknown = terminal and not os.get_terminal_size(sys.stderr.fileno()).columns
        self._bar = tqdm(
            total=total,
            initial=done,
            desc=label,
            disable=not terminal,
            ncols=_USUAL_COLUMNS if unknown else None,
        )
        self._plain = not terminal
        self._tell("")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.close()

    def advance(self, note: str = "") -> None:
        """One more step; `note` is shown beside the count."""
        self._done += 1
        self._bar.set_postfix_str(note, refresh=False)
        self._bar.update()
        self._tell(note)
        late = time.monotonic() - self._last_line > self._line_seconds
        if self._plain and (late or self._done == self._total):
            share = 100 * self._done / self._total
            print(
                f"{self._label}: {self._done} of {self._total} ({share:.0f}%) {note}".rstrip(),
                file=sys.stderr,
                flush=True,
            )
            self._last_line = time.monotonic()

    def _tell(self, note: str) -> None:
        for watch in _watches:
            watch(self._done, self._total, note)
