"""What a choice rests on: how often resampled items repeat it, and whether rivals were measured."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from breakeven.decide.options import Option
from breakeven.params import Style

# The most that two bytes hold.
STEPS = 65535


class Extrapolation(NamedTuple):
    """Whether students that nobody trained could overturn the choice at its own cost.

    `factor` is how far its cost lies outside those of the other style (1 within). None where there
    is no student of that style to compare with.
    """

    rests: bool | None
    factor: float | None
    words: str


def rounded_draws(draws: NDArray[np.float64]) -> NDArray[np.uint16]:
    """Accuracies in steps of 1/65535, so that page and command line read the same numbers.

    A step is far below one item of any test, and equal accuracies stay equal.
    """
    return np.rint(np.clip(draws, 0.0, 1.0) * STEPS).astype("<u2")


def win_shares(
    draws: NDArray[np.uint16],
    costs: Sequence[float],
    value_of_all: float | None,
) -> list[float]:
    """Share of draws in which each option is the best one; ties go to the cheaper.

    `draws` is (draws, options) in steps, `costs` one an option. The score is the accuracy, or
    `value_of_all` × accuracy − cost where a value of all answers being right is given.
    """
    # The page sorts alike (`decide_core.js`): the same ties in the same draws, or they differ.
    order = sorted(range(len(costs)), key=lambda index: (costs[index], index))
    scores = draws[:, order] / STEPS
    if value_of_all is not None:
        scores = value_of_all * scores - np.array([costs[index] for index in order])
    # argmax takes the first of equal scores, which is the cheapest one.
    wins = np.bincount(np.argmax(scores, axis=1), minlength=len(order))
    shares = [0.0] * len(order)
    for place, index in enumerate(order):
        shares[index] = float(wins[place] / len(draws))
    return shares


def extrapolation(
    choice: Option, cost: float, priced: Sequence[tuple[Option, float]]
) -> Extrapolation:
    """Compare the cost of the choice with those of IFT, or of reasoning if it is IFT itself.

    Beyond the dearest rival a larger one may be better. Below the cheapest one a smaller rival is
    taken to be no better than it, so only a choice less accurate than that one is open.
    """
    style: Style = "reasoning" if choice.style == "ift" else "ift"
    word = {"ift": "IFT", "reasoning": "reasoning"}[style]
    rivals = [(rival_cost, rival) for rival, rival_cost in priced if rival.style == style]
    if not rivals:
        return Extrapolation(None, None, f"no {word} student of known cost to compare with")
    dearest = max(rival_cost for rival_cost, _ in rivals)
    cheapest, smallest = min(rivals, key=lambda rival: (rival[0], -rival[1].accuracy))
    if cost > dearest:
        factor = cost / dearest if dearest else None
        return Extrapolation(
            True, factor, f"it costs more than every {word} student tried; a larger one might win"
        )
    if cost < cheapest:
        factor = cheapest / cost if cost else None
        open_ = smallest.accuracy > choice.accuracy
        words = f"it costs less than every {word} student tried"
        more = "; a smaller one might win" if open_ else ", and beats the cheapest of them"
        return Extrapolation(open_, factor, words + more)
    words = f"{word} students were measured {_beside(cost, cheapest, dearest)}"
    return Extrapolation(False, 1.0, words)


def _beside(cost: float, cheapest: float, dearest: float) -> str:
    """Where the rivals' costs lie; one of them may be the choice's own."""
    return "on both sides of its cost" if cheapest < cost < dearest else "at its cost"
