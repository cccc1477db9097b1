"""Ratios of mean lengths, in the logarithm, with what items and training runs add to the error."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from breakeven.findings.groups import Group
from breakeven.findings.scored_results import ScoredResults
from breakeven.results.aggregate import generated_tokens

if TYPE_CHECKING:
    import pandas as pd

TOKENS_BY_ITEM = "thinking and answer tokens of every answer"
# Fewer answers on either side make a mean too loose for its error to be trusted.
LEAST_ANSWERS = 10


class LogRatio(NamedTuple):
    """Natural log of a ratio of two mean lengths, by training seed.

    `item_error` is the standard error over items of the mean over the seeds.
    """

    by_seed: Mapping[int, float]
    item_error: float


class MeanRatio(NamedTuple):
    """A geometric mean of ratios with its 95% interval; `value` and `low` to `high` are ratios.

    `between` is the variance of the mean log by training runs, 0 with one seed, `shared` that by
    items.
    """

    value: float
    low: float
    high: float
    seeds: int
    between: float
    shared: float

    def p_above(self, ratio: float) -> float | None:
        """The one-sided p of the true ratio being above; None where nothing varies."""
        from scipy.special import ndtr

        from breakeven.statistics.strata import p_over_seeds

        distance, error = math.log(self.value / ratio), math.sqrt(self.between + self.shared)
        if error == 0:
            return None
        if self.seeds == 1:
            return float(ndtr(-distance / error))
        half = p_over_seeds(distance, self.seeds - 1, self.between, self.shared) / 2
        return half if distance > 0 else 1 - half

    def p_below(self, ratio: float) -> float | None:
        """The one-sided p of the true ratio being below; None where nothing varies."""
        above = self.p_above(ratio)
        return None if above is None else 1 - above


def counted_answers(scored: ScoredResults) -> "pd.DataFrame | None":
    """One row an answer with its generated tokens; None where they were not counted."""
    items = scored.results.items
    if items is None or "answer_tokens" not in items.columns:
        return None
    counted = items.dropna(subset=["answer_tokens"])
    if counted.empty:
        return None
    return counted.assign(tokens=generated_tokens(counted), question=_questions(counted))


def rows_of(rows: "pd.DataFrame", group: Group) -> "pd.DataFrame":
    """The answers of a group."""
    cell = group.cells[0]
    mask = rows["seed"].isin([one.seed for one in group.cells])
    for key in ("student", "arm", "decoding", "family"):
        mask &= rows[key] == getattr(cell, key)
    return rows[mask]


def log_ratio(upper: "pd.DataFrame", lower: "pd.DataFrame") -> LogRatio | None:
    """Of the mean tokens of two sets of answers, on the seeds that both have.

    None with fewer than `LEAST_ANSWERS` on a side in any seed. The error is by linearisation,
    summed within questions.
    """
    seeds = sorted(set(upper["seed"]) & set(lower["seed"]))
    found, shares = {}, []
    for seed in seeds:
        parts = [rows[rows["seed"] == seed] for rows in (upper, lower)]
        means = [float(part["tokens"].mean()) for part in parts]
        if min(map(len, parts)) < LEAST_ANSWERS or not all(mean > 0 for mean in means):
            return None
        found[int(seed)] = math.log(means[0] / means[1])
        above, below = (
            ((part["tokens"] / mean - 1) / len(part)).groupby(part["question"]).sum()
            for part, mean in zip(parts, means, strict=True)
        )
        shares.append(above.sub(below, fill_value=0.0) / len(seeds))
    if not found:
        return None
    residuals = shares[0]
    for other in shares[1:]:
        residuals = residuals.add(other, fill_value=0.0)
    count = len(residuals)
    if count < 2:
        return None
    return LogRatio(found, math.sqrt(float((residuals**2).sum()) * count / (count - 1)))


def mean_ratio(ratios: Sequence[LogRatio]) -> MeanRatio | None:
    """The geometric mean over cells, on the seeds that all have; None where they share none.

    Cells share items, so their errors are added as if they always went the same way. Runs of one
    seed are taken together, so that what they share stays in the spread of the seeds.
    """
    from breakeven.statistics.strata import margin_over_seeds

    seeds = sorted(set.intersection(*(set(one.by_seed) for one in ratios)))
    if not seeds:
        return None
    means = [sum(one.by_seed[seed] for one in ratios) / len(ratios) for seed in seeds]
    mean = sum(means) / len(seeds)
    shared = (sum(one.item_error for one in ratios) / len(ratios)) ** 2
    if len(seeds) == 1:
        between, margin = 0.0, 1.96 * math.sqrt(shared)
    else:
        spread = sum((one - mean) ** 2 for one in means) / (len(seeds) - 1)
        between = spread / len(seeds)
        margin = margin_over_seeds(0.95, len(seeds) - 1, between, shared)
    ends = (math.exp(mean - margin), math.exp(mean + margin))
    return MeanRatio(math.exp(mean), *ends, len(seeds), between, shared)


def _questions(items: "pd.DataFrame") -> "pd.Series[str]":
    own = items["task"].astype(str) + "/" + items["item"].astype(str)
    if "cluster" not in items.columns:
        return own
    return items["cluster"].astype("object").where(items["cluster"].notna(), own).astype(str)
