"""Equality of expressions by sympy, within a time limit that holds in any thread.

    AnswerAlgebra(5.0).equal(said, wanted)     # trees, as `expressions` reads them

The comparing is done in a child process (`breakeven.bounded`).
"""

import atexit
import functools
import json
import os

from breakeven.bounded.child import GAVE_UP, Child
from breakeven.grading.maths.symbolic import comparer
from breakeven.grading.maths.tree import Tree, to_json


class Algebra:
    """A child process and what it said; `compared` and `given_up` count what was asked of it."""

    def __init__(self, limit_seconds: float) -> None:
        self.child = Child(comparer, limit_seconds=limit_seconds, what="sympy")
        self._limit_seconds = limit_seconds
        self._replies: dict[str, tuple[bool | None, float]] = {}

    @property
    def compared(self) -> int:
        """How many different pairs were compared."""
        return self.child.asked

    @property
    def given_up(self) -> int:
        """How many of them took more time or memory than an answer can be worth."""
        return self.child.given_up

    def close(self) -> None:
        """End the child process, if there is one."""
        self.child.close()

    def ask(
        self, question: str, said: Tree, wanted: Tree, tolerance: float
    ) -> tuple[bool | None, float]:
        """The reply to a question, and the seconds of the processor that it took.

        What takes longer than the limit, or more memory than an answer can be worth, is False.
        """
        asked = question, to_json(said), to_json(wanted), tolerance
        # The same pair comes again with every sample and student, and sympy takes 8 ms for it.
        key = json.dumps(asked)
        if key not in self._replies:
            reply = self.child.ask(*asked)
            self._replies[key] = (False, self._limit_seconds) if reply is GAVE_UP else tuple(reply)
        return self._replies[key]


class AnswerAlgebra:
    """What one answer asks of algebra: no more than the limit in all."""

    def __init__(self, limit_seconds: float) -> None:
        self._limit_seconds, self._used_seconds = limit_seconds, 0.0

    def equal(self, said: Tree, wanted: Tree, tolerance: float = 0.0) -> bool | None:
        """Whether two expressions have one value; None where that cannot be told.

        Numbers may be off by `tolerance`, a share of the wanted one. Once the answer has had its
        time, nothing more is equal.
        """
        return self._ask("equal", said, wanted, tolerance)

    def proportional(self, said: Tree, wanted: Tree) -> bool | None:
        """Whether two expressions are zero together, one being a number times the other."""
        return self._ask("proportional", said, wanted, 0.0)

    def _ask(self, question: str, said: Tree, wanted: Tree, tolerance: float) -> bool | None:
        # An answer may have several readings, each with items to compare: they share one limit.
        if self._used_seconds >= self._limit_seconds:
            return False
        of = algebra(self._limit_seconds)
        verdict, seconds = of.ask(question, said, wanted, tolerance)
        self._used_seconds += seconds
        return verdict


def algebra(limit_seconds: float) -> Algebra:
    """The algebra of this process with this limit; after a fork each side has its own."""
    return _algebra(limit_seconds, os.getpid())


@functools.cache
def _algebra(limit_seconds: float, process: int) -> Algebra:
    # `process` is in the key alone: a forked child must not talk into its parent's pipe.
    made = Algebra(limit_seconds)
    atexit.register(made.close)
    return made
