"""Tests of claims about the length of answers; they need token counts by item."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from breakeven.findings.combine import all_of, any_of
from breakeven.findings.groups import Group, group_pairs, groups
from breakeven.findings.lengths import (
    LEAST_ANSWERS,
    TOKENS_BY_ITEM,
    LogRatio,
    counted_answers,
    log_ratio,
    mean_ratio,
    rows_of,
)
from breakeven.findings.outcome import Outcome, not_testable
from breakeven.findings.scored_results import ScoredResults

if TYPE_CHECKING:
    import pandas as pd

NO_TOKENS = "no token counts by item in these results"


def wrong_answers_longer(
    scored: ScoredResults, *, least: float, most: float, rounding: float
) -> Outcome:
    """Wrong reasoning answers are `least` to `most` times as long as right ones."""
    rows = counted_answers(scored)
    if rows is None:
        return not_testable(NO_TOKENS, TOKENS_BY_ITEM)
    thinking = groups(scored.results, "reasoning")
    found = [
        ratio
        for group in thinking
        if (ratio := _wrong_over_right(rows_of(rows, group))) is not None
    ]
    if not found:
        reason = f"no reasoning cell with {LEAST_ANSWERS} right and {LEAST_ANSWERS} wrong answers"
        return not_testable(reason, "more questions and seeds")
    paired = _within_questions(rows, thinking)
    outcome = _within_range(
        found, least - rounding, most + rounding, "wrong answers over right ones"
    )
    return replace(outcome, evidence=outcome.evidence + paired)


def reasoning_answers_longer(
    scored: ScoredResults, *, least: float, most: float, rounding: float
) -> Outcome:
    """Reasoning answers are `least` to `most` times as long as IFT answers."""
    rows = counted_answers(scored)
    if rows is None:
        return not_testable(NO_TOKENS, TOKENS_BY_ITEM)
    found = [
        ratio
        for pair in group_pairs(scored.results)
        if (ratio := log_ratio(rows_of(rows, pair.reasoning), rows_of(rows, pair.ift))) is not None
    ]
    if not found:
        return not_testable("no pair with token counts", TOKENS_BY_ITEM)
    return _within_range(
        found, least - rounding, most + rounding, "reasoning answers over IFT ones"
    )


def _within_range(ratios: Sequence[LogRatio], low: float, high: float, what: str) -> Outcome:
    """Judge the geometric mean of the ratios against a range."""
    found = mean_ratio(ratios)
    if found is None:
        return not_testable("no seed that all cells with token counts share", TOKENS_BY_ITEM)
    return Outcome(
        p_supported=all_of([found.p_above(low), found.p_below(high)]),
        p_contradicted=any_of([found.p_below(low), found.p_above(high)]),
        evidence=f"{what}: {found.value:.2f}x (95% interval {found.low:.2f} to {found.high:.2f}), "
        f"the mean over {len(ratios)} cells",
        would_decide="more questions and seeds",
        numbers={"ratio": found.value, "cells": len(ratios)},
    )


def _wrong_over_right(rows: "pd.DataFrame") -> LogRatio | None:
    """Mean tokens of wrong answers over right ones; answers with part marks are left out."""
    return log_ratio(rows[rows["correct"] == 0], rows[rows["correct"] == 1])


def _within_questions(rows: "pd.DataFrame", reasoning: Sequence[Group]) -> str:
    """The same ratio between answers of several students to one question, in words."""
    import pandas as pd

    from breakeven.frontiers.length import tokens_by_correctness

    every = pd.concat([rows_of(rows, group) for group in reasoning])
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
