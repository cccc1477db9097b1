"""How the p values of several comparisons become one."""

from collections.abc import Iterable


def all_of(p_values: Iterable[float | None]) -> float | None:
    """p that every comparison holds: the largest (intersection-union, Berger 1982)."""
    values = list(p_values)
    known = [value for value in values if value is not None]
    return max(known) if known and len(known) == len(values) else None


def any_of(p_values: Iterable[float | None]) -> float | None:
    """p that at least one comparison holds: Bonferroni; one without a p counts as not shown."""
    values = list(p_values)
    known = [value for value in values if value is not None]
    return min(1.0, min(known) * len(values)) if known else None


def conjunction(p_values: Iterable[float | None], count: int) -> float | None:
    """p that at least `count` comparisons hold, however they depend on each other.

    The partial conjunction of Benjamini and Heller (2008): (n - count + 1) times the count-th
    smallest p. One without a p counts as not shown.
    """
    values = list(p_values)
    known = [value for value in values if value is not None]
    if not known or not 1 <= count <= len(values):
        return None
    filled = sorted([*known, *[1.0] * (len(values) - len(known))])
    return min(1.0, filled[count - 1] * (len(values) - count + 1))
