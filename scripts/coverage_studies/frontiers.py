"""A fitted curve, and places on the frontier where neighbours are hard to tell apart."""

import numpy as np

from breakeven.frontiers.cost_of_pass import cost_of_pass, dearer_without
from breakeven.frontiers.pareto import on_frontier, on_hull, share_of_draws
from breakeven.frontiers.saturation import SaturatingCurve, bootstrap_band
from breakeven.statistics.bootstrap import bootstrap_family_means
from breakeven.statistics.promises import StudyOutcome
from breakeven.statistics.simulation import StudyDesign, simulate, true_family_accuracy
from coverage_studies.designs import PLAIN_TASKS, PLATEAU, SIZES_B
from coverage_studies.judging import middle_holds, resample

REASONING_COST_FACTOR = 2.5

# A true curve of the form that is fitted; training runs of a size differ by two points.
CURVE, RUN_SD = SaturatingCurve(0.1, 0.75, 2.5, 0.6, 1.0), 0.02
CURVE_COSTS = np.geomspace(0.02, 1.0, 5)
# A band takes a hundred fits: one study in ten has one.
BAND_SHARE, BAND_DRAWS = 0.1, 100


def band_study(rng: np.random.Generator, draws: int) -> StudyOutcome:
    """A fitted curve's band at the measured costs, where training runs differ by two points."""
    from scipy.stats import norm

    if rng.random() > BAND_SHARE:
        return {}
    truth, items = CURVE.predict(CURVE_COSTS), 2000
    runs = np.clip(truth[:, None] + RUN_SD * rng.normal(size=(5, 3)), 0.01, 0.99)
    # An item is as hard for every run: seven tenths of what decides it are its own.
    latent = np.sqrt(0.7) * rng.normal(size=items)
    latent = latent + np.sqrt(0.3) * rng.normal(size=(5, 3, items))
    outcomes = (latent < norm.ppf(runs)[..., None]).astype(np.float64)
    resampled = bootstrap_family_means(
        [outcomes], BAND_DRAWS, int(rng.integers(2**31)), arms=["reasoning"] * 5
    )
    band = bootstrap_band(CURVE_COSTS, resampled, 1.0, CURVE_COSTS)
    ends = zip(band.low, truth, band.high, strict=True)
    return {"band": [low <= value <= high for low, value, high in ends]}


def frontier_study(rng: np.random.Generator, draws: int) -> StudyOutcome:
    """Places on the frontier where neighbours are hard to tell apart."""
    design = StudyDesign(PLATEAU, PLAIN_TASKS)
    tasks = [task[:, :, 0] for task in simulate(design, rng)]
    truth = true_family_accuracy(design).ravel()
    resampled = resample(tasks, draws, rng).reshape(draws, -1)
    costs = np.r_[SIZES_B, np.multiply(SIZES_B, REASONING_COST_FACTOR)]
    member, share = on_frontier(costs, truth), share_of_draws(on_frontier, costs, resampled)
    margins = []
    for cell, cheaper in enumerate(costs[None, :] < costs[:, None]):
        if cheaper.any():
            spread = resampled[:, cell] - resampled[:, cheaper].max(axis=1)
            margins.append(middle_holds(spread, truth[cell] - truth[cheaper].max()))
    wrong = np.where(member, share < 0.025, share > 0.975)
    hull, hull_share = on_hull(costs, truth), share_of_draws(on_hull, costs, resampled)
    off_hull = np.where(hull, hull_share < 0.025, hull_share > 0.975)
    low, high = np.quantile(cost_of_pass(costs, resampled), [0.025, 0.975], axis=0)
    right = cost_of_pass(costs, truth)
    styles = ["ift"] * len(SIZES_B) + ["reasoning"] * len(SIZES_B)
    # Reasoning is never the cheapest here: without it nothing gets dearer in any draw.
    worth = dearer_without(costs, resampled, styles, "ift")
    true_worth = float(dearer_without(costs, truth, styles, "ift"))
    return {
        "margin": margins,
        "place": wrong.tolist(),
        "hull": off_hull.tolist(),
        "pass": ((low <= right) & (right <= high)).tolist(),
        "worth": [middle_holds(worth, true_worth)],
    }
