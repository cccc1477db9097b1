"""Whether an arm still improved when its budget ended, by what its second half brought."""

from dataclasses import replace

import pytest
from tests.report.scored import scored

from breakeven.findings.groups import groups
from breakeven.findings.levelling import (
    MARGIN,
    levelling,
    levelling_of_arms,
    levelling_of_trials,
)
from breakeven.findings.scored_results import scored_results
from breakeven.rows.budget_trial import BudgetTrial


@pytest.mark.parametrize(
    ("low", "high", "stands"),
    [
        (-0.02, 0.02, "levelled off"),
        (0.005, 0.029, "levelled off"),  # a gain that is sure and small
        (-0.2, -0.1, "levelled off"),  # more training only harmed
        (0.01, 0.05, "still improving"),
        (0.04, 0.3, "still improving"),
        (-0.01, 0.04, "undecided"),
        (0.0, MARGIN, "undecided"),
        (None, None, "undecided"),
    ],
)
def test_the_interval_decides(low, high, stands):
    assert levelling(low, high) == stands


def trial(share, right, items=200, *, start=0, student="small", arm="ift", tokens=1000):
    names = [f"i{number}" for number in range(items)]
    chosen = {names[(start + number) % items] for number in range(right)}
    return BudgetTrial(
        student=student,
        arm=arm,
        seed=0,
        learning_rate=1e-3,
        share=share,
        trained_tokens=int(tokens * share),
        supervised_tokens=int(100 * share),
        train_flops=None,
        right=tuple(sorted(chosen)),
        wrong=tuple(sorted(set(names) - chosen)),
    )


def test_trials_are_compared_item_by_item():
    """The same two accuracies: certain where items agree, uncertain where they do not."""
    (agree,) = levelling_of_trials([trial(0.5, 190), trial(1.0, 192), trial(0.25, 20)])
    (differ,) = levelling_of_trials([trial(0.5, 100), trial(1.0, 102, start=100)])
    assert (agree.half, agree.whole, agree.share, agree.items) == (0.95, 0.96, 0.5, 200)
    assert agree.gain == pytest.approx(differ.gain) == pytest.approx(0.01)
    assert agree.high - agree.low < 0.25 * (differ.high - differ.low)
    assert (agree.stands, differ.stands) == ("levelled off", "undecided")
    assert agree.asked == "tune side"


def test_a_trial_that_gains_is_still_improving_and_each_student_is_told_apart():
    rows = [
        *(trial(0.5, 100), trial(1.0, 150)),
        *(trial(0.5, 200, student="large"), trial(1.0, 200, student="large")),
    ]
    assert {one.student: one.stands for one in levelling_of_trials(rows)} == {
        "small": "still improving",
        "large": "levelled off",
    }


def test_only_items_that_both_were_asked_count():
    half, whole = trial(0.5, 50, items=100), trial(1.0, 100)
    (check,) = levelling_of_trials([half, whole])
    assert check.items == 100
    assert (check.half, check.whole) == (0.5, 1.0)


@pytest.mark.parametrize(
    "rows",
    [[trial(1.0, 100)], [trial(0.25, 10), trial(1.0, 100)], [trial(0.5, 0, 0), trial(1.0, 0, 0)]],
)
def test_without_about_half_a_budget_or_items_nothing_is_said(rows):
    assert levelling_of_trials(rows) == ()


def study_of(right, tokens):
    """Scored results in which two arms stand for two budgets."""
    results = scored(right)
    cells = tuple(replace(cell, train_tokens=tokens.get(cell.arm)) for cell in results.cells)
    made = scored_results(replace(results, cells=cells))
    every = [
        group
        for family in made.results.families()
        for style in ("ift", "reasoning")
        for group in groups(made.results, style, family=family)
    ]
    return made, every


RIGHT = {
    ("small", "ift", "math-open/a"): 100,
    ("small", "reasoning", "math-open/a"): 140,
    ("small", "ift", "general-open/b"): 180,
    ("small", "reasoning", "general-open/b"): 180,
}


def test_arms_of_a_study_are_compared_over_all_families():
    made, every = study_of(RIGHT, {"ift": 520.0, "reasoning": 1000.0})
    (check,) = levelling_of_arms(made, every, [("ift", "reasoning")])
    assert (check.arm, check.asked, check.items, check.share) == (
        *("reasoning", "test items", 400, 0.52),
    )
    assert (check.half, check.whole) == pytest.approx((0.7, 0.8))
    assert check.gain == pytest.approx(0.1)
    assert check.low > 0.03
    assert check.stands == "still improving"


@pytest.mark.parametrize(
    "tokens",
    [{"ift": 1000.0, "reasoning": 1000.0}, {"ift": 100.0, "reasoning": 1000.0}, {"ift": 5.0}],
)
def test_arms_without_about_half_of_the_tokens_say_nothing(tokens):
    made, every = study_of(RIGHT, tokens)
    assert levelling_of_arms(made, every, [("ift", "reasoning")]) == ()
