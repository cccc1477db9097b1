"""What the child process of `algebra.py` does: comparisons of trees by sympy."""

import time
from collections.abc import Callable
from typing import Any

# Digits to which a difference is computed before it counts as none.
_DIGITS = 300
# Where two formulas are compared: each letter has its own number at a point. At most one letter is
# negative at a time, so that the square root of a product is the product of the roots.
_POINTS = 6


def comparer() -> Callable[..., tuple[bool | None, float]]:
    """Load sympy; the function that compares two trees, as nested lists.

    Its questions are `equal`, with a relative tolerance, and `proportional`. It says None of what
    cannot be compared: an operation that is unknown, or no point at which both have a value. Beside
    it stand the seconds of the processor that it took.
    """
    import sympy

    def timed(*question: Any) -> tuple[bool | None, float]:  # noqa: ANN401
        started = time.process_time()
        return compared(*question), time.process_time() - started

    def compared(question: str, said: Any, wanted: Any, tolerance: float) -> bool | None:  # noqa: ANN401
        try:
            trees = _built(sympy, said), _built(sympy, wanted)
            if question == "proportional":
                return _proportional(sympy, *trees)
            return _equal(sympy, *trees, tolerance)
        except (Exception, RecursionError, MemoryError):  # what the library cannot do is no verdict
            return None

    # The processor's seconds, not the clock's: a busy machine grades as an idle one does.
    return timed


def _equal(sympy: Any, said: Any, wanted: Any, tolerance: float) -> bool | None:  # noqa: ANN401
    if said == wanted:
        return True
    # oo - oo is no difference; infinities that are the same have been found equal above.
    if said.has(sympy.oo, sympy.zoo, sympy.nan) or wanted.has(sympy.oo, sympy.zoo, sympy.nan):
        return False
    difference = said - wanted
    names = sorted(difference.free_symbols, key=str)
    if tolerance and not names:
        room = sympy.Rational(tolerance) * abs(wanted)
        return bool((abs(difference) - room).evalf(30) <= 0)
    if not names:
        return _vanishes(sympy, difference)
    found = []
    for point in _points(sympy, names):
        values = said.subs(point), wanted.subs(point)
        if any(value.has(sympy.oo, sympy.zoo, sympy.nan) for value in values):
            continue
        gone = _vanishes(sympy, values[0] - values[1])
        if gone is False and _both_leave_the_reals(sympy, said, wanted, values):
            continue
        found.append(gone)
        if gone is False:
            return False
    # One point could be a crossing of two formulas by chance.
    return True if len(found) >= 2 and all(found) else None


def _both_leave_the_reals(sympy: Any, said: Any, wanted: Any, values: Any) -> bool:  # noqa: ANN401
    """Whether a formula of real letters has no real value here, as the root of a negative one."""
    if said.has(sympy.I) or wanted.has(sympy.I):
        return False
    return any(abs(sympy.im(value.evalf(20))) > 0 for value in values)


def _proportional(sympy: Any, said: Any, wanted: Any) -> bool | None:  # noqa: ANN401
    """Whether two equations, as what is zero in them, say the same but for a constant factor."""
    names = sorted(said.free_symbols | wanted.free_symbols, key=str)
    if said.free_symbols != wanted.free_symbols or not names:
        return False
    quotients = []
    for point in _points(sympy, names):
        top, bottom = said.subs(point), wanted.subs(point)
        if not _vanishes(sympy, top) and not _vanishes(sympy, bottom):
            quotients.append(top / bottom)
    # Two equations that differ can still be proportional at two points.
    if len(quotients) < 3:
        return None
    return all(_vanishes(sympy, one - quotients[0]) for one in quotients[1:])


def _vanishes(sympy: Any, difference: Any) -> bool:  # noqa: ANN401
    """Whether a number is zero: exactly, else to `_DIGITS` digits more than its terms cancel."""
    if difference.is_Rational:
        return bool(difference == 0)
    # evalf raises its working precision until 15 digits are sure or `maxn` is reached; a number of
    # one bit of precision is what it leaves where all digits have cancelled.
    value = difference.evalf(15, maxn=_DIGITS)
    return all(part == 0 or getattr(part, "_prec", 53) == 1 for part in value.as_real_imag())


def _points(sympy: Any, names: list[Any]) -> list[dict[Any, Any]]:  # noqa: ANN401
    """Rational points without a pattern, two of whole numbers, some with one negative letter."""
    points = []
    for number in range(_POINTS):
        values = [
            sympy.Rational((37 * (index + 1) + 101 * number) % 89 + 3, 7 + 4 * (number % 3))
            for index in range(len(names))
        ]
        if number in (1, 4):  # odd and even
            values = [sympy.Integer(4 + number + 2 * index) for index in range(len(names))]
        if number % 2:
            values[number // 2 % len(names)] *= -1 if number > 1 else 1
        points.append(dict(zip(names, values, strict=True)))
    return points


def _built(sympy: Any, tree: list[Any]) -> Any:  # noqa: ANN401
    """The expression of sympy that a tree stands for."""
    head, leaf, parts = tree
    if head == "number":
        return sympy.Rational(*(int(half, 16) for half in leaf.split("/")))
    if head == "letter":
        return sympy.Symbol(leaf, real=True)  # else sqrt(x^2) would not be |x|
    if head == "constant":
        return {"pi": sympy.pi, "e": sympy.E, "i": sympy.I, "oo": sympy.oo}[leaf]
    of = [_built(sympy, part) for part in parts]
    if head == "call":
        return _call(sympy, leaf, of)
    return {
        "add": lambda: of[0] + of[1],
        "negative": lambda: -of[0],
        "multiply": lambda: of[0] * of[1],
        "divide": lambda: of[0] / of[1],
        "power": lambda: of[0] ** of[1],
        "root": lambda: _root(sympy, *of),
        "factorial": lambda: sympy.factorial(of[0]),
        "binomial": lambda: sympy.binomial(*of),
        "percent": lambda: of[0] / 100,
        "degree": lambda: of[0] * sympy.pi / 180,
    }[head]()


def _root(sympy: Any, radicand: Any, index: Any) -> Any:  # noqa: ANN401
    """The root that is real where one is: the cube root of -8 is -2."""
    if radicand.is_negative and index.is_odd:
        return -((-radicand) ** (1 / index))
    return radicand ** (1 / index)


def _call(sympy: Any, name: str, of: list[Any]) -> Any:  # noqa: ANN401
    if name in ("gcd", "lcm", "max", "min"):
        return {
            "gcd": lambda: sympy.gcd_list(of),
            "lcm": lambda: sympy.lcm_list(of),
            "max": lambda: sympy.Max(*of),
            "min": lambda: sympy.Min(*of),
        }[name]()
    if name == "log":
        return sympy.log(*of)
    if name == "lg":
        return sympy.log(of[0], 10)
    named = {
        "ln": sympy.log, "arcsin": sympy.asin, "arccos": sympy.acos, "arctan": sympy.atan,
        "arccot": sympy.acot, "arcsec": sympy.asec, "arccsc": sympy.acsc, "ceil": sympy.ceiling,
        "abs": sympy.Abs, "Re": sympy.re, "Im": sympy.im,
    }  # fmt: skip
    function = named.get(name) or getattr(sympy, name)
    return function(of[0])
