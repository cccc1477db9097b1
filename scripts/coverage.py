"""Do the 95% intervals cover 95%, and do the tests stay below 5%? On studies with a known truth.

Run: python scripts/coverage.py [--simulations 1000] [--draws 1000] [--seed 0] [--json]
Prints the table of docs/statistics.md and exits with 1 if a row leaves its bounds.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator

import numpy as np
from tqdm import tqdm

from breakeven.findings.bounds import family_estimate
from breakeven.findings.contrasts import group_difference
from breakeven.findings.groups import Group
from breakeven.findings.scored_results import scored_results
from breakeven.frontiers.cost_of_pass import cost_of_pass, dearer_without
from breakeven.frontiers.crossing import crossing_size
from breakeven.frontiers.equivalents import equivalent_size
from breakeven.frontiers.gain_law import GroupedAnswers, fit_gain_law
from breakeven.frontiers.pareto import on_frontier, on_hull, share_of_draws
from breakeven.frontiers.positions import Position
from breakeven.frontiers.saturation import SaturatingCurve, bootstrap_band
from breakeven.results.cell_results import CellResult, Results, TaskResult
from breakeven.statistics.bootstrap import bootstrap_family_means
from breakeven.statistics.estimates import Estimate, FloatArray
from breakeven.statistics.intervals import accuracy_interval, mean_of_estimates
from breakeven.statistics.moderation import pooled
from breakeven.statistics.multiple import holm
from breakeven.statistics.paired import (
    PairedDifference,
    PairedTask,
    family_difference,
    paired_difference,
)
from breakeven.statistics.power import detectable_difference
from breakeven.statistics.promises import Promise, StudyOutcome, promise_rows, promise_table
from breakeven.statistics.simulation import (
    StudyDesign,
    TaskDesign,
    passages_of,
    simulate,
    true_accuracy,
    true_family_accuracy,
)

SIZES_B = (0.5, 1.5, 3.0, 7.0, 14.0)
PLAIN_TASKS = (TaskDesign(400), TaskDesign(300, easiness=0.8))
# GSM8K, MATH-500 and AIME: the last weighs as much as the first.
UNEQUAL_TASKS = (TaskDesign(1319), TaskDesign(500, -0.5), TaskDesign(30, -1.0))
PASSAGES = (TaskDesign(400, passages=80),)
# Reasoning starts behind, overtakes between 1.5B and 3B, and ends ahead.
CROSSING = ((-1.2, -0.6, -0.2, 0.2, 0.5), (-1.7, -0.8, -0.05, 0.7, 1.2))
# IFT flattens out; from 3B on, neighbours on the frontier differ by about one standard error.
PLATEAU = ((-0.6, -0.1, 0.2, 0.3, 0.37), (-0.9, -0.3, 0.33, 0.5, 0.6))
EQUAL = (CROSSING[0], CROSSING[0])
# At zero a style's accuracy is one half however far its runs lie apart.
LEVEL = ((0.0,) * len(SIZES_B),) * 2
REASONING_COST_FACTOR = 2.5
SEEDS = {"seeds": 3, "seed_sd": 0.2}
# Runs of one style lie five times as far apart as those of the other.
UNEVEN = {"seeds": 3, "seed_sd": (0.1, 0.5)}
# A true curve of the form that is fitted; training runs of a size differ by two points.
CURVE, RUN_SD = SaturatingCurve(0.1, 0.75, 2.5, 0.6, 1.0), 0.02
CURVE_COSTS = np.geomspace(0.02, 1.0, 5)
# A band takes a hundred fits: one study in ten has one.
BAND_SHARE, BAND_DRAWS = 0.1, 100

# Gains of whole sizes lie so far from the law, in log-odds; one study in ten has one.
LAW_SIZE_SDS, LAW_SHARE, LAW_DRAWS = (0.0, 0.35, 0.7), 0.1, 60
LAW_TERMS, LAW_POINT = np.array([1.0, 2.0, -0.3, 1.5]), np.array([1.0, -0.2, 0.5, 0.1])
LAW_SIZES, LAW_TASKS, LAW_DEPTHS, LAW_ITEMS, LAW_SEEDS = (-0.3, 0.03, 0.27), 3, (-1, 0, 1), 80, 3

INTERVAL, TEST, POWER = (0.93, 0.97), (0.0, 0.05), (0.77, 0.83)
# Where runs spread alike more is known of it than two prior degrees of freedom use.
MODERATED = (0.93, 0.99)
# Three sizes leave one degree of freedom for how far sizes depart from the law: a variance on one
# is often too small, and where runs alone scatter they are counted between seeds and sizes.
OF_LAW = (0.88, 1.0)
# Unpaired errors on shared items are never too small.
BOUND = (0.93, 1.0)

PROMISES = {
    "accuracy": Promise("accuracy of a cell", "Wilson", *INTERVAL),
    "passages": Promise("accuracy, items share passages", "clustered t", *INTERVAL),
    "family": Promise("family accuracy", "mean of Wilson intervals", *INTERVAL),
    "unequal": Promise(
        "accuracy, tasks of 1319, 500 and 30", "mean of Wilson intervals", *INTERVAL
    ),
    "unequal gain": Promise("paired gain, same tasks", "sum of task variances", *INTERVAL),
    "runs": Promise("accuracy, same tasks without items", "mean of Wilson intervals", *INTERVAL),
    "runs gain": Promise("gain, same tasks, unrelated items not known", "bound", *INTERVAL),
    "runs bound": Promise("gain, same tasks, shared items not known", "bound", *BOUND),
    "gain": Promise("paired gain, one task", "Bonett-Price", *INTERVAL),
    "passage gain": Promise("paired gain, items share passages", "clustered t", *INTERVAL),
    "family gain": Promise("family gain", "sum of task variances", *INTERVAL),
    "family bootstrap": Promise("family gain", "bootstrap", *INTERVAL),
    "seeds gain": Promise("paired gain, three seeds", "seeds then items", *INTERVAL),
    "moderated gain": Promise("paired gain, three seeds", "moderated by other runs", *MODERATED),
    "uneven gain": Promise(
        "paired gain, three seeds, one style five times as far apart",
        "moderated by other runs",
        *MODERATED,
    ),
    "crossing": Promise("size where reasoning overtakes", "bootstrap", *INTERVAL),
    "equivalent": Promise("IFT-equivalent size, 3B reasoning", "bootstrap", *INTERVAL),
    "band": Promise("curve of five sizes, three seeds", "pointwise band", *INTERVAL),
    **{
        f"law {size_sd}": Promise(
            f"law of the gain, a size that it has not seen, sizes apart by {size_sd:g} log-odds",
            "random effects, Welch-Satterthwaite",
            *OF_LAW,
        )
        for size_sd in LAW_SIZE_SDS
    },
    "margin": Promise("margin over cheaper cells", "bootstrap", *INTERVAL),
    "place": Promise("cell placed wrongly on or off the frontier", "P > 0.975 or < 0.025", *TEST),
    "hull": Promise("cell placed wrongly on or off the hull", "P > 0.975 or < 0.025", *TEST),
    "pass": Promise("cost of a right answer", "bootstrap", *INTERVAL),
    "worth": Promise("times as dear without a style", "bootstrap", *INTERVAL),
    "null gain": Promise("false positive, one task", "exact McNemar", *TEST),
    "null passages": Promise(
        "false positive, items share passages", "sign flips of clusters", *TEST
    ),
    "null family": Promise("false positive, family", "sign flips of items", *TEST),
    "null seeds": Promise("false positive, three seeds", "seeds then items", *TEST),
    "null moderated": Promise("false positive, three seeds", "moderated by other runs", *TEST),
    "null uneven": Promise(
        "false positive, three seeds, one style five times as far apart",
        "moderated by other runs",
        *TEST,
    ),
    "null holm": Promise("any false positive among ten", "exact McNemar, Holm", *TEST),
    "power": Promise("smallest detectable difference found", "exact McNemar", *POWER),
}


def covers(estimate: Estimate, truth: float) -> bool:
    """Whether the interval exists and holds the truth."""
    if estimate.low is None or estimate.high is None:
        return False
    return estimate.low <= truth <= estimate.high


def middle_holds(draws: FloatArray, truth: float) -> bool:
    """Whether the middle 95% of the draws hold the truth; they hold nothing where none differs."""
    low, high = np.quantile(draws, [0.025, 0.975])
    return bool(low < high and low <= truth <= high)


def position_covers(low: Position | None, high: Position | None, truth: Position) -> bool:
    """Whether the truth lies between two positions that may be off the measured sizes."""
    if low is None or high is None:
        return False
    return _number(low) <= _number(truth) <= _number(high)


def _number(position: Position) -> float:
    if position.value is not None:
        return position.value
    return -np.inf if position.side == "below" else np.inf


def plain_study(rng: np.random.Generator, draws: int) -> StudyOutcome:
    """Accuracies, gains and crossing of a study of two tasks with unrelated items."""
    design = StudyDesign(CROSSING, PLAIN_TASKS)
    tasks = [task[:, :, 0] for task in simulate(design, rng)]
    truths = [true_accuracy(design, task) for task in design.tasks]
    family = true_family_accuracy(design)
    cells = list(np.ndindex(family.shape))
    accuracies = {
        (task, cell): accuracy_interval(outcomes[cell])
        for task, outcomes in enumerate(tasks)
        for cell in cells
    }
    sizes = range(len(SIZES_B))
    gains = family[1] - family[0]
    paired = [
        family_difference([PairedTask(task[0, s], task[1, s]) for task in tasks]) for s in sizes
    ]
    resampled = resample(tasks, draws, rng)
    return {
        "accuracy": [
            covers(found, truths[task][cell]) for (task, cell), found in accuracies.items()
        ],
        "family": [
            covers(mean_of_estimates([accuracies[task, cell] for task in range(2)]), family[cell])
            for cell in cells
        ],
        "gain": [
            covers(paired_difference(task[0, s], task[1, s]).difference, truth[1, s] - truth[0, s])
            for task, truth in zip(tasks, truths, strict=True)
            for s in sizes
        ],
        "family gain": [covers(paired[s].difference, gains[s]) for s in sizes],
        "family bootstrap": [
            middle_holds(resampled[:, 1, s] - resampled[:, 0, s], gains[s]) for s in sizes
        ],
        **positions(tasks, resampled, family),
    }


def unequal_study(rng: np.random.Generator, draws: int) -> StudyOutcome:
    """A family whose tasks have 1,319, 500 and 30 items, with answers by item and without."""
    shared = StudyDesign(CROSSING, UNEQUAL_TASKS)
    apart = StudyDesign(CROSSING, UNEQUAL_TASKS, item_sd=0.0, style_sd=0.0)
    truth, tasks = true_family_accuracy(shared), [t[:, :, 0] for t in simulate(shared, rng)]
    lone_truth, lone = true_family_accuracy(apart), [t[:, :, 0] for t in simulate(apart, rng)]
    cells, sizes = list(np.ndindex(truth.shape)), range(len(SIZES_B))
    intervals = {
        cell: mean_of_estimates([accuracy_interval(task[cell]) for task in tasks]) for cell in cells
    }
    gains = [
        family_difference([PairedTask(task[0, s], task[1, s]) for task in tasks]) for s in sizes
    ]
    runs = {cell: family_estimate(run_cell(tasks, cell)) for cell in cells}
    return {
        "unequal": [covers(found, truth[cell]) for cell, found in intervals.items()],
        "unequal gain": [
            covers(found.difference, truth[1, s] - truth[0, s]) for s, found in enumerate(gains)
        ],
        "runs": [found is not None and covers(found, truth[cell]) for cell, found in runs.items()],
        "runs gain": [run_gain_covers(lone, s, lone_truth[1, s] - lone_truth[0, s]) for s in sizes],
        "runs bound": [run_gain_covers(tasks, s, truth[1, s] - truth[0, s]) for s in sizes],
    }


def run_cell(tasks: list[FloatArray], cell: tuple[int, ...]) -> CellResult:
    """A (style, size) as an import knows it that holds one row a task."""
    means = [float(task[cell].mean()) for task in tasks]
    results = tuple(
        TaskResult(f"task {number}", mean, task.shape[-1])
        for number, (mean, task) in enumerate(zip(means, tasks, strict=True))
    )
    return CellResult(
        student=f"s{cell[1]}",
        size_parameters=SIZES_B[cell[1]] * 1e9,
        arm=("ift", "reasoning")[cell[0]],
        style="reasoning" if cell[0] else "ift",
        reasoning_share=float(cell[0]),
        corpus="general",
        seed=0,
        decoding="greedy",
        family="math-open",
        accuracy=float(np.mean(means)),
        tasks=results,
    )


def run_gain_covers(tasks: list[FloatArray], size: int, truth: float) -> bool:
    """Whether the interval of a gain that is known by the tasks' accuracies holds the truth."""
    ift, reasoning = (run_cell(tasks, (style, size)) for style in (0, 1))
    sample = scored_results(Results("simulated", "imported", (ift, reasoning)))
    found = group_difference(sample, Group((reasoning,)), Group((ift,)))
    assert found.low is not None and found.high is not None
    return found.low <= truth <= found.high


def resample(tasks: list[FloatArray], draws: int, rng: np.random.Generator) -> FloatArray:
    """(draws, styles, sizes) bootstrap family scores."""
    shape = tasks[0].shape[:2]
    flat = [task.reshape(-1, task.shape[-1]) for task in tasks]
    return bootstrap_family_means(flat, draws, int(rng.integers(2**31))).reshape(draws, *shape)


def positions(tasks: list[FloatArray], resampled: FloatArray, truth: FloatArray) -> StudyOutcome:
    """Where reasoning overtakes, and the IFT size that equals the 3B reasoning model."""
    found = np.mean([task.mean(axis=-1) for task in tasks], axis=0)
    draws = {"ift_draws": resampled[:, 0], "reasoning_draws": resampled[:, 1]}
    crossing = crossing_size(SIZES_B, found[0], found[1], **draws)
    equal = equivalent_size(
        SIZES_B,
        found[0],
        found[1, 2],
        ift_draws=resampled[:, 0],
        reasoning_draws=resampled[:, 1, 2],
    )
    true_crossing = crossing_size(SIZES_B, truth[0], truth[1]).position
    true_equal = equivalent_size(SIZES_B, truth[0], truth[1, 2]).position
    assert true_crossing is not None
    return {
        "crossing": [position_covers(crossing.low, crossing.high, true_crossing)],
        "equivalent": [position_covers(equal.low, equal.high, true_equal)],
    }


def passage_study(rng: np.random.Generator, draws: int) -> StudyOutcome:
    """Accuracies and gains where five items share a passage."""
    design = StudyDesign(CROSSING, PASSAGES)
    outcomes, truth = simulate(design, rng)[0][:, :, 0], true_accuracy(design, design.tasks[0])
    passages = passages_of(design.tasks[0])
    return {
        "passages": [
            covers(accuracy_interval(outcomes[cell], passages), truth[cell])
            for cell in np.ndindex(truth.shape)
        ],
        "passage gain": [
            covers(
                paired_difference(outcomes[0, s], outcomes[1, s], passages).difference,
                truth[1, s] - truth[0, s],
            )
            for s in range(len(SIZES_B))
        ],
    }


def seeds_study(rng: np.random.Generator, draws: int) -> StudyOutcome:
    """Gains of three training runs a cell, for runs and items not yet seen."""
    design = StudyDesign(CROSSING, PLAIN_TASKS[:1], **SEEDS)
    outcomes, truth = simulate(design, rng)[0], true_accuracy(design, design.tasks[0])
    return {
        "seeds gain": [
            covers(
                paired_difference(outcomes[0, s], outcomes[1, s]).difference,
                truth[1, s] - truth[0, s],
            )
            for s in range(len(SIZES_B))
        ]
    }


def moderated_study(rng: np.random.Generator, draws: int) -> StudyOutcome:
    """The same, with the variance of runs moderated by those of the other sizes and style."""
    found: StudyOutcome = {}
    for name, spread in (("moderated", SEEDS), ("uneven", UNEVEN)):
        design = StudyDesign(CROSSING, PLAIN_TASKS[:1], **spread)
        outcomes, truth = simulate(design, rng)[0], true_accuracy(design, design.tasks[0])
        found[f"{name} gain"] = [
            covers(gain.difference, truth[1, s] - truth[0, s])
            for s, gain in enumerate(moderated_gains(outcomes))
        ]
        equal = StudyDesign(LEVEL, PLAIN_TASKS[:1], **spread)
        gains = moderated_gains(simulate(equal, rng)[0])
        found[f"null {name}"] = [called(gain.p_value) for gain in gains]
    return found


def moderated_gains(outcomes: FloatArray) -> list[PairedDifference]:
    """Gains of (styles, sizes, seeds, items), size by size."""
    prior = pooled(outcomes.mean(axis=-1).var(axis=-1, ddof=1).ravel().tolist())
    assert prior is not None
    return [
        family_difference([PairedTask(outcomes[0, s], outcomes[1, s])], prior_variance=2 * prior)
        for s in range(outcomes.shape[1])
    ]


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


def law_study(rng: np.random.Generator, draws: int) -> StudyOutcome:
    """The gain of a cell of a new size, by the law of three sizes whose own gains scatter."""
    if rng.random() > LAW_SHARE:
        return {}
    found: StudyOutcome = {}
    for size_sd in LAW_SIZE_SDS:
        law = fit_gain_law(law_answers(rng, size_sd), LAW_DRAWS, int(rng.integers(2**31)))
        gain, true = law.predicted(LAW_POINT), LAW_POINT @ LAW_TERMS + rng.normal(scale=size_sd)
        found[f"law {size_sd}"] = [gain.low <= true <= gain.high]
    return found


def law_answers(rng: np.random.Generator, size_sd: float) -> GroupedAnswers:
    """Three seeds of every size, task and depth; runs of a size differ by 0.3 log-odds."""
    right, covariates = [], []
    for size in LAW_SIZES:
        of_size, runs = rng.normal(scale=size_sd), rng.normal(scale=0.3, size=LAW_SEEDS)
        for depth in LAW_DEPTHS * LAW_TASKS:
            terms = np.array([size, depth, rng.normal(scale=0.15)])
            gain = of_size + LAW_TERMS @ np.r_[1.0, terms]
            level = rng.normal(-1.0, 0.5) + rng.normal(scale=0.5, size=(LAW_ITEMS, 1))
            odds = np.stack([np.broadcast_to(level, (LAW_ITEMS, LAW_SEEDS)), level + gain + runs])
            right.append(rng.random(odds.shape) < 1 / (1 + np.exp(-odds)))
            covariates.append(terms)
    cells, contents = len(covariates), len(LAW_DEPTHS) * LAW_TASKS * LAW_ITEMS
    return GroupedAnswers(
        np.moveaxis(np.concatenate(right, axis=1), 0, -1).astype(np.float64),
        np.repeat(np.arange(cells), LAW_ITEMS),
        np.tile(np.arange(contents), len(LAW_SIZES)),
        np.array(covariates),
    )


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


def null_study(rng: np.random.Generator, draws: int) -> StudyOutcome:
    """Tests where the styles have the same true accuracy at every size."""
    plain = [task[:, :, 0] for task in simulate(StudyDesign(EQUAL, PLAIN_TASKS), rng)]
    passage = simulate(StudyDesign(EQUAL, PASSAGES), rng)[0][:, :, 0]
    seeds = simulate(StudyDesign(EQUAL, PLAIN_TASKS[:1], **SEEDS), rng)[0]
    sizes, passages = range(len(SIZES_B)), passages_of(PASSAGES[0])
    singles = {
        f"{task} {s}": paired_difference(outcomes[0, s], outcomes[1, s]).p_value
        for task, outcomes in enumerate(plain)
        for s in sizes
    }
    families = [
        family_difference([PairedTask(task[0, s], task[1, s]) for task in plain]) for s in sizes
    ]
    grouped = [paired_difference(passage[0, s], passage[1, s], passages) for s in sizes]
    repeated = [paired_difference(seeds[0, s], seeds[1, s]) for s in sizes]
    return {
        "null gain": [called(p_value) for p_value in singles.values()],
        "null passages": [called(result.p_value) for result in grouped],
        "null family": [called(result.p_value) for result in families],
        "null seeds": [called(result.p_value) for result in repeated],
        "null holm": [any(row.significant for row in holm(singles).values())],
    }


def called(p_value: float | None) -> bool:
    """Whether a difference is called significant at 5%."""
    return p_value is not None and p_value <= 0.05


def power_study(rng: np.random.Generator, draws: int) -> StudyOutcome:
    """A true difference of just the size that 400 items with 20% discordant pairs can show."""
    items, share = 400, 0.2
    difference = detectable_difference(items, share).value
    assert difference is not None
    shares = [(share + difference) / 2, (share - difference) / 2]
    kind = rng.choice(3, size=items, p=[*shares, 1 - share])
    result = paired_difference((kind == 1).astype(float), (kind == 0).astype(float))
    return {"power": [called(result.p_value)]}


STUDIES: tuple[Callable[[np.random.Generator, int], StudyOutcome], ...] = (
    plain_study,
    unequal_study,
    passage_study,
    seeds_study,
    band_study,
    frontier_study,
    null_study,
    power_study,
    moderated_study,
    law_study,
)


def outcomes(simulations: int, draws: int, seed: int) -> Iterator[StudyOutcome]:
    """Every kind of study, `simulations` times, each from its own stream."""
    streams = np.random.SeedSequence(seed).spawn(simulations)
    for stream in tqdm(streams, unit="study", disable=None):
        for kind, child in zip(STUDIES, stream.spawn(len(STUDIES)), strict=True):
            yield kind(np.random.default_rng(child), draws)


def main() -> int:
    """Parse the command line, run, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--simulations", type=int, default=1000, help="studies of each kind")
    parser.add_argument("--draws", type=int, default=1000, help="bootstrap resamples a study")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true", help="print one JSON object instead")
    options = parser.parse_args()
    if options.simulations < 2 or options.draws < 2:
        parser.error("--simulations and --draws must be at least 2")
    rows = promise_rows(PROMISES, outcomes(options.simulations, options.draws, options.seed))
    if options.json:
        print(json.dumps({"rows": [{**row._asdict(), "holds": row.holds} for row in rows]}))
    else:
        print(promise_table(rows))
    return 0 if all(row.holds for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
