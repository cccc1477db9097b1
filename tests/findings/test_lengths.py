"""Ratios of mean lengths and their error by items and training runs."""

import math

import numpy as np
import pandas as pd
import pytest

from breakeven.findings.lengths import LEAST_ANSWERS, log_ratio, mean_ratio


def answers(rng: np.random.Generator, means: dict[int, float], items: int = 60) -> pd.DataFrame:
    """Token counts of answers to the same questions, by training seed."""
    frames = [
        pd.DataFrame(
            {"seed": seed, "question": range(items), "tokens": rng.poisson(mean, items) + 1.0}
        )
        for seed, mean in means.items()
    ]
    return pd.concat(frames, ignore_index=True)


def test_a_ratio_is_that_of_the_means() -> None:
    rng = np.random.default_rng(0)
    upper, lower = answers(rng, {0: 400.0}), answers(rng, {0: 100.0})
    found = log_ratio(upper, lower)
    assert found is not None
    ratio = upper["tokens"].mean() / lower["tokens"].mean()
    assert found.by_seed[0] == pytest.approx(math.log(ratio))
    mean = mean_ratio([found])
    assert mean is not None
    assert mean.value == pytest.approx(ratio)
    assert mean.low < ratio < mean.high
    assert mean.p_above(3.0) < 1e-6
    assert mean.p_above(mean.value) == pytest.approx(0.5)
    assert mean.p_below(5.0) < 1e-6


def test_training_runs_that_differ_widen_the_interval() -> None:
    rng = np.random.default_rng(0)
    lower = answers(rng, dict.fromkeys(range(3), 100.0))
    alike, apart = (
        mean_ratio([log_ratio(answers(rng, means), lower)])
        for means in ({0: 400.0, 1: 400.0, 2: 400.0}, {0: 300.0, 1: 400.0, 2: 533.0})
    )
    assert apart.value == pytest.approx(alike.value, rel=0.02)
    assert apart.high - apart.low > 3 * (alike.high - alike.low)
    # Three runs so far apart do not tell 4 from 3, whatever the number of questions.
    assert alike.p_above(3.0) < 0.01
    assert apart.p_above(3.0) > 0.05


def test_the_interval_holds_the_truth_for_runs_not_seen() -> None:
    rng = np.random.default_rng(1)
    held = 0
    for _ in range(200):
        runs = np.exp(rng.normal(math.log(400), 0.15, 3))
        upper = answers(rng, dict(enumerate(runs)), 30)
        found = mean_ratio([log_ratio(upper, answers(rng, dict.fromkeys(range(3), 100.0), 30))])
        held += found.low <= 401 / 101 <= found.high
    assert held / 200 == pytest.approx(0.95, abs=0.04)


def test_too_few_answers_in_one_seed_and_no_shared_seed_have_no_ratio() -> None:
    rng = np.random.default_rng(0)
    lower = answers(rng, {0: 100.0, 1: 100.0})
    few = answers(rng, {0: 400.0, 1: 400.0})
    few = few[(few["seed"] == 0) | (few["question"] < LEAST_ANSWERS - 1)]
    assert log_ratio(few, lower) is None
    assert log_ratio(answers(rng, {2: 400.0}), lower) is None
    both = [log_ratio(answers(rng, {seed: 400.0}), lower) for seed in (0, 1)]
    assert mean_ratio(both) is None
