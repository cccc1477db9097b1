"""The law of the gain in these results: by size, serial depth and extra tokens, or why not.

Described with intervals, and not part of what the report decides: it sums up differences that are
decided one by one.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from breakeven.findings.differences import NO_ITEMS
from breakeven.findings.direction import Direction
from breakeven.findings.equal_cost import FIT_REACH
from breakeven.findings.groups import GroupPair
from breakeven.findings.paired_questions import (
    PairedQuestions,
    generated_by_question,
    paired_questions,
    pairs_by_arms,
)
from breakeven.findings.scored_results import ScoredResults
from breakeven.frontiers.gain_law import (
    FittedTerm,
    GainLaw,
    GroupedAnswers,
    LeftOut,
    fit_gain_law,
    leave_one_size_out,
    variance_inflation,
)
from breakeven.words import fixed, size_word, times, unsigned_points

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

LEAST_SIZES, LEAST_DEPTHS, LEAST_SEEDS, LEAST_CONTENTS = 3, 3, 2, 30
# What moves with the others so far that its error triples tells nothing of its own.
MOST_INFLATION = 10.0
# A miss of less than this, a fraction, is no reason against a law, however alike the gains are.
LEAST_TELLING_MISS = 0.1
LAW_TERMS = ("constant", "log10_parameters", "serial_depth", "log10_token_ratio")
NEEDS_BOTH = "no student of known size has both an IFT and a reasoning arm"


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
        """The gain at a point where IFT has this accuracy, a fraction between 0 and 1.

        The interval is a prediction's, of a cell of a new size; the error of IFT's accuracy is not
        in it.
        """
        term = self._predicted(point)
        odds = term.value, term.low, term.high
        plain = math.log(ift_accuracy / (1 - ift_accuracy))
        value, low, high = (_logistic(plain + one) - ift_accuracy for one in odds)
        described = not self.failings
        return LawGain(odds, ift_accuracy, value, low, high, self.outside(point), described)

    def _predicted(self, point: LawPoint) -> FittedTerm:
        import numpy as np

        return self.fitted.predicted(np.array([1.0, *_covariates(point, self.centre)]))

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


class LawFinding(NamedTuple):
    """The law, or None with every reason why these results do not give one."""

    law: Law | None
    reasons: tuple[str, ...] = ()


def gain_law(
    scored: ScoredResults, *, decoding: str | None = None, draws: int = 2000, seed: int = 0
) -> LawFinding:
    """Fit the law to the questions whose serial depth is known, all families together.

    Of several pairs of arms, the one with the most sizes is taken, the first of equals. `draws`
    and `seed` are those of the bootstrap over contents.
    """
    scored = scored.of_decoding(decoding)
    pairs = _most_sizes(pairs_by_arms(scored.results))
    if not pairs:
        return LawFinding(None, (NEEDS_BOTH,))
    if scored.results.items is None:
        return LawFinding(None, (NO_ITEMS, *_too_few_sizes_and_seeds(pairs)))
    found = {
        one[0].ift.cells[0].student: paired
        for one in pairs
        if (paired := _with_depth(scored.results.items, one)) is not None
    }
    if not found:
        why = "no question whose serial depth and tokens are known in both arms"
        return LawFinding(None, (why, *_too_few_sizes_and_seeds(pairs)))
    sizes = {
        one[0].ift.cells[0].student: float(one[0].ift.cells[0].size_parameters or 0)
        for one in pairs
    }
    grouped = _grouped(found, sizes)
    reasons = _why_undecided(grouped)
    if reasons:
        return LawFinding(None, reasons)
    return LawFinding(_law(grouped, pairs[0][0], draws, seed))


class _Grouped(NamedTuple):
    """Answers of all students by group; `groups` is a row a group, `right` as GroupedAnswers."""

    groups: "pd.DataFrame"
    right: "NDArray[np.float64]"
    group: "NDArray[np.int64]"
    cluster: "NDArray[np.int64]"


def _most_sizes(every: Sequence[list[GroupPair]]) -> list[list[GroupPair]]:
    """The pairs of one corpus, method and two arms, a list a student."""
    by_arms: dict[tuple[object, ...], list[list[GroupPair]]] = {}
    for pairs in every:
        plain, cell = pairs[0].ift.cells[0], pairs[0].reasoning.cells[0]
        if cell.size_parameters:
            by_arms.setdefault((cell.corpus, cell.method, plain.arm, cell.arm), []).append(pairs)
    return max(by_arms.values(), key=len, default=[])


def _too_few_sizes_and_seeds(pairs: Sequence[list[GroupPair]]) -> tuple[str, ...]:
    sizes = {one[0].ift.cells[0].size_parameters for one in pairs}
    seeds = min(len({c.seed for c in pair.reasoning.cells}) for one in pairs for pair in one)
    return (*_too_few("size", len(sizes), LEAST_SIZES), *_too_few("seed", seeds, LEAST_SEEDS))


def _too_few(what: str, count: int, least: int) -> tuple[str, ...]:
    if count >= least:
        return ()
    return (f"{count} {what}{'' if count == 1 else 's'}, and the law needs {least}",)


def _with_depth(items: "pd.DataFrame", pairs: Sequence[GroupPair]) -> PairedQuestions | None:
    """A student's questions that take a known number of steps in a row."""
    if "depth" not in items.columns:
        return None
    return paired_questions(items[items["depth"].notna()], pairs, ("correct", "answer_tokens"))


def _grouped(found: Mapping[str, PairedQuestions], sizes: Mapping[str, float]) -> _Grouped:
    """Groups by student, task and depth, over the seeds that all students have."""
    import numpy as np
    import pandas as pd

    seeds = min(paired.seeds for paired in found.values())
    frames, right = [], []
    for student, paired in found.items():
        tokens = {
            style: generated_by_question(paired, style).mean(axis=0)
            for style in ("ift", "reasoning")
        }
        frames.append(
            paired.rows[["family", "task", "depth"]].assign(
                student=student, label=paired.labels, **tokens
            )
        )
        styles = [paired.columns["correct", style][:seeds].T for style in ("ift", "reasoning")]
        right.append(np.stack(styles, axis=2))
    rows, answers = pd.concat(frames, ignore_index=True), np.concatenate(right)
    rows["ift_right"], rows["reasoning_right"] = answers.mean(axis=1).T
    keys = ["student", "family", "task", "depth"]
    by_group = rows.groupby(keys, sort=True, observed=True)
    groups = by_group.agg(
        asked=("label", "size"),
        ift_right=("ift_right", "sum"),
        reasoning_right=("reasoning_right", "sum"),
        ift=("ift", "mean"),
        reasoning=("reasoning", "mean"),
    ).reset_index()
    groups["depth"] = groups["depth"].astype(float)
    groups["size"] = groups["student"].map(dict(sizes)).astype(float)
    groups["log_size"] = np.log10(groups["size"])
    with np.errstate(divide="ignore", invalid="ignore"):
        groups["log_ratio"] = np.log10(groups["reasoning"] / groups["ift"])
    return _Grouped(
        groups,
        answers,
        np.asarray(by_group.ngroup(), dtype=np.int64),
        np.asarray(pd.factorize(rows["label"])[0], dtype=np.int64),
    )


def _why_undecided(grouped: _Grouped) -> tuple[str, ...]:
    """Every reason why size, depth and tokens cannot be told apart here."""
    import numpy as np

    groups = grouped.groups
    reasons = [
        *_too_few("size", groups["size"].nunique(), LEAST_SIZES),
        *_too_few("serial depth", groups["depth"].nunique(), LEAST_DEPTHS),
        *_too_few("seed", grouped.right.shape[1], LEAST_SEEDS),
        *_too_few("content", len(np.unique(grouped.cluster)), LEAST_CONTENTS),
    ]
    if not np.isfinite(groups["log_ratio"]).all():
        reasons.append("an arm that generates no tokens, so that there is no ratio")
    if reasons:
        return tuple(reasons)
    names = ("size", "serial depth", "the ratio of tokens")
    terms = groups[["log_size", "depth", "log_ratio"]].to_numpy()
    inflated = variance_inflation(terms, groups["asked"].to_numpy(float))
    tied = [name for name, one in zip(names, inflated, strict=True) if one > MOST_INFLATION]
    if tied:
        return (
            f"{' and '.join(tied)} move{'s' if len(tied) == 1 else ''} with the rest, so that what "
            "each adds cannot be told apart",
        )
    return ()


def _law(grouped: _Grouped, pair: GroupPair, draws: int, seed: int) -> Law:
    import numpy as np

    groups = grouped.groups
    # Two figures, so that the printed equation is the fitted one.
    centre = LawPoint(
        float(f"{10 ** groups['log_size'].mean():.2g}"),
        float(f"{groups['depth'].mean():.2g}"),
        float(f"{10 ** groups['log_ratio'].mean():.2g}"),
    )
    points = [
        LawPoint(size, depth, 10**ratio)
        for size, depth, ratio in groups[["size", "depth", "log_ratio"]].to_numpy().tolist()
    ]
    answers = GroupedAnswers(
        grouped.right,
        grouped.group,
        grouped.cluster,
        np.array([_covariates(point, centre) for point in points]),
    )
    fitted = fit_gain_law(answers, draws, seed)
    constant, size, depth, ratio = (fitted.along(row) for row in np.eye(4))
    return Law(
        arms=(pair.ift.cells[0].arm, pair.reasoning.cells[0].arm),
        students=tuple(dict.fromkeys(groups.sort_values("size")["student"])),
        tasks=tuple(dict.fromkeys(groups["task"])),
        seeds=grouped.right.shape[1],
        contents=len(np.unique(grouped.cluster)),
        centre=centre,
        lowest=LawPoint(*map(min, zip(*points, strict=True))),
        highest=LawPoint(*map(max, zip(*points, strict=True))),
        terms=(constant, size, depth, ratio),
        fitted=fitted,
        left_out=leave_one_size_out(answers),
        groups=groups,
    )


def _covariates(point: LawPoint, centre: LawPoint) -> tuple[float, float, float]:
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
