"""Numbers as people write them on a command line: 1e6, 1M, 1,000,000."""

import math
import re

from breakeven.core.errors import InputError

# Powers of ten: 2.01k is 2,010, and 2.01 times 1000.0 is not.
_SCALES = {"": 0, "k": 3, "m": 6, "b": 9, "t": 12}
# Commas stand between groups of three; `1,5` is somebody's one and a half and nobody's fifteen.
_NUMBER = re.compile(
    r"(?P<sign>[+-]?)(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d*)?|\d+\.?\d*|\.\d+)"
    r"(?:e(?P<power>[+-]?\d{1,9}))?\s?(?P<scale>[kmbt]?)",
    re.IGNORECASE,
)


def read_number(text: str) -> float:
    """The number that a text means: thousands by commas, k, M, B (10^9) and T after it.

    Raises:
        InputError: it is none, or too large for any computer.
    """
    found = _NUMBER.fullmatch(text.strip())
    value = math.nan
    if found is not None:
        power = int(found["power"] or 0) + _SCALES[found["scale"].lower()]
        value = float(f"{found['sign']}{found['digits'].replace(',', '')}e{power}")
    if not math.isfinite(value):
        raise InputError(f"{text!r} is no number; write 1e6, 1M or 1,000,000")
    return value
