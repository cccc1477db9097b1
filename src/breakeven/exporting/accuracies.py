"""Accuracies of a study with their intervals, in the two forms that the hub has for a model's."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from breakeven.catalogue.benchmark import Benchmark, catalogue
from breakeven.core.layout import items_path
from breakeven.findings.accuracies import accuracy_estimate, task_accuracies
from breakeven.findings.groups import Group, groups_of
from breakeven.findings.scored_results import ScoredResults, scored_results
from breakeven.params import CatalogueTask, Params
from breakeven.params.cells import Cell
from breakeven.results.cell_results import CellResult
from breakeven.statistics.estimates import Estimate
from breakeven.study.collect import collect
from breakeven.words import percent_interval

if TYPE_CHECKING:
    from huggingface_hub import EvalResult

# Benchmarks of the catalogue that have a leaderboard on the hub, and what it calls the task
# (huggingface.co/docs/hub/eval-results). What another one calls it is not known here.
_HUB_TASKS = {"gsm8k": "gsm8k"}


class Accuracy(NamedTuple):
    """Accuracy on one task of a family, or on the family as the mean of its tasks (None)."""

    family: str
    task: str | None
    estimate: Estimate

    @property
    def words(self) -> str:
        """71.3% (68.0 to 74.6)."""
        return percent_interval(self.estimate.value, self.estimate.low, self.estimate.high)


class CellAccuracies(NamedTuple):
    """What one cell scored in one decoding: by family with costs, by family and task."""

    decoding: str
    cells: tuple[CellResult, ...]
    accuracies: tuple[Accuracy, ...]

    @property
    def of_tasks(self) -> tuple[Accuracy, ...]:
        """Those of single tasks."""
        return tuple(one for one in self.accuracies if one.task is not None)


class ArmAccuracy(NamedTuple):
    """What an arm of a student scored on a family in one decoding, over all its seeds."""

    group: Group
    accuracy: Accuracy


def scored_study(params: Params) -> ScoredResults | None:
    """The scores of the study here, None before there are any.

    Raises:
        InputError: the scores are damaged, or not of this study.
    """
    return scored_results(collect(params)[0]) if items_path().is_file() else None


def cell_accuracies(scored: ScoredResults, cell: Cell) -> Iterator[CellAccuracies]:
    """What a cell scored in each of its decodings, the first of the study first."""
    mine = [one for one in scored.results.cells if Cell(one.student, one.arm, one.seed) == cell]
    for decoding in dict.fromkeys(one.decoding for one in mine):
        cells = tuple(one for one in mine if one.decoding == decoding)
        yield CellAccuracies(decoding, cells, tuple(_accuracies(scored, cells)))


def arm_accuracies(scored: ScoredResults) -> Iterator[ArmAccuracy]:
    """What every arm scored on every family in every decoding."""
    for group in groups_of(scored.results.cells):
        estimate = accuracy_estimate(scored, group)
        yield ArmAccuracy(group, Accuracy(group.cells[0].family, None, estimate))


def _accuracies(scored: ScoredResults, cells: Iterable[CellResult]) -> Iterator[Accuracy]:
    for cell in cells:
        group = Group((cell,))
        yield Accuracy(cell.family, None, accuracy_estimate(scored, group))
        for one in task_accuracies(scored, group):
            yield Accuracy(cell.family, one.task, one.estimate)


def card_results(params: Params, found: CellAccuracies) -> "list[EvalResult]":
    """A `model-index` entry a task; the interval stands in the metric's name."""
    from huggingface_hub import EvalResult

    results = []
    for one in found.of_tasks:
        benchmark = _on_the_hub(params, str(one.task))
        place: dict[str, Any] = (
            {"dataset_type": one.task}
            if benchmark is None
            else {
                "dataset_type": benchmark.repo,
                "dataset_config": benchmark.config,
                "dataset_split": benchmark.split,
                "dataset_revision": benchmark.revision,
            }
        )
        results.append(
            EvalResult(
                task_type="text-generation",
                dataset_name=str(one.task),
                metric_type="accuracy",
                metric_value=one.estimate.value,
                metric_name=f"{one.task}, {found.decoding}: {one.words} of {one.estimate.items}",
                **place,
            )
        )
    return results


def leaderboard_entries(params: Params, found: CellAccuracies) -> dict[str, list[dict[str, Any]]]:
    """Content of `.eval_results/<task>.yaml` by task, for benchmarks that were asked whole."""
    from huggingface_hub import EvalResultEntry, eval_result_entries_to_yaml

    entries = {}
    for one in found.of_tasks:
        row, benchmark = params.tasks[str(one.task)], _on_the_hub(params, str(one.task))
        if (
            isinstance(row, CatalogueTask)
            and row.benchmark in _HUB_TASKS
            and benchmark is not None
            and one.estimate.value is not None
            # A sample of the questions is another benchmark.
            and one.estimate.items == benchmark.items
        ):
            entry = EvalResultEntry(
                dataset_id=benchmark.repo,
                task_id=_HUB_TASKS[row.benchmark],
                # A percentage, as others write it there.
                value=round(100 * one.estimate.value, 2),
                dataset_revision=benchmark.revision,
                notes=f"breakeven, decoding {found.decoding}: {one.words}",
            )
            entries[str(one.task)] = eval_result_entries_to_yaml([entry])
    return entries


def _on_the_hub(params: Params, task: str) -> Benchmark | None:
    """The benchmark that a task is, where its items came from the hub at the commit it names."""
    row = params.tasks[task]
    if not isinstance(row, CatalogueTask) or row.folder is not None:
        return None
    return catalogue().benchmarks.get(row.benchmark)
