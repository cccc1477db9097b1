"""A completion's text in parts: the trace between its think marks, and the answer after it."""

import re

from breakeven.errors import InputError
from breakeven.pairs.pair import THINK_CLOSE, THINK_OPEN

_EXACT = re.compile(rf"{THINK_OPEN}\n(.*?)\n{THINK_CLOSE}\n\n(.*)", re.DOTALL)
_LOOSE = re.compile(rf"\s*{THINK_OPEN}(.*?){THINK_CLOSE}(.*)", re.DOTALL)


def part_trace(reasoning: str) -> tuple[str, str]:
    """Trace and answer of a pair's `reasoning` column: the inverse of `with_trace`.

    Text in another spacing (`<think>trace</think> answer`) is parted too, without the white space
    around its parts. Raises InputError where no closed trace begins the text.
    """
    exact = _EXACT.fullmatch(reasoning)
    if exact:
        return exact[1], exact[2]
    loose = _LOOSE.fullmatch(reasoning)
    if loose is None:
        raise InputError(
            f"reasoning: {reasoning[:40]!r} does not begin with a trace; "
            f"use {THINK_OPEN}…{THINK_CLOSE} and an answer"
        )
    return loose[1].strip(), loose[2].strip()
