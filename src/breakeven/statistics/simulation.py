"""Simulated studies with a known truth, to check what intervals and tests promise.

An answer is right with probability logistic(ability + task + item + item·style + …), the
additions being normal and shared as in a real study: an item is as hard for every model, a style
suits some items and passages more than others, a training run is a little better or worse.
"""

from dataclasses import dataclass

import numpy as np

from breakeven.statistics.estimates import FloatArray, IntArray


@dataclass(frozen=True)
class TaskDesign:
    """One simulated task: `passages` of equal size share an effect; 0 for unrelated items."""

    items: int
    easiness: float = 0.0
    passages: int = 0


@dataclass(frozen=True)
class StudyDesign:
    """Abilities in logits by (style, size), tasks, and the spread of what is shared.

    item_sd: difficulty shared by all cells; style_sd: an item's own liking for a style;
    passage_sd and passage_style_sd: the same two for passages; seed_sd: of a training run, the same
    for all styles or one a style.
    """

    ability: tuple[tuple[float, ...], ...]
    tasks: tuple[TaskDesign, ...]
    item_sd: float = 1.5
    style_sd: float = 0.7
    passage_sd: float = 0.8
    passage_style_sd: float = 0.6
    seed_sd: float | tuple[float, ...] = 0.0
    seeds: int = 1


def true_accuracy(design: StudyDesign, task: TaskDesign) -> FloatArray:
    """(styles, sizes) expected accuracy over items, passages and training runs not yet seen."""
    variance = design.item_sd**2 + design.style_sd**2 + _by_style(design.seed_sd) ** 2
    if task.passages:
        variance += design.passage_sd**2 + design.passage_style_sd**2
    # The mean of a logistic over a normal has no closed form.
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    logits = np.array(design.ability)[..., None] + task.easiness + np.sqrt(variance) * nodes
    expected: FloatArray = _logistic(logits) @ (weights / weights.sum())
    return expected


def true_family_accuracy(design: StudyDesign) -> FloatArray:
    """(styles, sizes) unweighted mean of the tasks' true accuracies."""
    scores: FloatArray = np.mean([true_accuracy(design, task) for task in design.tasks], axis=0)
    return scores


def passages_of(task: TaskDesign) -> IntArray | None:
    """The passage of each item, None where items are unrelated."""
    if not task.passages:
        return None
    return np.arange(task.items, dtype=np.int64) * task.passages // task.items


def simulate(design: StudyDesign, rng: np.random.Generator) -> list[FloatArray]:
    """0/1 outcomes of one study: an array (styles, sizes, seeds, items) a task."""
    return [task[..., 0] for task in simulate_samples(design, rng, 1)]


def simulate_samples(
    design: StudyDesign, rng: np.random.Generator, samples: int
) -> list[FloatArray]:
    """The same with several answers to an item: (styles, sizes, seeds, items, samples) a task."""
    ability = np.array(design.ability)[:, :, None, None]
    runs = _by_style(design.seed_sd)[..., None] * rng.normal(
        size=(*ability.shape[:2], design.seeds, 1)
    )
    return [_simulate_task(design, task, ability + runs, samples, rng) for task in design.tasks]


def _simulate_task(
    design: StudyDesign,
    task: TaskDesign,
    ability: FloatArray,
    samples: int,
    rng: np.random.Generator,
) -> FloatArray:
    styles = len(ability)
    shared = design.item_sd * rng.normal(size=task.items)
    by_style = design.style_sd * rng.normal(size=(styles, task.items))
    passages = passages_of(task)
    if passages is not None:
        shared += design.passage_sd * rng.normal(size=task.passages)[passages]
        own = design.passage_style_sd * rng.normal(size=(styles, task.passages))
        by_style += own[:, passages]
    logits = ability + task.easiness + shared + by_style[:, None, None, :]
    drawn = rng.random((*logits.shape, samples)) < _logistic(logits)[..., None]
    outcomes: FloatArray = drawn.astype(np.float64)
    return outcomes


def _by_style(spread: float | tuple[float, ...]) -> FloatArray:
    """(styles, 1, 1), or one for all styles."""
    return np.reshape(np.asarray(spread, dtype=np.float64), (-1, 1, 1))


def _logistic(logits: FloatArray) -> FloatArray:
    from scipy.special import expit

    probabilities: FloatArray = expit(logits)
    return probabilities
