"""Tests of claims about the length of answers; they need token counts by item."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from breakeven.findings.combine import all_of, any_of
from breakeven.findings.groups import Group, group_pairs, groups
from breakeven.findings.outcome import Outcome, not_testable
from breakeven.findings.scored_results import ScoredResults
from breakeven.results.aggregate import generated_tokens

if TYPE_CHECKING:
    import pandas as pd

TOKENS_BY_ITEM = "thinking and answer tokens of every answer"
# Fewer answers on either side make a mean too loose for its error to be trusted.
LEAST_ANSWERS = 10


class LogRatio(NamedTuple):
    """Natural log of a ratio of two mean lengths, with its standard error over items."""

    value: float
    standard_error: float


def wrong_answers_longer(
    scored: ScoredResults, *, least: float, most: float, rounding: float
) -> Outcome:
    """Wrong reasoning answers are `least` to `most` times as long as right ones."""
    rows = _answers(scored)
    if rows is None:
        return not_testable("no token counts by item in these results", TOKENS_BY_ITEM)
    found = [
        ratio
        for group in groups(scored.results, "reasoning")
        if (ratio := _wrong_over_right(_rows_of(rows, group)))
    ]
    if not found:
        reason = f"no reasoning cell with {LEAST_ANSWERS} right and {LEAST_ANSWERS} wrong answers"
        return not_testable(reason, "more items")
    paired = _within_questions(rows, groups(scored.results, "reasoning"))
    outcome = _within_range(
        found, least - rounding, most + rounding, "wrong answers over right ones"
    )
    return replace(outcome, evidence=outcome.evidence + paired)


def reasoning_answers_longer(
    scored: ScoredResults, *, least: float, most: float, rounding: float
) -> Outcome:
    """Reasoning answers are `least` to `most` times as long as IFT answers."""
    rows = _answers(scored)
    if rows is None:
        return not_testable("no token counts by item in these results", TOKENS_BY_ITEM)
    found = [
        ratio
        for pair in group_pairs(scored.results)
        if (ratio := _reasoning_over_ift(_rows_of(rows, pair.reasoning), _rows_of(rows, pair.ift)))
    ]
    if not found:
        return not_testable("no pair with token counts", TOKENS_BY_ITEM)
    return _within_range(
        found, least - rounding, most + rounding, "reasoning answers over IFT ones"
    )


def _within_range(ratios: Sequence[LogRatio], low: float, high: float, what: str) -> Outcome:
    """Judge the geometric mean of the ratios against a range.

    Cells share items, so their errors are added as if they always went the same way.
    """
    from scipy.special import ndtr

    mean = sum(ratio.value for ratio in ratios) / len(ratios)
    error = sum(ratio.standard_error for ratio in ratios) / len(ratios)
    # The p of a ratio below the range, and of one above it; both must be small to support the
    # claim.
    above_low = float(ndtr((math.log(low) - mean) / error)) if error else None
    below_high = float(ndtr((mean - math.log(high)) / error)) if error else None
    outside = [None if p is None else 1 - p for p in (above_low, below_high)]
    interval = f"{math.exp(mean - 1.96 * error):.2f} to {math.exp(mean + 1.96 * error):.2f}"
    return Outcome(
        p_supported=all_of([above_low, below_high]),
        p_contradicted=any_of(outside),
        evidence=f"{what}: {math.exp(mean):.2f}x (95% interval {interval}), the mean over "
        f"{len(ratios)} cells",
        would_decide="more items",
        numbers={"ratio": math.exp(mean), "cells": len(ratios)},
    )


def _answers(scored: ScoredResults) -> "pd.DataFrame | None":
    """One row an answer with its generated tokens; None where they were not counted."""
    items = scored.results.items
    if items is None or "answer_tokens" not in items.columns:
        return None
    counted = items.dropna(subset=["answer_tokens"])
    if counted.empty:
        return None
    return counted.assign(tokens=generated_tokens(counted), question=_questions(counted))


def _questions(items: "pd.DataFrame") -> "pd.Series[str]":
    own = items["task"].astype(str) + "/" + items["item"].astype(str)
    if "cluster" not in items.columns:
        return own
    return items["cluster"].astype("object").where(items["cluster"].notna(), own).astype(str)


def _rows_of(rows: "pd.DataFrame", group: Group) -> "pd.DataFrame":
    cell = group.cells[0]
    keys = ("student", "arm", "decoding", "family")
    mask = rows["seed"].isin([one.seed for one in group.cells])
    for key in keys:
        mask &= rows[key] == getattr(cell, key)
    return rows[mask]


def _wrong_over_right(rows: "pd.DataFrame") -> LogRatio | None:
    """Mean tokens of wrong answers over right ones; answers with part marks are left out."""
    wrong, right = rows[rows["correct"] == 0], rows[rows["correct"] == 1]
    if min(len(wrong), len(right)) < LEAST_ANSWERS:
        return None
    return _log_ratio(wrong, right)


def _reasoning_over_ift(reasoning: "pd.DataFrame", ift: "pd.DataFrame") -> LogRatio | None:
    if min(len(reasoning), len(ift)) < LEAST_ANSWERS:
        return None
    return _log_ratio(reasoning, ift)


def _log_ratio(upper: "pd.DataFrame", lower: "pd.DataFrame") -> LogRatio | None:
    """Log of the ratio of mean tokens; its error by linearisation, summed within questions."""
    means = float(upper["tokens"].mean()), float(lower["tokens"].mean())
    if not all(mean > 0 for mean in means):
        return None
    shares = [
        ((part["tokens"] / mean - 1) / len(part)).groupby(part["question"]).sum()
        for part, mean in zip((upper, lower), means, strict=True)
    ]
    residuals = shares[0].sub(shares[1], fill_value=0.0)
    count = len(residuals)
    if count < 2:
        return None
    error = math.sqrt(float((residuals**2).sum()) * count / (count - 1))
    return LogRatio(math.log(means[0] / means[1]), error)


def _within_questions(rows: "pd.DataFrame", reasoning: Sequence[Group]) -> str:
    """The same ratio between answers of several students to one question, in words."""
    import pandas as pd

    from breakeven.frontiers.length import tokens_by_correctness

    every = pd.concat([_rows_of(rows, group) for group in reasoning])
    marked = every[every["correct"].isin((0, 1))]
    names = marked["task"].astype(str) + "/" + marked["item"].astype(str)
    found = tokens_by_correctness(
        marked["tokens"].to_numpy(),
        marked["correct"].to_numpy(dtype=float),
        names.to_numpy(str),
        clusters=marked["question"].to_numpy(str),
    )
    if found.paired_ratio is None or found.paired_low is None or found.paired_high is None:
        return ""
    return (
        f"; between students that answered the same question ({found.paired_questions} such), "
        f"{found.paired_ratio:.2f}x ({found.paired_low:.2f} to {found.paired_high:.2f})"
    )
