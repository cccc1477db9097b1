"""Whether an arm still improved when its budget ended, by what its second half brought."""

from dataclasses import replace

import pytest
from tests.report.scored import scored

from breakeven.findings.corrected import corrected_findings
from breakeven.findings.groups import groups
from breakeven.findings.levelling import (
    levelling,
    levelling_of_arms,
    levelling_of_trials,
)
from breakeven.findings.scored_results import scored_results
from breakeven.rows.budget_trial import BudgetTrial


@pytest.mark.parametrize(
    ("gain", "p_gain", "p_margin", "stands"),
    [
        (0.01, 0.5, 0.001, "levelled off"),
        (0.01, 0.001, 0.001, "levelled off"),  # a gain that is sure and small
        (-0.1, 0.001, 0.001, "levelled off"),  # more training only harmed
        (0.1, 0.001, 0.9, "still improving"),
        (0.1, 0.06, 0.9, "undecided"),
        (-0.01, 0.001, 0.06, "undecided"),
        (0.02, 0.2, 0.2, "undecided"),
        (0.02, None, None, "undecided"),
    ],
)
def test_adjusted_p_decide(gain, p_gain, p_margin, stands):
    assert levelling(gain, p_gain, p_margin) == stands


def alone(check):
    """How a check stands as the only one of its report, whose p need no adjustment."""
    assert check.stands == "undecided"  # before any correction
    return check.corrected(check.tests.get).stands


def test_a_report_corrects_levelling_with_its_other_tests():
    made, every = study_of(RIGHT, {"ift": 520.0, "reasoning": 1000.0})
    checks = levelling_of_arms(made, every, [("ift", "reasoning")])
    few = corrected_findings(made, levelling=checks)
    without = corrected_findings(made)
    assert few.comparisons == without.comparisons + 2
    assert few.levelling[0].stands == "still improving"
    # One of very many such checks, all of the same arm and size but for its name.
    many = [check._replace(student=f"s{n}", p_gain=1e-4) for n in range(3000) for check in checks]
    crowded = corrected_findings(made, levelling=many)
    assert {one.stands for one in crowded.levelling} == {"undecided"}


def test_one_training_of_each_budget_is_told_and_tests_nothing():
    """A seed can lie as far from another as the second half brings."""
    checks = levelling_of_trials([trial(0.5, 100), trial(1.0, 150)])
    made, every = study_of(RIGHT, {"ift": 520.0, "reasoning": 1000.0}, seeds=(0,))
    checks += levelling_of_arms(made, every, [("ift", "reasoning")])
    found = corrected_findings(made, levelling=checks)
    assert found.comparisons == corrected_findings(made).comparisons
    assert [one.stands for one in found.levelling] == ["not tested"] * 2
    assert all(one.rose and one.gain > 0.05 for one in found.levelling)


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
    assert agree.asked == "tune side"
    assert not agree.rose


def test_each_student_of_the_trials_is_told_apart():
    rows = [
        *(trial(0.5, 100), trial(1.0, 150)),
        *(trial(0.5, 200, student="large"), trial(1.0, 200, student="large")),
    ]
    assert {one.student: one.rose for one in levelling_of_trials(rows)} == {
        "small": True,
        "large": False,
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


def study_of(right, tokens, *, untaught=(), seeds=(0, 1, 2)):
    """Scored results in which arms of three seeds stand for budgets; `untaught` are families."""
    results = scored({(*key, seed): count for key, count in right.items() for seed in seeds})
    cells = tuple(
        replace(cell, train_tokens=tokens.get(cell.arm), untaught=cell.family in untaught)
        for cell in results.cells
    )
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
    assert alone(check) == "still improving"


def test_families_that_an_arm_was_not_taught_do_not_count():
    made, every = study_of(RIGHT, {"ift": 520.0, "reasoning": 1000.0}, untaught=["general-open"])
    (check,) = levelling_of_arms(made, every, [("ift", "reasoning")])
    assert (check.items, check.gain) == (200, pytest.approx(0.2))


def test_every_arm_is_held_against_its_own_half_and_not_the_largest_alone():
    right = RIGHT | {
        ("small", "ift-worked", family): 180 for family in ("math-open/a", "general-open/b")
    }
    tokens = {"ift": 500.0, "reasoning": 1000.0, "ift-worked": 2000.0}
    made, every = study_of(right, tokens)
    checks = levelling_of_arms(made, every, [("ift", "reasoning", "ift-worked")])
    assert {one.arm: one.half for one in checks} == pytest.approx(
        {"reasoning": 0.7, "ift-worked": 0.8}
    )


@pytest.mark.parametrize(
    "tokens",
    [{"ift": 1000.0, "reasoning": 1000.0}, {"ift": 100.0, "reasoning": 1000.0}, {"ift": 5.0}],
)
def test_arms_without_about_half_of_the_tokens_say_nothing(tokens):
    made, every = study_of(RIGHT, tokens)
    assert levelling_of_arms(made, every, [("ift", "reasoning")]) == ()
