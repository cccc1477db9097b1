"""Accuracies and gains of one training run a cell, and where reasoning overtakes."""

import numpy as np

from breakeven.findings.bounds import family_estimate
from breakeven.findings.contrasts import group_difference
from breakeven.findings.groups import Group
from breakeven.findings.scored_results import scored_results
from breakeven.frontiers.crossing import crossing_size
from breakeven.frontiers.equivalents import equivalent_size
from breakeven.results.cell_results import CellResult, Results, TaskResult
from breakeven.statistics.estimates import FloatArray
from breakeven.statistics.intervals import accuracy_interval, mean_of_estimates
from breakeven.statistics.paired import PairedTask, family_difference, paired_difference
from breakeven.statistics.promises import StudyOutcome
from breakeven.statistics.simulation import (
    StudyDesign,
    passages_of,
    simulate,
    true_accuracy,
    true_family_accuracy,
)
from coverage_studies.designs import CROSSING, PASSAGES, PLAIN_TASKS, SIZES_B, UNEQUAL_TASKS
from coverage_studies.judging import covers, middle_holds, position_covers, resample


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
