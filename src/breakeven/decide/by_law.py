"""What the law of the gain says of a size, depth and token ratio that nobody measured."""

from typing import Any, NamedTuple

from breakeven.core.errors import InputError
from breakeven.findings.direction import DIRECTION_WORDS
from breakeven.findings.gain_law import gain_law
from breakeven.findings.gain_law_words import failing_words, misfit_words, range_words
from breakeven.findings.law import Law, LawPoint
from breakeven.findings.scored_results import ScoredResults

# Past any use; the law squares a variance, and the fourth power of such a number is finite.
_MOST = 1e30


class LawRequest(NamedTuple):
    """Where the law is asked; what is None is the family's own, as measured or fitted."""

    size: float
    depth: float | None = None
    token_ratio: float | None = None
    ift_accuracy: float | None = None


def law_request(
    size: float | None,
    depth: float | None,
    token_ratio: float | None,
    ift_accuracy: float | None,
) -> LawRequest | None:
    """The request, None where no size is asked for.

    Raises InputError on numbers that make no sense, and on others without a size.
    """
    further = {"--depth": depth, "--token-ratio": token_ratio, "--ift-accuracy": ift_accuracy}
    if size is None:
        given = [name for name, value in further.items() if value is not None]
        if given:
            raise InputError(f"decide: {given[0]}: is for the law of the gain; give --size too")
        return None
    for name, value in (("--size", size), ("--depth", depth), ("--token-ratio", token_ratio)):
        if value is not None and not 0 < value <= _MOST:
            raise InputError(
                f"decide: {name}: value is {value:g}; use a number above 0, at most {_MOST:g}"
            )
    if ift_accuracy is not None and not 0 < ift_accuracy < 1:
        raise InputError(
            f"decide: --ift-accuracy: value is {ift_accuracy:g}; use a fraction between 0 and 1"
        )
    return LawRequest(size, depth, token_ratio, ift_accuracy)


def law_answer(
    scored: ScoredResults, family: str, asked: LawRequest, *, draws: int = 2000, seed: int = 0
) -> dict[str, Any]:
    """JSON-ready: the gain at the point asked for, or why the law is undecided.

    Raises InputError where the family has no measured depth or accuracy to fill in what is missing.
    """
    law, reasons = gain_law(scored, draws=draws, seed=seed)
    if law is None:
        return {"standing": DIRECTION_WORDS["undecided"], "reasons": list(reasons)}
    point = _point(law, family, asked)
    plain = asked.ift_accuracy
    if plain is None:
        plain = law.ift_accuracy(family, point.size, point.depth)
    if plain is None:
        raise _missing(family, "--ift-accuracy")
    gain = law.at(point, plain)
    return {
        "standing": DIRECTION_WORDS[gain.direction],
        "reasons": [],
        "size_parameters": point.size,
        "depth": point.depth,
        "token_ratio": point.token_ratio,
        "ift_accuracy": plain,
        "ift_accuracy_given": asked.ift_accuracy is not None,
        "log_odds": dict(zip(("value", "low", "high"), gain.log_odds, strict=True)),
        "gain": {"value": gain.value, "low": gain.low, "high": gain.high},
        "rests_on_extrapolation": bool(gain.outside),
        "outside": [one.words for one in gain.outside],
        "equation": law.equation,
        "range": range_words(law),
        "miss": law.miss,
        "described": not law.failings,
        "failings": list(law.failings),
        "failing": failing_words(law),
        "misfit": misfit_words(law),
        "own_cells": law.own_cells._asdict(),
    }


def _point(law: Law, family: str, asked: LawRequest) -> LawPoint:
    usual = law.typical(family)
    if usual is None:
        for name, value in (("--depth", asked.depth), ("--token-ratio", asked.token_ratio)):
            if value is None:
                raise _missing(family, name)
    found = {}
    for name in ("depth", "token_ratio"):
        value = getattr(asked, name)
        found[name] = getattr(usual, name) if value is None else value
    return LawPoint(asked.size, found["depth"], found["token_ratio"])


def _missing(family: str, option: str) -> InputError:
    return InputError(
        f"decide: {option}: is missing, and {family} has no questions of known serial depth to "
        "take it from; give one"
    )
