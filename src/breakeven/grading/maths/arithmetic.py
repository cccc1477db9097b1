"""Exact values of what is rational, in bounded time: 10^{-20}, 1/20!, 3 1/2, 12%."""

import math
import operator
from collections.abc import Callable
from fractions import Fraction

from breakeven.grading.maths.tree import Tree

# Bits of a numerator or denominator: what is longer is left to algebra, which has a time limit.
_MOST_BITS = 100_000
_LARGEST_FACTORIAL = 2_000  # of 19,000 bits


def rational_value(tree: Tree) -> Fraction | None:
    """The rational number that a tree comes to; None where it is none, or too long to write."""
    if tree.value is not None:
        return tree.value
    of = [rational_value(part) for part in tree.parts]
    values = [value for value in of if value is not None]
    if not values or len(values) < len(of):
        return None
    value = _combined(tree, values)
    return value if value is None or _bits(value) <= _MOST_BITS else None


def _combined(tree: Tree, of: list[Fraction]) -> Fraction | None:
    if tree.head == "call":
        function = _CALLS.get(tree.name)
        return None if function is None else Fraction(function(of))
    operation = _OPERATIONS.get(tree.head)
    return None if operation is None else operation(of[0], of[-1])


def _power(base: Fraction, exponent: Fraction) -> Fraction | None:
    if exponent.denominator != 1 or (base == 0 and exponent <= 0):
        return None
    # Asked before it is computed: 9^{9^9} would fill the memory first.
    if base not in (0, 1, -1) and _bits(base) * abs(exponent) > _MOST_BITS:
        return None
    # Of 1 and -1 the exponent may be of any size.
    return base ** (int(exponent) if abs(base) != 1 else int(exponent) % 2)


def _root(radicand: Fraction, index: Fraction) -> Fraction | None:
    """A square root that is rational."""
    if index != 2 or radicand < 0:
        return None
    top, bottom = math.isqrt(radicand.numerator), math.isqrt(radicand.denominator)
    return Fraction(top, bottom) if Fraction(top, bottom) ** 2 == radicand else None


def _divided(top: Fraction, bottom: Fraction) -> Fraction | None:
    return top / bottom if bottom else None


def _factorial(of: Fraction, _: Fraction) -> Fraction | None:
    small = of.denominator == 1 and 0 <= of <= _LARGEST_FACTORIAL
    return Fraction(math.factorial(int(of))) if small else None


def _binomial(above: Fraction, below: Fraction) -> Fraction | None:
    whole = above.denominator == below.denominator == 1
    small = whole and 0 <= below <= above <= _LARGEST_FACTORIAL
    return Fraction(math.comb(int(above), int(below))) if small else None


def _bits(value: Fraction) -> int:
    return max(value.numerator.bit_length(), value.denominator.bit_length())


# Of two numbers; an operation on one gets it twice.
_OPERATIONS: dict[str, Callable[[Fraction, Fraction], Fraction | None]] = {
    "add": operator.add,
    "multiply": operator.mul,
    "negative": lambda of, _: -of,
    "percent": lambda of, _: of / 100,
    "divide": _divided,
    "power": _power,
    "root": _root,
    "factorial": _factorial,
    "binomial": _binomial,
}
_CALLS: dict[str, Callable[[list[Fraction]], Fraction | int]] = {
    "abs": lambda of: abs(of[0]),
    "floor": lambda of: math.floor(of[0]),
    "ceil": lambda of: math.ceil(of[0]),
    "max": max,
    "min": min,
}
