"""Two formats of one content are one piece of evidence, wherever a family holds both."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from breakeven.statistics.bootstrap import bootstrap_family_means
from breakeven.statistics.clustering import linked_tasks, number_clusters
from breakeven.statistics.paired import PairedTask, family_difference
from breakeven.statistics.strata import Stratum, mean_of_strata

Floats = NDArray[np.float64]
CONTENTS = 200
LABELS = [f"content {i}" for i in range(CONTENTS)]
OTHERS = [f"other {i}" for i in range(CONTENTS)]


def outcomes(seed: int, share: float = 0.5) -> Floats:
    return (np.random.default_rng(seed).random(CONTENTS) < share).astype(float)


@pytest.mark.parametrize(
    ("labels", "blocks"),
    [
        ([["a", "b"], ["c", "d"]], [[0], [1]]),
        ([["a", "b"], ["b", "c"]], [[0, 1]]),
        ([["a", "b"], ["c", "d"], ["d", "a"]], [[0, 1, 2]]),
        ([["a", "b"], None, ["b", "e"]], [[0, 2], [1]]),
        ([["a", "a"], ["c", "d"]], [[0], [1]]),
    ],
)
def test_tasks_are_linked_by_the_labels_that_they_share(
    labels: list[list[str] | None], blocks: list[list[int]]
) -> None:
    assert linked_tasks(number_clusters(labels, [2] * len(labels))) == blocks


def test_labels_of_single_items_are_no_clusters() -> None:
    assert number_clusters([["a", "b"], ["c", "d"]], [2, 2]) == [None, None]
    with pytest.raises(ValueError, match="one label for each"):
        number_clusters([["a"]], [2])


def family_error(first: Floats, second: Floats, labels: list[Any]) -> float:
    """Standard error of the family mean of two tasks."""
    strata = [Stratum(first[None], labels[0]), Stratum(second[None], labels[1])]
    error = mean_of_strata(strata).estimate.standard_error
    assert error is not None
    return error


def test_the_same_content_twice_is_worth_no_more_than_once() -> None:
    scores = outcomes(0)
    once = mean_of_strata([Stratum(scores[None], LABELS)]).estimate.standard_error
    assert once is not None
    assert family_error(scores, scores, [LABELS, LABELS]) == pytest.approx(once)
    assert family_error(scores, scores, [LABELS, OTHERS]) == pytest.approx(once / np.sqrt(2))


def test_draws_move_a_shared_content_in_all_its_tasks() -> None:
    scores = outcomes(1)
    tasks = [scores[None], scores[None]]
    shared = bootstrap_family_means(tasks, 4000, 0, [LABELS, LABELS])
    apart = bootstrap_family_means(tasks, 4000, 0, [LABELS, OTHERS])
    single = np.sqrt(scores.var() / CONTENTS)
    assert shared.std() == pytest.approx(single, rel=0.05)
    assert apart.std() == pytest.approx(single / np.sqrt(2), rel=0.05)


def test_tasks_that_share_a_part_of_their_contents_lie_between() -> None:
    scores = outcomes(2)
    half = [*LABELS[: CONTENTS // 2], *OTHERS[: CONTENTS // 2]]
    errors = [family_error(scores, scores, [LABELS, one]) for one in (OTHERS, half, LABELS)]
    assert errors == sorted(errors)
    draws = bootstrap_family_means([scores[None], scores[None]], 4000, 0, [LABELS, half])
    assert draws.std() == pytest.approx(errors[1], rel=0.06)


def test_tasks_of_which_one_has_few_contents_have_no_undefined_draw() -> None:
    small = np.array([[1.0, 0.0]])
    draws = bootstrap_family_means([outcomes(3)[None], small], 2000, 0, [LABELS, LABELS[:2]])
    assert np.isfinite(draws).all()


def test_a_null_family_of_two_formats_is_called_no_more_often_than_five_percent() -> None:
    # An item's liking of a style is shared by both formats, so 200 rows are 100 pieces of evidence.
    rng, calls, apart, studies = np.random.default_rng(4), 0, 0, 300
    names = [f"c{i}" for i in range(100)]
    for _ in range(studies):
        likes = rng.choice([-0.35, 0.35], size=100)
        tasks = []
        for _ in range(2):
            first = (rng.random(100) < 0.5 - likes).astype(float)
            second = (rng.random(100) < 0.5 + likes).astype(float)
            tasks.append((first, second))
        found = family_difference([PairedTask(*task, names) for task in tasks])
        wrong = family_difference([PairedTask(*task) for task in tasks])
        calls += found.p_value is not None and found.p_value <= 0.05
        apart += wrong.p_value is not None and wrong.p_value <= 0.05
    assert calls / studies <= 0.08
    assert apart / studies > 0.08
