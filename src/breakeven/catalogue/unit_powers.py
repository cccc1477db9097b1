"""Units that hold a power of ten, "10^{-19} J": its factor belongs to the number."""

import re

_POWER = re.compile(
    r"[\s$]*(?:\\times\s*)?"
    r"(?:\\(?:mathrm|text)\s*\{\s*10\s*\^\s*(?:\{\s*([-−]?\d+)\s*\}|([-−]?\d+))\s*\}"
    r"|10\s*\^\s*(?:\{\s*([-−]?\d+)\s*\}|([-−]?\d+)))"
    r"[\s$~;]*(?:\\cdot\s*)?"
)


def without_power(number: str, unit: str) -> tuple[str, str]:
    """A number and its unit, with a power of ten that begins the unit taken into the number.

    A student that is asked for joules writes 3.52e-19, one that is asked for "10^{-19} J" may
    write either; only the first can be told from one that is off by the factor.
    """
    power = _POWER.match(unit)
    if power is None:
        return number, unit.strip()
    # A minus sign of typography, as in 10^{−19}, is no minus to Python.
    exponent = next(part for part in power.groups() if part is not None).replace("−", "-")
    rest = unit[power.end() :].strip().strip("$;").strip()
    return f"{number.strip()} \\times 10^{{{exponent}}}", f"${rest}$" if "\\" in rest else rest
