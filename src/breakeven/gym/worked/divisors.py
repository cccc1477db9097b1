"""Common divisors by Euclid's remainders."""

import json
import math

from breakeven.gym.worked.solver import Raw, Worked, with_answer


def greatest(raw: Raw) -> Worked | None:
    """The greatest common divisor of all numbers, two at a time."""
    first, *rest = raw["metadata"]["numbers"]
    common = first
    steps: list[str] = []
    for number in rest:
        common = euclid(common, number, steps)
    return with_answer(steps, raw, len(steps)) if str(common) == raw["answer"] else None


def least(raw: Raw) -> Worked | None:
    """The least common multiple of all numbers, two at a time."""
    first, *rest = raw["metadata"]["numbers"]
    multiple = first
    steps: list[str] = []
    for number in rest:
        common = euclid(multiple, number, steps)
        share = multiple // common  # divided first, so that no number is larger than the answer
        steps.append(f"{multiple} / {common} = {share}")
        steps.append(f"{share} * {number} = {share * number}")
        multiple = share * number
    return with_answer(steps, raw, len(steps)) if str(multiple) == raw["answer"] else None


def lowest_terms(raw: Raw) -> Worked | None:
    """A fraction divided above and below by the greatest common divisor."""
    above, below = raw["metadata"]["numerator"], raw["metadata"]["denominator"]
    steps: list[str] = []
    common = euclid(above, below, steps)
    steps.append(f"{above} / {common} = {above // common}")
    steps.append(f"{below} / {common} = {below // common}")
    depth = len(steps) - 1  # the two divisions need not wait for one another
    return with_answer(steps, raw, depth) if common == math.gcd(above, below) else None


def euclid(left: int, right: int, steps: list[str]) -> int:
    """The greatest common divisor; each step divides the larger by the smaller with remainder."""
    larger, smaller = max(left, right), min(left, right)
    while smaller:
        remainder = larger % smaller
        steps.append(f"{larger} = {larger // smaller} * {smaller} + {remainder}")
        larger, smaller = smaller, remainder
    return larger


def sorted_numbers(raw: Raw) -> str:
    """The numbers in any order."""
    return json.dumps(sorted(raw["metadata"]["numbers"]))
