"""Simulated studies have the truth they claim, and the table reports what was simulated."""

import numpy as np
import pytest

from breakeven.statistics.promises import Promise, promise_rows, promise_table
from breakeven.statistics.simulation import (
    StudyDesign,
    TaskDesign,
    passages_of,
    simulate,
    true_accuracy,
    true_family_accuracy,
)

ABILITY = ((-0.5, 0.5), (0.0, 1.5))


def test_truth_without_any_spread_is_the_logistic_curve():
    design = StudyDesign(ABILITY, (TaskDesign(10),), item_sd=0, style_sd=0)
    expected = 1 / (1 + np.exp(-np.array(ABILITY)))
    assert true_accuracy(design, design.tasks[0]) == pytest.approx(expected)


def test_an_ability_of_zero_is_right_half_of_the_time_whatever_the_spread():
    design = StudyDesign(((0.0,),), (TaskDesign(10, passages=2),), item_sd=3.0, seed_sd=1.0)
    assert true_accuracy(design, design.tasks[0]) == pytest.approx(np.array([[0.5]]))


def test_simulated_accuracies_agree_with_the_truth():
    tasks = (TaskDesign(60_000, easiness=0.4), TaskDesign(60_000, passages=30_000))
    design = StudyDesign(ABILITY, tasks)
    outcomes = simulate(design, np.random.default_rng(0))
    found = np.mean([task.mean(axis=(2, 3)) for task in outcomes], axis=0)
    assert found == pytest.approx(true_family_accuracy(design), abs=0.008)


def test_cells_share_what_makes_an_item_hard():
    design = StudyDesign(ABILITY, (TaskDesign(4000),), item_sd=2.0, style_sd=0.0)
    outcomes = simulate(design, np.random.default_rng(1))[0]
    assert np.corrcoef(outcomes[0, 0, 0], outcomes[1, 1, 0])[0, 1] > 0.2


def test_seeds_differ_by_their_own_spread():
    design = StudyDesign(
        ((0.0,),), (TaskDesign(3000),), item_sd=0, style_sd=0, seed_sd=0.4, seeds=200
    )
    by_seed = simulate(design, np.random.default_rng(2))[0].mean(axis=-1)
    # A logit of 0.4 is about 0.4/4 of accuracy around one half.
    assert by_seed.std() == pytest.approx(0.1, rel=0.15)


def test_passages_split_items_evenly_and_in_order():
    assert passages_of(TaskDesign(6, passages=3)).tolist() == [0, 0, 1, 1, 2, 2]
    assert passages_of(TaskDesign(6)) is None


def test_rows_count_over_studies_and_cells():
    promises = {"a": Promise("accuracy", "Wilson", 0.6, 0.9)}
    rows = promise_rows(promises, [{"a": [True, True]}, {"a": [True, False]}])
    assert (rows[0].share, rows[0].lowest, rows[0].highest) == (0.75, 0.5, 1.0)
    # Study shares 1 and 0.5: s/√2 = 0.25.
    assert rows[0].error == pytest.approx(0.25)
    assert rows[0].holds


def test_a_row_outside_its_bounds_is_said_to_fail():
    promises = {"a": Promise("accuracy", "Wilson", 0.93, 0.97)}
    rows = promise_rows(promises, [{"a": [True]}, {"a": [False]}])
    assert not rows[0].holds
    assert promise_table(rows).endswith("| 2 | 50.0% | 50.0% |  | 93% to 97% | no |")


def test_one_study_makes_no_row():
    with pytest.raises(ValueError, match="use at least 2"):
        promise_rows({"a": Promise("accuracy", "Wilson", 0.9, 1.0)}, [{"a": [True]}])
