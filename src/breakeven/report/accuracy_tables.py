"""Tables of accuracies: by family, beyond chance, by task; what was truncated."""

from collections.abc import Callable, Mapping, Sequence

from breakeven.findings.accuracies import mean_over_items, means_by_task, task_accuracies
from breakeven.findings.groups import Group
from breakeven.report.figures.spec import CsvRow
from breakeven.report.interval_scope import scope_sentence
from breakeven.report.table import Table, absent_table
from breakeven.report.unequal_tasks import by_items_words, unequal_words
from breakeven.report.view import StudyView
from breakeven.statistics.chance import chance_corrected
from breakeven.statistics.estimates import Estimate
from breakeven.words import percent, percent_interval


def with_interval(estimate: Estimate) -> str:
    """41.3% (38.0 to 44.6), or the value alone."""
    return percent_interval(estimate.value, estimate.low, estimate.high)


def accuracy_table(view: StudyView) -> Table:
    """Student × arm down, families across."""
    families, estimates = view.results.families(), view.accuracies
    method = "; ".join(dict.fromkeys(_method(one) for one in estimates.values()))
    return Table(
        "accuracy",
        "Accuracy by student, arm and family",
        f"A family is the unweighted mean of its tasks. Intervals: {method}."
        + (f" {scope_sentence(view)}" if any(e.low is not None for e in estimates.values()) else "")
        + unequal_words(view),
        ("student", "arm", *families),
        _by_family(
            view,
            families,
            lambda group: with_interval(estimates[group]) + by_items_words(view, group),
        ),
        tuple(
            {
                **_accuracy_row(group, None, one, {name: group.mean(name) for name in _MEANS}),
                "accuracy_by_items": mean_over_items(view.scored, group),
            }
            for group, one in estimates.items()
        ),
    )


def _method(estimate: Estimate) -> str:
    if estimate.low is None:
        return f"none ({estimate.reason})"
    return f"{100 * estimate.level:g}%, {estimate.method}"


def _by_family(
    view: StudyView, families: Sequence[str], words: Callable[[Group], str]
) -> tuple[tuple[str, ...], ...]:
    """Lines of a table, student × arm down and families across; a dash where there is no group."""
    return tuple(
        (
            student,
            view.arm_label(arm),
            *(words(groups[family]) if family in groups else "–" for family in families),
        )
        for (student, arm), groups in _lines(view).items()
    )


def _lines(view: StudyView) -> dict[tuple[str, str], dict[str, Group]]:
    """Groups by (student, arm), then family: arms in their order, sizes upwards."""
    by_line: dict[tuple[str, str], dict[str, Group]] = {
        (student, arm.name): {} for student in view.results.students() for arm in view.arms
    }
    for group in view.every_group:
        cell = group.cells[0]
        by_line[cell.student, cell.arm][cell.family] = group
    return {key: groups for key, groups in by_line.items() if groups}


# Of all answers of a family or task.
_MEANS = (
    "inference_flops",
    "prompt_tokens",
    "thinking_tokens",
    "answer_tokens",
    "truncated_share",
    "unparsed_share",
    "thinking_share",
)


def _accuracy_row(
    group: Group, task: str | None, estimate: Estimate, means: Mapping[str, float | None]
) -> CsvRow:
    cell = group.cells[0]
    corrected = chance_corrected(estimate, cell.chance if task is None else None)
    return {
        "student": cell.student,
        "size_parameters": cell.size_parameters,
        "arm": cell.arm,
        "style": cell.style,
        "corpus": cell.corpus,
        "family": cell.family,
        "task": task,
        "items": estimate.items or cell.items,
        "accuracy": estimate.value,
        "low": estimate.low,
        "high": estimate.high,
        "method": estimate.method,
        "reason": estimate.reason,
        # A family's chance is the mean of its tasks'; no task's own is kept in results.
        "chance": cell.chance if task is None else None,
        "chance_corrected": corrected.value,
        "chance_corrected_low": corrected.low,
        "chance_corrected_high": corrected.high,
        "train_flops": group.mean("train_flops"),
        **means,
    }


def chance_table(view: StudyView) -> Table:
    """Multiple choice on a scale where guessing is 0 and all right is 1."""
    name, title = "beyond-chance", "Multiple choice beyond chance"
    beyond = {
        group: chance_corrected(estimate, group.cells[0].chance)
        for group, estimate in view.accuracies.items()
    }
    families = [
        family
        for family in view.results.families()
        if any(group.cells[0].chance is not None for group in view.family_groups(family))
    ]
    if not families:
        return absent_table(name, title, "no family has a known chance level")
    bounded = any(one.low is not None for one in beyond.values())
    return Table(
        name,
        title,
        "(accuracy − chance) / (1 − chance): 0% is guessing, 100% is all right. The CSV is "
        "accuracy.csv." + (f" {scope_sentence(view)}" if bounded else ""),
        ("student", "arm", *families),
        _by_family(view, families, lambda group: with_interval(beyond[group])),
    )


def accuracy_by_task_table(view: StudyView) -> Table:
    """Accuracy on every task; empty without item-level answers."""
    found = {
        (group.cells[0].student, group.cells[0].arm, one.task): (group, one.estimate)
        for group in view.every_group
        for one in task_accuracies(view.scored, group)
    }
    title = "Accuracy by task"
    if not found:
        return absent_table("accuracy-by-task", title, "no item-level answers")
    tasks = list(dict.fromkeys(key[2] for key in found))
    means = means_by_task(view.scored.of_decoding(view.decoding))
    methods = "; ".join(dict.fromkeys(_method(one) for _, one in found.values()))
    body = [
        (
            student,
            view.arm_label(arm),
            *(
                with_interval(found[student, arm, task][1])
                if (student, arm, task) in found
                else "–"
                for task in tasks
            ),
        )
        for student, arm in _lines(view)
    ]
    return Table(
        "accuracy-by-task",
        title,
        f"Intervals: {methods}. {scope_sentence(view)}",
        ("student", "arm", *tasks),
        tuple(body),
        tuple(
            _accuracy_row(group, key[2], one, {name: means[key].get(name) for name in _MEANS})
            for key, (group, one) in found.items()
        ),
    )


def truncated_table(view: StudyView) -> Table:
    """Truncated and unparsed answers beside accuracy, as `score` counted them."""
    name, title = "truncated-and-unparsed", "Truncated and unparsed answers"
    families = view.results.families()
    if all(
        group.mean("truncated_share") is None and group.mean("unparsed_share") is None
        for group in view.every_group
    ):
        return absent_table(name, title, "these results hold neither rate")
    return Table(
        name,
        title,
        "Truncated / unparsed, shares of all answers. Both count as wrong, under one limit and "
        "one grader for all styles. The CSV is accuracy.csv.",
        ("student", "arm", *families),
        _by_family(
            view,
            families,
            lambda group: (
                f"{percent(group.mean('truncated_share'))} / "
                f"{percent(group.mean('unparsed_share'))}"
            ),
        ),
    )
