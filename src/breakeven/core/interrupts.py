"""Interrupts that a person or a scheduler sends: what they end ends well.

Ctrl-C raises KeyboardInterrupt; what schedulers send, SIGTERM, does here as well, so that whatever
tidies up after the one does after the other.
"""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


class Terminated(KeyboardInterrupt):
    """SIGTERM has come."""


@contextmanager
def terminated_as_interrupted() -> Iterator[None]:
    """While the block runs, SIGTERM raises `Terminated` in the main thread."""
    if not _in_main_thread():
        yield
        return

    def end(_number: int, _frame: FrameType | None) -> None:
        raise Terminated

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def interrupted_afterwards() -> Iterator[None]:
    """An interrupt that comes while the block runs is raised at its end: it is not to be half done.

    A second one of a person who does not want to wait comes at once.
    """
    if not _in_main_thread():
        yield
        return
    # What a handler in C, or none at all, does is not put off.
    handlers: dict[int, Callable[[int, FrameType | None], object]] = {}
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGUSR2):
        handler = signal.getsignal(number)
        if callable(handler):
            handlers[number] = handler
    come: list[tuple[int, FrameType | None]] = []

    def note(number: int, frame: FrameType | None) -> None:
        if come:
            handlers[number](number, frame)
        come.append((number, frame))

    for one in handlers:
        signal.signal(one, note)
    try:
        yield
    finally:
        for one, handler in handlers.items():
            signal.signal(one, handler)
    for one, frame in come[:1]:
        handlers[one](one, frame)


def end_with(parent: int) -> None:
    """End this process when the one that started it is gone: a killed run leaves nothing behind."""
    while os.getppid() == parent:
        time.sleep(1.0)
    os._exit(1)


def _in_main_thread() -> bool:
    # Elsewhere no handler can be set, and no interrupt arrives.
    return threading.current_thread() is threading.main_thread()
