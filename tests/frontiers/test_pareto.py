import itertools

import numpy as np
import pytest

from breakeven.frontiers.pareto import (
    frontier,
    on_frontier,
    on_hull,
    share_of_draws,
)


@pytest.mark.parametrize(
    ("costs", "accuracies", "expected"),
    [
        ([1, 2, 3], [0.1, 0.2, 0.3], [True, True, True]),
        ([1, 2, 3], [0.3, 0.2, 0.1], [True, False, False]),
        ([3, 1, 2], [0.3, 0.2, 0.1], [True, True, False]),
        pytest.param([1, 2], [0.5, 0.5], [True, False], id="equal accuracy keeps the cheaper"),
        pytest.param([2, 2], [0.5, 0.6], [False, True], id="equal cost keeps the better"),
        pytest.param([2, 2, 3], [0.5, 0.5, 0.5], [True, True, False], id="duplicates stay"),
        ([7], [0.0], [True]),
    ],
)
def test_frontier_of_cases_that_can_be_checked_by_hand(costs, accuracies, expected):
    assert on_frontier(costs, accuracies).tolist() == expected


def _brute_force(costs, accuracies):
    cells = range(len(costs))
    dominated = {
        b
        for a, b in itertools.permutations(cells, 2)
        if costs[a] <= costs[b]
        and accuracies[a] >= accuracies[b]
        and (costs[a], accuracies[a]) != (costs[b], accuracies[b])
    }
    return [cell not in dominated for cell in cells]


@pytest.mark.parametrize("seed", range(20))
def test_frontier_agrees_with_brute_force_where_ties_are_common(seed):
    rng = np.random.default_rng(seed)
    costs = rng.integers(1, 6, 12).astype(float)
    accuracies = rng.integers(0, 6, 12) / 6
    assert on_frontier(costs, accuracies).tolist() == _brute_force(costs, accuracies)


def _beaten_by_a_mix(costs, accuracies, cell):
    """Some mix of two cells (or one) is no dearer, no worse, and better in one of the two."""
    for one, other in itertools.product(range(len(costs)), repeat=2):
        for share in np.linspace(0, 1, 61):
            cost = share * costs[one] + (1 - share) * costs[other]
            accuracy = share * accuracies[one] + (1 - share) * accuracies[other]
            saved, gained = costs[cell] - cost, accuracy - accuracies[cell]
            if min(saved, gained) > -1e-9 and max(saved, gained) > 1e-9:
                return True
    return False


@pytest.mark.parametrize("seed", range(8))
def test_hull_agrees_with_all_mixes_of_two_where_ties_are_common(seed):
    rng = np.random.default_rng(seed)
    # Costs of 1 to 6 and accuracies of sixths: a mix on a grid of sixtieths hits every chord.
    costs = rng.integers(1, 7, 8).astype(float)
    accuracies = rng.integers(0, 7, 8) / 6
    expected = [not _beaten_by_a_mix(costs, accuracies, cell) for cell in range(8)]
    assert on_hull(costs, accuracies).tolist() == expected


@pytest.mark.parametrize(
    ("costs", "accuracies", "expected"),
    [
        pytest.param([1, 2, 3], [0.1, 0.2, 0.5], [True, False, True], id="below a chord"),
        pytest.param([1, 2, 3], [0.1, 0.4, 0.5], [True, True, True], id="above it"),
        pytest.param([1, 2, 3], [0.1, 0.3, 0.5], [True, True, True], id="on it"),
        pytest.param([1e-3, 0.3, 0.7], [0.1, 0.1 + 0.6 * 299 / 699, 0.7], [True] * 3, id="bits"),
        pytest.param([1, 2, 3], [0.3, 0.2, 0.1], [True, False, False], id="dominated"),
        pytest.param([2, 2, 3], [0.5, 0.5, 0.6], [True, True, True], id="duplicates stay"),
        ([7], [0.0], [True]),
    ],
)
def test_hull_of_cases_that_can_be_checked_by_hand(costs, accuracies, expected):
    assert on_hull(costs, accuracies).tolist() == expected


def test_every_cell_of_the_hull_is_on_the_frontier():
    rng = np.random.default_rng(3)
    costs, draws = rng.uniform(1, 9, 9), rng.uniform(0, 1, (200, 9))
    assert np.all(on_frontier(costs, draws) >= on_hull(costs, draws))


def test_draws_with_their_own_costs_are_each_judged_alone():
    rng = np.random.default_rng(1)
    costs, accuracies = rng.uniform(1, 9, (50, 7)), rng.uniform(0, 1, (50, 7))
    expected = [_brute_force(*row) for row in zip(costs, accuracies, strict=True)]
    assert on_frontier(costs, accuracies).tolist() == expected


def test_draws_in_many_blocks_give_what_one_block_gives(monkeypatch):
    rng = np.random.default_rng(2)
    costs, draws = rng.uniform(1, 9, 6), rng.uniform(0, 1, (101, 6))
    whole = on_frontier(costs, draws)
    monkeypatch.setattr("breakeven.frontiers.pareto._COMPARISONS_A_BLOCK", 100)
    assert np.array_equal(on_frontier(costs, draws), whole)


def test_probability_is_the_share_of_draws():
    draws = [[0.5, 0.6], [0.5, 0.4], [0.5, 0.5], [0.1, 0.9]]
    assert share_of_draws(on_frontier, [1, 2], draws).tolist() == [1.0, 0.5]


def test_frontier_lists_members_by_cost_and_says_why_there_is_no_probability():
    found = frontier([5, 1, 3], [0.9, 0.1, 0.5])
    assert found.members == (1, 2, 0)
    assert found.probability is None
    assert "no bootstrap draws" in str(found.reason)


def test_frontier_with_draws_holds_their_probability():
    found = frontier([1, 2], [0.5, 0.6], [[0.5, 0.6], [0.5, 0.4]])
    assert (found.members, found.probability, found.draws) == ((0, 1), (1.0, 0.5), 2)


def test_hull_and_its_probability_stand_beside_the_frontier():
    found = frontier([1, 2, 3], [0.1, 0.2, 0.5], [[0.1, 0.2, 0.5], [0.1, 0.4, 0.5]])
    assert (found.members, found.hull) == ((0, 1, 2), (0, 2))
    assert found.hull_probability == (1.0, 0.5, 1.0)


@pytest.mark.parametrize(
    ("costs", "accuracies", "message"),
    [
        ([0, 1], [0.1, 0.2], "above zero"),
        ([1, np.nan], [0.1, 0.2], "finite"),
        ([1, 2, 3], [0.1, 0.2], "shape"),
        ([1, 2], [41.3, 60.5], "fractions"),
    ],
)
def test_frontier_refuses_values_that_mean_nothing(costs, accuracies, message):
    with pytest.raises(ValueError, match=message):
        on_frontier(costs, accuracies)
