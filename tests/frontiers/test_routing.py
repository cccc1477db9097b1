"""A router's gain over random mixing at equal cost: by hand, and nothing where nothing is known."""

import numpy as np
import pytest

from breakeven.frontiers.cross_fitting import ERROR_FACTOR, FOLDS, cross_fitted_gains
from breakeven.frontiers.routing import (
    SHARES,
    WaysToAnswer,
    ends,
    oracle,
    router_curve,
    sent_at_each_share,
)
from breakeven.statistics.strata import Stratum, mean_of_strata

ONE_FOLD = [0, 0, 0, 0]
EVEN = [1 / 4] * 4


def ways(plain, dear, *, plain_cost=1.0, dear_cost=5.0, asked_first=False) -> WaysToAnswer:
    count = len(plain)
    return WaysToAnswer(
        np.array(plain, float),
        np.array(dear, float),
        np.broadcast_to(np.asarray(plain_cost, float), count),
        np.broadcast_to(np.asarray(dear_cost, float), count),
        np.full(count, 1 / count),
        asked_first,
    )


def at_share(curve, share):
    return curve[np.flatnonzero(np.isclose(SHARES, share))[0]]


def test_the_oracle_takes_the_cheapest_right_answer_and_the_cheapest_wrong_one() -> None:
    found = oracle(ways([1, 1, 0, 0], [1, 0, 1, 0]))
    assert found.accuracy == 0.75
    assert found.cost == (1 + 1 + 5 + 1) / 4


def test_the_oracle_takes_reasoning_where_it_is_as_good_and_cheaper() -> None:
    assert oracle(ways([1, 0], [1, 0], plain_cost=[3, 3], dear_cost=[2, 9])).cost == 2.5


def test_a_perfect_router_is_above_the_chord_by_hand() -> None:
    both = ways([1, 1, 0, 0], [1, 1, 1, 1])
    curve = router_curve(both, sent_at_each_share([0, 0, 1, 1], ONE_FOLD, EVEN))
    assert curve is not None
    # Half of the questions sent on cost 3; a coin for 3 has 0.75 right, this router all.
    assert at_share(curve.cost, 0.5) == pytest.approx(3)
    assert at_share(curve.accuracy, 0.5) == pytest.approx(1)
    assert at_share(curve.gain, 0.5) == pytest.approx(0.25)
    assert curve.gain[[0, -1]] == pytest.approx([0, 0])
    assert both.weight @ curve.mean_contributions == pytest.approx(curve.mean_gain)


def test_asking_ift_first_is_paid_for_every_question() -> None:
    both = ways([1, 1, 0, 0], [1, 1, 1, 1], asked_first=True)
    curve = router_curve(both, sent_at_each_share([0, 0, 1, 1], ONE_FOLD, EVEN))
    assert curve is not None
    # 1 + 5/2 a question: a coin sends 5/8 of them on for that, and has 0.5 + 5/16 right.
    assert at_share(curve.cost, 0.5) == pytest.approx(3.5)
    assert at_share(curve.gain, 0.5) == pytest.approx(1 - 0.8125)
    # All of them sent on cost more than reasoning alone, and are as often right.
    assert (curve.cost[-1], curve.gain[-1]) == pytest.approx((6, 0))


def test_ends_are_the_styles_and_a_cheaper_second_way_has_no_chord() -> None:
    same = ways([0, 1], [1, 1], dear_cost=1.0)
    assert [one.accuracy for one in ends(same)] == [0.5, 1.0]
    assert router_curve(same, sent_at_each_share([0, 1], [0, 0], [0.5, 0.5])) is None


def test_each_fold_sends_the_same_share_whatever_the_level_of_its_scores() -> None:
    sent = sent_at_each_share(
        [9, 8, 7, 6, 0.4, 0.3, 0.2, 0.1], [0, 0, 0, 0, 1, 1, 1, 1], [1 / 8] * 8
    )
    half = sent[np.flatnonzero(np.isclose(SHARES, 0.5))[0]]
    assert half.tolist() == [True, True, False, False] * 2
    assert not sent[0].any()
    assert sent[-1].all()


def test_one_content_never_stands_on_both_sides() -> None:
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(60), 2)
    fitted = cross_fitted_gains(
        rng.normal(size=(120, 2)),
        rng.integers(0, 2, 120),
        rng.integers(0, 2, 120),
        clusters=labels,
        weight=np.full(120, 1 / 120),
    )
    assert fitted is not None
    assert (fitted.folds[::2] == fitted.folds[1::2]).all()
    assert set(fitted.folds) == set(range(FOLDS))


def test_fewer_contents_than_folds_fit_no_router() -> None:
    labels = [0, 1, 2, 3] * 2
    fitted = cross_fitted_gains(
        np.ones((8, 1)), [0, 1] * 4, [1] * 8, clusters=labels, weight=[1 / 8] * 8
    )
    assert fitted is None


def simulated(rng, features, signal: float):
    """Questions in pairs of one content; the first feature tells what reasoning is worth."""
    own = np.repeat(rng.normal(size=len(features) // 2), 2)
    help_of_thinking = np.where(signal * features[:, 0] > 0, 0.7 * signal, 0.0)
    plain = rng.random(len(own)) < 1 / (1 + np.exp(-own))
    better = rng.random(len(own)) < 0.3 + help_of_thinking
    dear = plain & (rng.random(len(own)) < 0.9) | better
    costs = rng.uniform(1, 2, len(own)), rng.uniform(4, 12, len(own))
    return ways(plain, dear, plain_cost=costs[0], dear_cost=costs[1])


def measured_gain(both, features, labels):
    fitted = cross_fitted_gains(
        features, both.plain_correct, both.dear_correct, clusters=labels, weight=both.weight
    )
    curve = router_curve(both, sent_at_each_share(fitted.scores, fitted.folds, both.weight))
    mean = mean_of_strata([Stratum(curve.mean_contributions[None, :], labels)])
    one = mean.estimate
    return curve.mean_gain, one.value - ERROR_FACTOR * (one.value - one.low)


def test_a_router_with_random_features_shows_no_gain() -> None:
    rng = np.random.default_rng(1)
    labels = np.repeat(np.arange(100), 2)
    gains, decided = [], 0
    draws = 150
    for _ in range(draws):
        features = np.repeat(rng.normal(size=(100, 3)), 2, axis=0)
        gain, low = measured_gain(simulated(rng, features, 0.0), features, labels)
        gains.append(gain)
        decided += low > 0
    assert decided <= 0.05 * draws
    # Three standard errors around none: cross-fitting leaves no bias to either side.
    assert abs(np.mean(gains)) < 3 * np.std(gains) / np.sqrt(draws)


def test_a_router_that_knows_where_thinking_helps_shows_its_gain() -> None:
    rng = np.random.default_rng(2)
    labels = np.repeat(np.arange(300), 2)
    features = np.repeat(rng.normal(size=(300, 3)), 2, axis=0)
    gain, low = measured_gain(simulated(rng, features, 1.0), features, labels)
    assert 0.01 < low < gain
