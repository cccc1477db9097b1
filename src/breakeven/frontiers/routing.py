"""A router between two ways to answer: what it gains over mixing them at random, at equal cost.

A router scores each question and sends those with the highest scores to the dearer way. Its curve
runs from none to all of them. The chord between the two ends is what a coin reaches: sending a
share of the questions at random costs and gains in proportion. The gain of a router is its height
above the chord at the same cost, and its mean over all shares is the area between the two, as the
"average performance gap recovered" of Ong et al. (2024, arXiv 2406.18665) measured in accuracy.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from breakeven.frontiers.checks import Bools, Floats, Numbers

# The shares of the questions, from none to all, at which a curve is worked out.
SHARES = np.linspace(0.0, 1.0, 21)


@dataclass(frozen=True)
class WaysToAnswer:
    """What both ways did on the same questions: each array is (questions,).

    Accuracies are fractions (the mean over an item's samples), costs in any one unit. `weight` is
    each question's part of the mean and sums to 1. `asked_first` says whether the cheaper way is
    asked before the router decides, so that its cost is paid for every question.
    """

    plain_correct: Floats
    dear_correct: Floats
    plain_cost: Floats
    dear_cost: Floats
    weight: Floats
    asked_first: bool = False

    @property
    def difference(self) -> Floats:
        """What the dearer way gets right more, by question."""
        more: Floats = self.dear_correct - self.plain_correct
        return more

    @property
    def routed_cost(self) -> Floats:
        """What a question costs more when it is sent on."""
        return self.dear_cost if self.asked_first else self.extra_cost

    @property
    def extra_cost(self) -> Floats:
        """What the dearer way costs more, by question."""
        more: Floats = self.dear_cost - self.plain_cost
        return more


class Place(NamedTuple):
    """A point of the plane: accuracy as a fraction, cost as a mean for one question."""

    accuracy: float
    cost: float


class RouterCurve(NamedTuple):
    """A router at every share of SHARES: `accuracy`, `cost` and `gain` are (shares,).

    `gain` is accuracy above random mixing at the same cost, `mean_gain` its mean over shares.
    `contributions` is (shares, questions): its weighted mean over questions is the gain, and its
    spread the gain's sampling error, to first order (the cost at which the chord is read is
    estimated from the same questions). `mean_contributions` is (questions,), of the mean gain.
    """

    accuracy: Floats
    cost: Floats
    gain: Floats
    mean_gain: float
    contributions: Floats
    mean_contributions: Floats


def ends(ways: WaysToAnswer) -> tuple[Place, Place]:
    """All questions answered the one way, and all the other."""
    weight = ways.weight
    return (
        Place(float(weight @ ways.plain_correct), float(weight @ ways.plain_cost)),
        Place(float(weight @ ways.dear_correct), float(weight @ ways.dear_cost)),
    )


def oracle(ways: WaysToAnswer) -> Place:
    """The better of the two for each question, and the cheaper where both are as good.

    A bound that no router passes and that none can reach: it knows which answers are right, and an
    answer that was right by luck counts for it.
    """
    more, extra = ways.difference, ways.extra_cost
    dear = (more > 0) | ((more == 0) & (extra < 0))
    return Place(
        float(ways.weight @ np.where(dear, ways.dear_correct, ways.plain_correct)),
        float(ways.weight @ np.where(dear, ways.dear_cost, ways.plain_cost)),
    )


def sent_at_each_share(scores: Numbers, folds: Numbers, weight: Numbers, seed: int = 0) -> Bools:
    """(shares, questions): who is sent on, those with the highest scores of their fold.

    A share is one of the questions' whole weight.

    Scores of different folds come from different models, whose levels need not agree: a model that
    was fitted without a lucky fold scores it too low. So questions are ranked within their fold.
    Equal scores are put in an order by chance, fixed by `seed`.
    """
    given, parts = (np.asarray(one, dtype=np.float64) for one in (scores, weight))
    fold = np.asarray(folds)
    rng = np.random.default_rng(seed)
    place = np.empty(len(given))
    for one in np.unique(fold):
        members = rng.permutation(np.flatnonzero(fold == one))
        order = members[np.argsort(-given[members], kind="stable")]
        before = np.cumsum(parts[order]) - parts[order] / 2
        place[order] = before / parts[order].sum()
    sent: NDArray[np.bool_] = place[None, :] < SHARES[:, None]
    return sent


def router_curve(ways: WaysToAnswer, sent: Bools) -> RouterCurve | None:
    """What a router that sends these questions on reaches; None where the dearer way is no dearer.

    `sent` is (shares, questions), see `sent_at_each_share`.
    """
    weight, more, extra = ways.weight, ways.difference, ways.extra_cost
    whole = float(weight @ extra)
    if whole <= 0:
        return None
    slope = float(weight @ more) / whole
    gained, spent = sent * more, sent * ways.routed_cost
    # The share that a coin sends on for the same cost. Beyond the cost of sending all there is
    # nothing more to buy: that is where a router that has asked both ways ends.
    coin = (spent @ weight) / whole
    bought = np.minimum(coin, 1.0)[:, None]
    of_gain = gained - bought * more
    of_cost = slope * (spent - bought * extra)
    contributions = of_gain - np.where(coin[:, None] < 1, of_cost, 0.0)
    gain = contributions @ weight
    parts = _trapezoid(SHARES)
    start = ends(ways)[0]
    return RouterCurve(
        accuracy=start.accuracy + gained @ weight,
        cost=start.cost + spent @ weight,
        gain=gain,
        mean_gain=float(parts @ gain),
        contributions=contributions,
        mean_contributions=parts @ contributions,
    )


def _trapezoid(places: Floats) -> Floats:
    """Weights of a mean over places that lie apart."""
    steps = np.diff(places)
    weights = np.zeros(len(places))
    weights[:-1] += steps / 2
    weights[1:] += steps / 2
    whole: Floats = weights / steps.sum()
    return whole
