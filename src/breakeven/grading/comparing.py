"""What the child process of `verifier.py` does: comparisons by math-verify."""

from collections.abc import Callable


def comparer() -> Callable[[str, str], bool | None]:
    """Load math-verify; the function that tells whether a text equals a right one.

    It says None of a text in which nothing can be parsed.
    """
    from math_verify import parse, verify

    def compared(target: str, gold: str) -> bool | None:
        try:
            said = parse(target, parsing_timeout=None)
            wanted = parse(gold, parsing_timeout=None)
            return bool(verify(wanted, said, timeout_seconds=None)) if said else None
        except (Exception, RecursionError, MemoryError):  # any answer may be junk to the library
            return False

    return compared
