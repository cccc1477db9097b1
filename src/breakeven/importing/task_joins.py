"""Rows of single tasks joined to cells: a family has the unweighted means of its tasks."""

from collections.abc import Iterable
from dataclasses import replace

from breakeven.core.known_numbers import known_mean
from breakeven.results.cell_results import CellResult, TaskResult
from breakeven.results.published_tables import published_benchmarks

NO_TASKS = (
    "accuracies of whole families: without an interval, since the error of a mean over tasks "
    "needs the number of questions of each; give one row a task, with columns task and items"
)
PASSAGES = (
    "questions that share a passage count as one ({}): as many passages a question as in the "
    "public split; give a column clusters to say otherwise"
)


def join_tasks(rows: Iterable[tuple[CellResult, str, int | None]]) -> tuple[CellResult, ...]:
    """One cell of each family from (row as a cell, task, number of clusters), in order.

    A number that one task lacks is absent; without the questions of every task, `tasks` is empty
    and so is the cell's interval.
    """
    found: dict[tuple[object, ...], list[tuple[CellResult, str, int | None]]] = {}
    for row in rows:
        cell = row[0]
        key = (cell.student, cell.arm, cell.corpus, cell.seed, cell.decoding, cell.family)
        found.setdefault(key, []).append(row)
    return tuple(_joined(group) for group in found.values())


def shared_passages(tasks: Iterable[str]) -> tuple[str, ...]:
    """Those of the study's tasks whose questions share passages."""
    known = {task.task for task in published_benchmarks() if task.passages is not None}
    return tuple(sorted(known.intersection(tasks)))


def _joined(rows: list[tuple[CellResult, str, int | None]]) -> CellResult:
    cells = [cell for cell, _, _ in rows]
    items = [cell.items for cell in cells if cell.items is not None]
    # Where one task does not part a trace from its answer, neither does the mean over tasks.
    thinking = known_mean(cell.thinking_tokens for cell in cells)
    answer = known_mean(
        cell.output_tokens if thinking is None else cell.answer_tokens for cell in cells
    )
    known = len(items) == len(cells)
    return replace(
        cells[0],
        accuracy=sum(cell.accuracy for cell in cells) / len(cells),
        items=sum(items) if known else None,
        tasks=tuple(
            _task(cell, count, task, clusters)
            for count, (cell, task, clusters) in zip(items, rows, strict=True)
        )
        if known
        else (),
        chance=known_mean(cell.chance for cell in cells),
        inference_flops=known_mean(cell.inference_flops for cell in cells),
        prompt_tokens=known_mean(cell.prompt_tokens for cell in cells),
        cached_prompt_tokens=known_mean(cell.cached_prompt_tokens for cell in cells),
        thinking_tokens=thinking,
        answer_tokens=answer,
        device_seconds=known_mean(cell.device_seconds for cell in cells),
        energy_joules=known_mean(cell.energy_joules for cell in cells),
        truncated_share=known_mean(cell.truncated_share for cell in cells),
        unparsed_share=known_mean(cell.unparsed_share for cell in cells),
    )


def _task(cell: CellResult, items: int, task: str, clusters: int | None) -> TaskResult:
    return TaskResult(task, cell.accuracy, items, _clusters(task, items, clusters))


def _clusters(task: str, items: int, given: int | None) -> int | None:
    """The clusters given, or for a task of the study as many a question as its public split has."""
    if given is not None:
        return given
    known = next((one for one in published_benchmarks() if one.task == task), None)
    if known is None or known.passages is None:
        return None
    # A part of a benchmark is taken to have its passages in proportion.
    return max(1, round(items * known.passages / known.items))
