"""The law of the gain as an equation that can be asked: where it was fitted, and what it tells."""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from breakeven.findings.direction import Direction
from breakeven.findings.equal_cost import FIT_REACH
from breakeven.frontiers.gain_law import FittedTerm, GainLaw, LeftOut
from breakeven.words import fixed, size_word, times, unsigned_points

if TYPE_CHECKING:
    import pandas as pd

# A miss of less than this, a fraction, is no reason against a law, however alike the gains are.
LEAST_TELLING_MISS = 0.1
LAW_TERMS = ("constant", "log10_parameters", "serial_depth", "log10_token_ratio")


class LawPoint(NamedTuple):
    """Where the law is asked: parameters, steps in a row, reasoning's tokens over IFT's."""

    size: float
    depth: float
    token_ratio: float


class Outside(NamedTuple):
    """What of a point lies outside the range of the law, and by which factor."""

    what: str
    value: float
    factor: float
    above: bool

    @property
    def words(self) -> str:
        """In words: serial depth 8, 1.3 times the largest fitted."""
        end = "times the largest" if self.above else "times below the smallest"
        value = size_word(self.value) if self.what == "parameters" else f"{self.value:.3g}"
        return f"{self.what} {value}, {times(self.factor)} {end} fitted"


class LawGain(NamedTuple):
    """What the law says at a point, for IFT's accuracy there: log-odds and a fraction.

    Low to high is the 95% prediction interval of a size, task and depth that was not measured.
    `described` is whether the law describes the study that it was fitted to.
    """

    log_odds: tuple[float, float, float]
    ift_accuracy: float
    value: float
    low: float
    high: float
    outside: tuple["Outside", ...]
    described: bool

    @property
    def direction(self) -> Direction:
        """On which side of zero the interval lies.

        Undecided where the law does not describe its study, and where it is far extrapolated.
        """
        if not self.described or any(one.factor > FIT_REACH for one in self.outside):
            return "undecided"
        if self.low > 0:
            return "ahead"
        return "behind" if self.high < 0 else "undecided"


class OwnCells(NamedTuple):
    """Cells of a law: how many, in how many the interval holds the gain, how many it decides."""

    cells: int
    held: int
    decided: int


@dataclass(frozen=True)
class Law:
    """A fitted law, centred at round numbers so that its constant is the gain in the middle.

    `lowest` and `highest` are the range it was fitted in. `terms` are the constant and the
    coefficients of log10 size, depth and log10 token ratio.
    """

    arms: tuple[str, str]
    students: tuple[str, ...]
    tasks: tuple[str, ...]
    seeds: int
    contents: int
    centre: LawPoint
    lowest: LawPoint
    highest: LawPoint
    terms: tuple[FittedTerm, FittedTerm, FittedTerm, FittedTerm]
    fitted: GainLaw
    left_out: LeftOut
    groups: "pd.DataFrame"

    @property
    def equation(self) -> str:
        """The law in one line."""
        constant, size, depth, ratio = (one.value for one in self.terms)
        return (
            f"log-odds of reasoning over IFT = {fixed(constant, 2)} "
            f"{_signed(size)}·log₁₀(parameters / {size_word(self.centre.size)}) "
            f"{_signed(depth)}·(depth − {self.centre.depth:g}) "
            f"{_signed(ratio)}·log₁₀(token ratio / {self.centre.token_ratio:g})"
        )

    @property
    def miss(self) -> float:
        """How far it misses reasoning at a size left out of it: the mean of groups, a fraction."""
        return float(abs(self.left_out.misses).mean())

    @cached_property
    def own_cells(self) -> "OwnCells":
        """What the prediction intervals say of the very cells that the law was fitted to."""
        import numpy as np

        rows = self.groups
        odds = []
        for arm in ("ift_right", "reasoning_right"):
            odds.append(np.log((rows[arm] + 0.5) / (rows["asked"] - rows[arm] + 0.5)))
        points = zip(rows["size"], rows["depth"], 10 ** rows["log_ratio"], strict=True)
        terms = [self._predicted(LawPoint(*point)) for point in points]
        return OwnCells(
            len(terms),
            sum(
                one.low <= gain <= one.high
                for one, gain in zip(terms, (odds[1] - odds[0]).tolist(), strict=True)
            ),
            sum(one.low > 0 or one.high < 0 for one in terms),
        )

    @cached_property
    def failings(self) -> tuple[str, ...]:
        """Why the law does not describe its study; empty where it does.

        It misses sizes left out of it by more, as a root mean square, than the gains scatter about
        one mean gain for all, and by more than 10 points; or its interval decides none of its own
        cells.
        """
        rows, found = self.groups, []
        gains = (rows["reasoning_right"] - rows["ift_right"]) / rows["asked"]
        spread = float(gains.std(ddof=0))
        miss = float((self.left_out.misses**2).mean() ** 0.5)
        if miss > max(spread, LEAST_TELLING_MISS):
            found.append(
                f"it misses sizes left out of it by {unsigned_points(miss)} points (root mean "
                f"square), and the gains lie {unsigned_points(spread)} from their mean"
            )
        if not self.own_cells.decided:
            found.append(
                f"its interval decides none of the {self.own_cells.cells} cells that it was "
                "fitted to"
            )
        return tuple(found)

    def at(self, point: LawPoint, ift_accuracy: float) -> LawGain:
        """The gain at a point where IFT has this accuracy, a fraction from 0 to 1.

        The interval is a prediction's, of a cell of a new size; the error of IFT's accuracy is not
        in it.
        """
        from scipy.special import logit

        term = self._predicted(point)
        odds = term.value, term.low, term.high
        # Far out, IFT's fitted accuracy rounds to 0 or 1: its log-odds are infinite, the gain 0.
        plain = float(logit(ift_accuracy))
        value, low, high = (_logistic(plain + one) - ift_accuracy for one in odds)
        described = not self.failings
        return LawGain(odds, ift_accuracy, value, low, high, self.outside(point), described)

    def _predicted(self, point: LawPoint) -> FittedTerm:
        import numpy as np

        return self.fitted.predicted(np.array([1.0, *covariates(point, self.centre)]))

    def outside(self, point: LawPoint) -> tuple[Outside, ...]:
        """Where a point lies beyond what the law was fitted to; empty within it."""
        names = ("parameters", "serial depth", "token ratio")
        found = []
        for name, value, low, high in zip(names, point, self.lowest, self.highest, strict=True):
            if not low <= value <= high:
                above = value > high
                factor = value / high if above else low / value
                found.append(Outside(name, value, factor, above))
        return tuple(found)

    def typical(self, family: str) -> LawPoint | None:
        """A family's middle depth and tokens at the law's middle size; None without depths."""
        own = self.groups[self.groups["family"] == family]
        if own.empty:
            return None
        ratio = 10 ** float(own["log_ratio"].mean())
        return LawPoint(self.centre.size, float(own["depth"].mean()), ratio)

    def ift_accuracy(self, family: str, size: float, depth: float) -> float | None:
        """IFT's accuracy by a plane through its log-odds in the family; None without depths."""
        import numpy as np

        own = self.groups[self.groups["family"] == family]
        if own.empty:
            return None
        right, asked = (own[name].to_numpy(float) for name in ("ift_right", "asked"))
        odds = np.log((right + 0.5) / (asked - right + 0.5))
        design = np.column_stack([np.ones(len(own)), own["log_size"], own["depth"]])
        # Without a second depth the plane has none: lstsq takes the flattest.
        level = np.linalg.lstsq(design, odds, rcond=None)[0]
        return _logistic(float(level @ [1.0, math.log10(size), depth]))


def covariates(point: LawPoint, centre: LawPoint) -> tuple[float, float, float]:
    """A point as the law's terms take it: decades of size, steps and decades of tokens."""
    return (
        math.log10(point.size / centre.size),
        point.depth - centre.depth,
        math.log10(point.token_ratio / centre.token_ratio),
    )


def _logistic(odds: float) -> float:
    from scipy.special import expit

    return float(expit(odds))


def _signed(value: float) -> str:
    """A coefficient with the sign that stands between two terms."""
    return f"{'−' if value < 0 else '+'} {fixed(abs(value), 2)}"
