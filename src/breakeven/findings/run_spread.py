"""How far other training runs of a study lie apart in what a comparison asks of its own.

A comparison is a weighted sum of accuracies on tasks. What it takes of one student and arm is asked
of every other that was trained: the variance between their seeds of the same sum over the same
tasks. The mean of these, added up over the students and arms of the comparison, is what
`breakeven.statistics.moderation` sets beside the comparison's own variance. Each student and arm
counts once, since its runs are what is independent, however many tasks they answered.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from breakeven.findings.groups import Group
from breakeven.findings.scored_results import ScoredResults, shared_seeds

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Run = tuple[str, str]


class Part(NamedTuple):
    """What a comparison takes of a group: its accuracy on a task, times a weight."""

    group: Group
    task: str
    weight: float


class _Asked(NamedTuple):
    """A part without its student and arm."""

    decoding: str
    family: str
    task: str
    weight: float


def prior_variance(scored: ScoredResults, parts: Sequence[Part]) -> float | None:
    """The variance between seeds of a weighted sum, by other runs; None where too few tell.

    Of the seeds that all groups share. An untrained model has no runs: it adds what it shows.
    """
    seeds = shared_seeds([part.group for part in parts])
    if len(seeds) < 2:
        return None
    asked: dict[Run, list[_Asked]] = {}
    for group, task, weight in parts:
        cell = group.cells[0]
        own = _Asked(cell.decoding, cell.family, task, weight)
        asked.setdefault((cell.student, cell.arm), []).append(own)
    trained = _trained(scored)
    found = [
        _pooled(scored, trained, sums, seeds)
        if run in trained
        else _variance(scored, run, sums, seeds)
        for run, sums in asked.items()
    ]
    known = [one for one in found if one is not None]
    return sum(known) if len(known) == len(found) else None


def telling_runs(scored: ScoredResults) -> int:
    """How many students and arms tell of each other's spread; 0 where they are too few."""
    from breakeven.statistics.moderation import LEAST_RUNS

    if not scored.tables:
        return 0
    seeds: dict[Run, set[int]] = {}
    for cell in scored.results.cells:
        if cell.style != "base":
            seeds.setdefault((cell.student, cell.arm), set()).add(cell.seed)
    several = sum(len(one) > 1 for one in seeds.values())
    return several if several >= LEAST_RUNS else 0


def _trained(scored: ScoredResults) -> list[Run]:
    """Every student and arm that was trained, in a fixed order."""
    cells = (*scored.results.cells, *scored.of_every_decoding)
    return sorted({(cell.student, cell.arm) for cell in cells if cell.style != "base"})


def _pooled(
    scored: ScoredResults, trained: Iterable[Run], asked: Sequence[_Asked], seeds: Sequence[int]
) -> float | None:
    from breakeven.statistics.moderation import pooled

    # Many comparisons ask the same of other students and arms.
    key = tuple(sorted(asked)), tuple(seeds)
    if key not in scored.spreads:
        each = [_variance(scored, run, asked, seeds) for run in trained]
        scored.spreads[key] = pooled([one for one in each if one is not None])
    found: float | None = scored.spreads[key]
    return found


def _variance(
    scored: ScoredResults, run: Run, asked: Sequence[_Asked], seeds: Sequence[int]
) -> float | None:
    """Between the seeds of one student and arm; None where one of them was not asked a task."""
    import numpy as np

    total = np.zeros(len(seeds))
    for one in asked:
        means = [
            _task_mean(scored, (*run, seed, one.decoding), one.family, one.task) for seed in seeds
        ]
        total += one.weight * np.array(means)
    return None if np.isnan(total).any() else float(np.var(total, ddof=1))


def _task_mean(
    scored: ScoredResults, cell: tuple[str, str, int, str], family: str, task: str
) -> float:
    """The accuracy of a cell on a task, over the items that it answered; NaN without any."""
    key = ("task mean", *cell, family, task)
    if key not in scored.spreads:
        table = scored.tables.get(family)
        row = None if table is None else table.row_of_cell.get(cell)
        mean = float("nan")
        if table is not None and row is not None:
            mean = _mean(table.correct[row][table.task == task])
        scored.spreads[key] = mean
    found: float = scored.spreads[key]
    return found


def _mean(values: "NDArray[np.float64]") -> float:
    import numpy as np

    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else float("nan")
