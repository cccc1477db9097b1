r"""Numbers as people write them: 1,000, -0.5, 1/2, \frac12, 1\frac{1}{2}, 1.5e3, 12 cm, 50%."""

import re
from fractions import Fraction
from typing import NamedTuple

_WHOLE = r"\d{1,3}(?:(?:,|\{,\}|\\,|\\!)\d{3})+|\d+"
_DECIMAL = rf"(?:(?:{_WHOLE})(?:\.\d*)?|\.\d+)"
_LATEX_FRACTION = r"\\[dt]?frac\s*(?:\{\s*(-?\d+)\s*\}|(\d))\s*(?:\{\s*(-?\d+)\s*\}|(\d))"
_SIGN = re.compile(r"^[-−–+]\s*")
_SEPARATORS = re.compile(r",|\{,\}|\\,|\\!")
_NUMBER = re.compile(_DECIMAL)
_RATIO = re.compile(rf"({_DECIMAL})\s*/\s*({_DECIMAL})")
_MIXED = re.compile(rf"(\d+)\s+(\d+)\s*/\s*(\d+)|(\d+)\s*{_LATEX_FRACTION}")
_FRACTION = re.compile(_LATEX_FRACTION)
_POWER_OF_TEN = re.compile(
    r"[eE]([-+−]?\d{1,4})(?!\w)"
    r"|\s*(?:\\times|\\cdot|×|·|\*)\s*10\s*\^\s*(?:\{\s*([-−]?\d{1,4})\s*\}|([-−]?\d{1,4}))(?!\w)"
)
_CURRENCY = re.compile(r"^(?:\\?\$|€|£|USD\s|EUR\s)\s*")
# A word or two, perhaps squared or in \text, or a per cent or degree sign.
_UNIT = re.compile(
    r"\s*(?:\\?%|°|\^\s*\{?\\circ\}?"
    r"|\\?\s*(?:\\(?:text|mathrm|mbox)\s*\{)?\s*([A-Za-z]{1,12}(?:[ /][A-Za-z]{1,12})?)"
    r"\s*\}?(?:\s*\^?\s*\{?[23²³]\}?)?)?\s*"
)


class Quantity(NamedTuple):
    """An exact value, its unit as written (empty where there is none), and whether it is in %."""

    value: Fraction
    unit: str
    percent: bool


def quantity(text: str) -> Quantity | None:
    """The number that `text` is, with an optional sign, currency and unit; None for all else."""
    rest = text.strip()
    negative = bool(_SIGN.match(rest)) and not rest.startswith("+")
    rest = _CURRENCY.sub("", _SIGN.sub("", rest))
    read = _leading_value(rest)
    if read is None:
        return None
    value, end = _scaled(*read, rest)
    unit = _UNIT.fullmatch(rest[end:])
    if unit is None:
        return None
    return Quantity(-value if negative else value, _singular(unit[1] or ""), "%" in rest[end:])


def _leading_value(text: str) -> tuple[Fraction, int] | None:
    """The value of the number at the beginning, and where it ends."""
    for pattern in (_MIXED, _FRACTION, _RATIO, _NUMBER):
        match = pattern.match(text)
        if match:
            parts = [part for part in match.groups() if part is not None] or [match[0]]
            value = _value([Fraction(_SEPARATORS.sub("", part)) for part in parts])
            return None if value is None else (value, match.end())
    return None


def _scaled(value: Fraction, end: int, text: str) -> tuple[Fraction, int]:
    """The value times the power of ten that follows it, if one does, and where that ends."""
    power = _POWER_OF_TEN.match(text, end)
    if power is None:
        return value, end
    exponent = next(part for part in power.groups() if part is not None)
    return value * Fraction(10) ** int(exponent.replace("−", "-")), power.end()


def _value(parts: list[Fraction]) -> Fraction | None:
    """A number, a numerator over a denominator, or a whole number with such a fraction."""
    if len(parts) == 1:
        return parts[0]
    *whole, top, bottom = parts
    return None if bottom == 0 else sum(whole, Fraction(0)) + top / bottom


def _singular(unit: str) -> str:
    return " ".join(unit.casefold().split()).removesuffix("s")
