"""The cost of a right answer, and what a style is worth, against cases counted by hand."""

import numpy as np
import pytest

from breakeven.frontiers.cost_of_pass import cost_of_pass, dearer_without


def test_a_right_answer_costs_a_query_for_each_try():
    assert cost_of_pass([1, 10], [0.1, 0.5]).tolist() == [10.0, 20.0]


def test_who_is_never_right_has_no_price():
    assert cost_of_pass([1, 2], [[0.0, 1.0], [0.5, 0.0]]).tolist() == [[np.inf, 2.0], [2.0, np.inf]]


def test_tries_until_an_answer_is_right_cost_as_much_on_average():
    rng = np.random.default_rng(0)
    tries = rng.geometric(0.3, 200_000)
    assert 7.0 * tries.mean() == pytest.approx(cost_of_pass([7.0], [0.3])[0], rel=0.01)


@pytest.mark.parametrize(
    ("kind", "times"),
    # 10, 4 and 5 FLOPs a right answer: plain 4, thinking 5, untrained 10.
    [("ift", 1.25), ("reasoning", 1.0), ("base", 1.0)],
)
def test_a_kind_is_worth_how_much_dearer_it_gets_without(kind, times):
    costs, accuracies = [1, 2, 4], [0.1, 0.5, 0.8]
    kinds = ["base", "ift", "reasoning"]
    assert dearer_without(costs, accuracies, kinds, kind) == pytest.approx(times)


def test_all_cells_of_a_kind_go_at_once():
    kinds = ["ift", "ift", "reasoning"]
    assert dearer_without([1, 1, 1], [0.5, 0.4, 0.1], kinds, "ift") == pytest.approx(5.0)


def test_draws_are_each_judged_alone_and_may_have_no_right_answer():
    draws = [[0.5, 0.25], [0.5, 0.0], [0.0, 0.5], [0.0, 0.0]]
    found = dearer_without([1, 1], draws, ["ift", "reasoning"], "ift")
    assert found.tolist()[:3] == [2.0, np.inf, 1.0]
    assert np.isnan(found[3])


@pytest.mark.parametrize("kinds", [["ift", "ift"], ["ift"]])
def test_without_another_kind_there_is_nothing_to_compare(kinds):
    with pytest.raises(ValueError, match="use one a cell, and others"):
        dearer_without([1, 2], [0.5, 0.5], kinds, "ift")
