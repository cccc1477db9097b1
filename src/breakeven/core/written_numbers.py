"""Numbers as people write them on a command line: 1e6, 1M, 1,000,000."""

import math
import re

from breakeven.core.errors import InputError

_SCALES = {"": 1.0, "k": 1e3, "m": 1e6, "b": 1e9, "t": 1e12}
# Commas stand between groups of three; `1,5` is somebody's one and a half and nobody's fifteen.
_NUMBER = re.compile(
    r"(?P<sign>[+-]?)(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d*)?|\d+\.?\d*|\.\d+)"
    r"(?P<power>e[+-]?\d+)?\s?(?P<scale>[kmbt]?)",
    re.IGNORECASE,
)


def read_number(text: str) -> float:
    """The number that a text means: thousands by commas, k, M, B (10^9) and T after it.

    Raises:
        InputError: it is none, or too large for any computer.
    """
    found = _NUMBER.fullmatch(text.strip())
    value = (
        math.nan
        if found is None
        else float(f"{found['sign']}{found['digits'].replace(',', '')}{found['power'] or ''}")
        * _SCALES[found["scale"].lower()]
    )
    if not math.isfinite(value):
        raise InputError(f"{text!r} is no number; write 1e6, 1M or 1,000,000")
    return value
