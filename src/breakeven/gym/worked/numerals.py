"""Numbers written in another base: read digit by digit, then written by remainders."""

from breakeven.gym.worked.solver import Raw, Worked, with_answer

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def converted(raw: Raw) -> Worked | None:
    """A numeral read into a number and written in the other base."""
    meta = raw["metadata"]
    if not meta["source_repr"]:  # how reasoning-gym writes zero
        return None
    source, target = int(meta["source_base"]), int(meta["target_base"])
    steps: list[str] = []
    number = _read(str(meta["source_repr"]), source, steps)
    # Base 10 needs no division: Python's own digits are the numeral.
    written = str(number) if target == 10 else _written(number, target, steps)
    return with_answer(steps, raw, len(steps)) if written == raw["answer"] else None


def _read(numeral: str, base: int, steps: list[str]) -> int:
    """The number that a numeral is, from its first digit on."""
    number = _DIGITS.index(numeral[0].lower())
    if base == 10:
        return int(numeral)
    for digit in numeral[1:]:
        value = _DIGITS.index(digit.lower())
        steps.append(f"{number} * {base} + {value} = {number * base + value}")
        number = number * base + value
    if len(numeral) == 1:
        steps.append(f"{numeral} is {number}")
    return number


def _written(number: int, base: int, steps: list[str]) -> str:
    """The numeral, from its last digit on."""
    written = ""
    while number or not written:
        quotient, remainder = divmod(number, base)
        written = _DIGITS[remainder] + written
        steps.append(f"{number} = {quotient} * {base} + {remainder}, write {written}")
        number = quotient
    return written
