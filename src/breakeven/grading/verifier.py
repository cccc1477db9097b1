"""Equality of expressions by math-verify, within a time limit that holds in any thread.

equal = verifier(5.0).equal("x + 1", "1 + x")

The comparing is done in a child process (`breakeven.bounded`).
"""

import atexit
import functools
import os

from breakeven.bounded.child import GAVE_UP, Child
from breakeven.grading.comparing import comparer


class Verifier:
    """A child process and what it said; `compared` and `given_up` count what was asked of it."""

    def __init__(self, limit_seconds: float) -> None:
        self.child = Child(comparer, limit_seconds=limit_seconds, what="math-verify")
        self._known: dict[tuple[str, str], bool | None] = {}

    @property
    def compared(self) -> int:
        """How many different pairs were compared."""
        return self.child.asked

    @property
    def given_up(self) -> int:
        """How many of them took more time or memory than an answer can be worth."""
        return self.child.given_up

    def equal(self, said: str, wanted: str) -> bool | None:
        """Whether two expressions are equal; None where `said` is none.

        What takes longer than the limit, or more memory than an answer can be worth, is not equal.
        """
        pair = f"${said}$", f"${wanted}$"
        if pair not in self._known:
            reply = self.child.ask(*pair)
            self._known[pair] = False if reply is GAVE_UP else reply
        return self._known[pair]

    def close(self) -> None:
        """End the child process, if there is one."""
        self.child.close()


def verifier(limit_seconds: float) -> Verifier:
    """The verifier of this process with this limit; after a fork each side has its own."""
    return _verifier(limit_seconds, os.getpid())


@functools.cache
def _verifier(limit_seconds: float, process: int) -> Verifier:
    made = Verifier(limit_seconds)
    atexit.register(made.close)
    return made
