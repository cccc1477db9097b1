r"""Units after a number: those of a list, in words and short forms, with powers and products.

A name has one unit or several that it may mean (a pound of gold, a pound of money). What is on no
list is no unit: the y of 7y is a variable. Nothing is converted: 12 cm is not 120 mm.
"""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import product

from breakeven.grading.maths.unit_names import DERIVED, MEANINGS, NO_NOUN, SCALES

# A unit in its simplest form: names with their powers. Of a name with several meanings, each one.
Unit = frozenset[tuple[str, int]]
Meanings = frozenset[Unit]

_TOKEN = re.compile(
    r"\s*(°\s*[CFK](?![a-zA-Z])|[°$€£¥₹¢Ω]|\\mu ?[a-zA-Z]+|\\Omega|[a-zA-Zμ]+(?:-[a-z]+)*"
    r"|\^\s*\{?\s*-?\d\s*\}?"
    r"|[/()*]|\\cdot(?![a-z]))"
)
_NOUN = re.compile(r"[a-z]{3,}(?:-[a-z]+)*")
_POWER_WORDS = {"square": 2, "sq": 2, "cubic": 3, "cu": 3}
_POWERED_WORDS = {"squared": 2, "cubed": 3}


# Short names mean what they mean by their case (mW, MW); long ones may be written in any.
_FOLDED = {name.casefold(): unit for name, unit in MEANINGS.items() if len(name) > 3}


def read_unit(text: str) -> Meanings | None:
    """What a text of units may mean, None where any of it is on no list. Empty text is no unit.

    A word of three letters or more that counts things ("apples") is a unit of that name.
    """
    tokens = list(_tokens(text))
    # Each ambiguous name multiplies the meanings of the whole.
    if not tokens or None in tokens or len(tokens) > 12:
        return None
    read = _factors([sign for sign in tokens if sign is not None])
    if read is None:
        return None
    return frozenset(map(_simplest, product(*(_powers(*one) for one in read))))


def units_agree(said: Meanings | None, wanted: Meanings | None) -> bool | None:
    """Whether units agree: a missing one agrees with any; None where a thing counted is unlike."""
    if not said or not wanted or said & wanted:
        return True
    # m for m^2 is wrong; one counted thing for another (pupils, students) may be a synonym.
    powers_differ = _names(said) == _names(wanted)
    return None if not powers_differ and (is_counted(said) or is_counted(wanted)) else False


def _tokens(text: str) -> Iterator[str | None]:
    position = 0
    text = text.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        yield match and "".join(match[1].split())
        if match is None:
            return
        position = match.end()


def _factors(tokens: list[str]) -> list[tuple[tuple[str, ...], int]] | None:
    """Every unit's meanings and power; None where a sign has no place."""
    factors: list[tuple[tuple[str, ...], int]] = []
    over, power, pending = 1, 1, False
    for index, sign in enumerate(tokens):
        word = sign.casefold()
        if sign in "/()*" or sign == "\\cdot" or word == "per":
            over = -1 if sign == "/" or word == "per" else over
            pending = pending or sign == "/" or word == "per"
        elif sign[0] == "^":
            if not factors or tokens[index - 1][0] in "^/(":
                return None
            meanings, before = factors[-1]
            factors[-1] = meanings, before * int(sign.strip("^{}"))
        elif word in _POWERED_WORDS and factors:
            factors[-1] = factors[-1][0], factors[-1][1] * _POWERED_WORDS[word]
        elif sign == "in" and tokens[index + 1 : index + 2] and tokens[index + 1][0].isalpha():
            return None  # "5 in total"
        elif word in _POWER_WORDS and index + 1 < len(tokens):
            power = _POWER_WORDS[word]
        else:
            meanings_of = _meanings(sign, factors)
            if meanings_of is None:
                return None
            if meanings_of:
                factors.append((meanings_of, over * power))
            power, pending = 1, False
    return None if pending or power != 1 or not factors else factors


def _meanings(sign: str, before: list[tuple[tuple[str, ...], int]]) -> tuple[str, ...] | None:
    """What a name means; empty where it says again what stands before it ("degrees Celsius")."""
    found = MEANINGS.get(sign) or _FOLDED.get(sign.casefold())
    if found is None and _NOUN.fullmatch(sign) and sign not in NO_NOUN | SCALES.keys():
        found = ("#" + _singular(sign),)
    if found and before and set(found) < set(before[-1][0]):
        before[-1] = found, before[-1][1]
        return ()
    if found and before and found[0].startswith("#") and before[-1][0][0].startswith("#"):
        before[-1] = found, before[-1][1]  # "red apples" are apples
        return ()
    return found


def _powers(meanings: tuple[str, ...], power: int) -> list[list[tuple[str, int]]]:
    return [
        [(name, exponent * power) for name, exponent in DERIVED.get(one, ((one, 1),))]
        for one in meanings
    ]


def _simplest(factors: tuple[list[tuple[str, int]], ...]) -> Unit:
    powers: Counter[str] = Counter()
    for name, power in (pair for factor in factors for pair in factor):
        powers[name] += power
    return frozenset((name, power) for name, power in powers.items() if power)


def _names(meanings: Meanings) -> set[str]:
    return {name for unit in meanings for name, _ in unit}


def is_counted(meanings: Meanings) -> bool:
    """Whether it is a thing that is counted, as apples are."""
    return any(name[0] == "#" or name == "unit" for unit in meanings for name, _ in unit)


def _singular(noun: str) -> str:
    if noun.endswith("ies") and len(noun) > 4:
        return noun[:-3] + "y"
    return noun[:-1] if noun.endswith("s") and not noun.endswith("ss") else noun
