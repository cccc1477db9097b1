"""The law is found again in data that follow it, and its intervals hold what they promise."""

from typing import NamedTuple

import numpy as np
import pytest
from scipy.special import expit

from breakeven.frontiers.gain_law import (
    GroupedAnswers,
    fit_gain_law,
    leave_one_size_out,
    variance_inflation,
)

SIZES, DEPTHS = (-1.0, -0.4, 0.3, 1.1), (2.0, 3.0, 4.0, 5.0)
TRUTH = np.array([0.8, 1.2, -0.35, 0.9])


class Design(NamedTuple):
    items: int = 40
    seeds: int = 3
    run_sd: float = 0.15
    size_sd: float = 0.0
    cell_sd: float = 0.0


def simulated(rng: np.random.Generator, design: Design, truth=TRUTH) -> GroupedAnswers:
    """Two formats of each content; a content is as hard for all, a run is better or worse."""
    right, group, cluster, covariates = [], [], [], []
    runs = rng.normal(scale=design.run_sd, size=(len(SIZES), design.seeds, 2))
    apart = rng.normal(scale=design.size_sd, size=len(SIZES))
    for format_ in range(2):
        # Luck is uniform for every answer, so that groups have the law's chances exactly.
        for place, depth in enumerate(DEPTHS):
            shared = np.random.default_rng([place, int(rng.integers(2**31))])
            names = place * design.items + np.arange(design.items)
            hard = shared.permutation(design.items)
            for size_place, size in enumerate(SIZES):
                ratio = 0.2 * depth + 0.5 * format_ + 0.3 * np.sin(3 * size + depth)
                x = np.array([size, depth - 3.5, ratio - 0.9])
                level = -0.6 + 0.7 * size + 0.4 * format_ - 0.2 * (depth - 3.5)
                covariates.append(x)
                odds = np.array([level, level + truth @ np.r_[1, x]])
                odds[1] += apart[size_place] + rng.normal(scale=design.cell_sd)
                chance = expit(odds + runs[size_place])
                own = rng.random((design.items, design.seeds, 2))
                # Half of the answers go by how hard the content is, the others by themselves.
                luck = np.where(
                    rng.random((design.items, design.seeds, 2)) < 0.5,
                    ((hard + rng.random(design.items)) / design.items)[:, None, None],
                    own,
                )
                right.append(luck < chance)
                group.append(np.full(design.items, len(covariates) - 1))
                cluster.append(names)
    return GroupedAnswers(
        np.concatenate(right).astype(float),
        np.concatenate(group),
        np.concatenate(cluster),
        np.array(covariates),
    )


def test_the_law_is_found_again_where_there_are_many_answers() -> None:
    answers = simulated(np.random.default_rng(0), Design(items=3000, run_sd=0.0))
    assert fit_gain_law(answers, draws=2).coefficients == pytest.approx(TRUTH, abs=0.12)


def test_intervals_hold_the_known_law_in_at_least_nine_of_ten_studies() -> None:
    rng = np.random.default_rng(3)
    studies, held = 60, np.zeros(len(TRUTH))
    for _ in range(studies):
        law = fit_gain_law(simulated(rng, Design()), draws=100)
        for term, direction in enumerate(np.eye(len(TRUTH))):
            one = law.along(direction)
            held[term] += one.low <= TRUTH[term] <= one.high
    assert (held / studies >= 0.9).all(), held


@pytest.mark.parametrize("apart", [Design(cell_sd=0.7), Design(size_sd=0.7), Design()])
def test_a_prediction_holds_a_new_cell_of_a_new_size(apart: Design) -> None:
    rng = np.random.default_rng(9)
    studies, held = 60, 0
    for _ in range(studies):
        law = fit_gain_law(simulated(rng, apart), draws=30)
        at = np.array([1, 0.5, 0.5, 0.1])
        new = TRUTH @ at + rng.normal(scale=np.hypot(apart.cell_sd, apart.size_sd))
        found = law.predicted(at)
        held += found.low <= new <= found.high
    assert held / studies >= 0.88


def test_the_scatter_between_cells_and_between_sizes_is_found() -> None:
    answers = simulated(np.random.default_rng(11), Design(items=2000, run_sd=0, cell_sd=0.7))
    assert fit_gain_law(answers, draws=2).of_cells.value ** 0.5 == pytest.approx(0.7, abs=0.2)
    exact = simulated(np.random.default_rng(11), Design(items=2000, run_sd=0))
    assert fit_gain_law(exact, draws=2).of_cells.value ** 0.5 < 0.12
    of_sizes = [
        fit_gain_law(simulated(np.random.default_rng(k), Design(size_sd=0.7)), draws=2).of_sizes
        for k in range(40)
    ]
    assert {one.degrees_of_freedom for one in of_sizes} == {2}
    assert np.mean([one.value for one in of_sizes]) ** 0.5 == pytest.approx(0.7, abs=0.2)


def test_a_law_without_a_gain_is_called_one_in_few_studies() -> None:
    rng = np.random.default_rng(4)
    wrong = 0
    for _ in range(40):
        law = fit_gain_law(simulated(rng, Design(), truth=np.zeros(4)), draws=60)
        wrong += law.along(np.array([1.0, 0, 0, 0])).p_value < 0.05
    assert wrong <= 4


def test_groups_that_are_all_right_or_all_wrong_leave_the_law_finite() -> None:
    answers = simulated(np.random.default_rng(5), Design())
    right = answers.right.copy()
    right[answers.group == 0] = 1
    right[answers.group == 5] = 0
    law = fit_gain_law(answers._replace(right=right), draws=20)
    assert np.isfinite(law.draws).all()
    assert np.abs(law.coefficients - TRUTH).max() < 1


def test_a_size_left_out_is_met_where_the_law_holds_and_missed_where_it_does_not() -> None:
    design = Design(items=800, run_sd=0.0)
    good = simulated(np.random.default_rng(6), design)
    assert np.abs(leave_one_size_out(good).misses).mean() < 0.04
    # The largest size gains nothing at all, against what the others say of it.
    right = good.right.copy()
    largest = good.covariates[good.group, 0] == SIZES[-1]
    right[largest, :, 1] = right[largest, :, 0]
    bad = good._replace(right=right)
    assert np.abs(leave_one_size_out(bad).misses).mean() > 0.06


def test_one_seed_is_refused() -> None:
    answers = simulated(np.random.default_rng(7), Design(seeds=1))
    with pytest.raises(ValueError, match="1 seeds"):
        fit_gain_law(answers, draws=2)


def test_terms_that_move_together_are_told() -> None:
    rng = np.random.default_rng(8)
    one, other = rng.normal(size=(2, 50))
    even = np.ones(50)
    assert variance_inflation(np.c_[one, other], even).max() < 1.3
    assert variance_inflation(np.c_[one, one + 0.01 * other], even).max() > 100
    assert np.isinf(variance_inflation(np.c_[one, 2 * one], even)).all()
    assert np.isinf(variance_inflation(np.c_[one, even], even)[1])
