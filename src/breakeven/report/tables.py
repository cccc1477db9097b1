"""Tables of the page: text to read, and the same as plain rows for CSV."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from breakeven.findings.groups import Group
from breakeven.report.accuracies import accuracy, task_accuracies
from breakeven.report.figures.spec import CsvRow
from breakeven.report.interval_scope import scope_sentence
from breakeven.report.unequal_tasks import by_items_words, mean_over_items, unequal_words
from breakeven.report.view import StudyView
from breakeven.statistics.chance import chance_corrected
from breakeven.statistics.estimates import Estimate
from breakeven.words import human, percent, percent_interval, scientific


@dataclass(frozen=True)
class Table:
    """`headers` and `body` are text; `rows` are numbers. Without rows, `reason` says why."""

    name: str
    title: str
    note: str
    headers: tuple[str, ...] = ()
    body: tuple[tuple[str, ...], ...] = ()
    rows: tuple[CsvRow, ...] = ()
    reason: str | None = None


def with_interval(estimate: Estimate) -> str:
    """41.3% (38.0 to 44.6), or the value alone."""
    return percent_interval(estimate.value, estimate.low, estimate.high)


def accuracy_table(view: StudyView) -> Table:
    """Student × arm down, families across."""
    families = view.results.families()
    estimates = {group: accuracy(view, group) for group in _groups(view)}
    lines = _lines(view)
    controls = {arm.name for arm in view.arms if arm.style == "control"}
    body = [
        (
            view.label(student),
            f"{arm} (control)" if arm in controls else arm,
            *(
                with_interval(estimates[group]) + by_items_words(view, group)
                if (group := found.get(family))
                else "–"
                for family in families
            ),
        )
        for (student, arm), found in lines.items()
    ]
    method = "; ".join(dict.fromkeys(_method(one) for one in estimates.values()))
    return Table(
        "accuracy",
        "Accuracy by student, arm and family",
        f"A family is the unweighted mean of its tasks. Intervals: {method}."
        + (f" {scope_sentence(view)}" if any(e.low is not None for e in estimates.values()) else "")
        + unequal_words(view),
        ("size", "arm", *families),
        tuple(body),
        tuple(
            {**_accuracy_row(group, None, one), "accuracy_by_items": mean_over_items(view, group)}
            for group, one in estimates.items()
        ),
    )


def _method(estimate: Estimate) -> str:
    if estimate.low is None:
        return f"none ({estimate.reason})"
    return f"{100 * estimate.level:g}%, {estimate.method}"


def _lines(view: StudyView) -> dict[tuple[str, str], dict[str, Group]]:
    """Groups by (student, arm), then family: arms in their order, sizes upwards."""
    found: dict[tuple[str, str], dict[str, Group]] = {
        (student, arm.name): {} for student in view.results.students() for arm in view.arms
    }
    for group in _groups(view):
        cell = group.cells[0]
        found[cell.student, cell.arm][cell.family] = group
    return {key: groups for key, groups in found.items() if groups}


def _groups(view: StudyView) -> list[Group]:
    return [g for family in view.results.families() for g in view.family_groups(family)]


def _accuracy_row(group: Group, task: str | None, estimate: Estimate) -> CsvRow:
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
        "chance": cell.chance if task is None else None,
        "chance_corrected": corrected.value,
        "chance_corrected_low": corrected.low,
        "chance_corrected_high": corrected.high,
        "inference_flops": group.mean("inference_flops"),
        "train_flops": group.mean("train_flops"),
        "prompt_tokens": group.mean("prompt_tokens"),
        "thinking_tokens": group.mean("thinking_tokens"),
        "answer_tokens": group.mean("answer_tokens"),
        "truncated_share": group.mean("truncated_share"),
        "unparsed_share": group.mean("unparsed_share"),
        "thinking_share": group.mean("thinking_share"),
    }


def chance_table(view: StudyView) -> Table:
    """Multiple choice on a scale where guessing is 0 and all right is 1."""
    families = [
        family
        for family in view.results.families()
        if any(group.cells[0].chance is not None for group in view.family_groups(family))
    ]
    name, title = "beyond-chance", "Multiple choice beyond chance"
    if not families:
        return Table(name, title, "", reason="no family has a known chance level")
    body, bounded = [], False
    for (student, arm), found in _lines(view).items():
        cells = []
        for family in families:
            group = found.get(family)
            if group is None:
                cells.append("–")
                continue
            estimate = chance_corrected(accuracy(view, group), group.cells[0].chance)
            bounded = bounded or estimate.low is not None
            cells.append(with_interval(estimate))
        body.append((view.label(student), arm, *cells))
    return Table(
        name,
        title,
        "(accuracy − chance) / (1 − chance): 0% is guessing, 100% is all right. The CSV is "
        "accuracy.csv." + (f" {scope_sentence(view)}" if bounded else ""),
        ("size", "arm", *families),
        tuple(body),
    )


def accuracy_by_task_table(view: StudyView) -> Table:
    """Accuracy on every task; empty without item-level answers."""
    found = {
        (group.cells[0].student, group.cells[0].arm, one.task): (group, one.estimate)
        for group in _groups(view)
        for one in task_accuracies(view, group)
    }
    title = "Accuracy by task"
    if not found:
        return Table("accuracy-by-task", title, "", reason="no item-level answers")
    tasks = list(dict.fromkeys(key[2] for key in found))
    body = [
        (
            view.label(student),
            arm,
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
        f"Wilson intervals, or by t where items share a passage. {scope_sentence(view)}",
        ("size", "arm", *tasks),
        tuple(body),
        tuple(_accuracy_row(group, key[2], one) for key, (group, one) in found.items()),
    )


def truncated_table(view: StudyView) -> Table:
    """Truncated and unparsed answers beside accuracy."""
    name, title = "truncated-and-unparsed", "Truncated and unparsed answers"
    families = view.results.families()
    known = [
        group
        for group in _groups(view)
        if group.mean("truncated_share") is not None or group.mean("unparsed_share") is not None
    ]
    if not known:
        return Table(name, title, "", reason="these results hold neither rate")
    body = tuple(
        (
            view.label(student),
            arm,
            *(
                f"{percent(group.mean('truncated_share'))} / "
                f"{percent(group.mean('unparsed_share'))}"
                if (group := found.get(family))
                else "–"
                for family in families
            ),
        )
        for (student, arm), found in _lines(view).items()
    )
    return Table(
        name,
        title,
        "Truncated / unparsed, shares of all answers. Both count as wrong, under one limit and "
        "one grader for all styles. The CSV is accuracy.csv.",
        ("size", "arm", *families),
        body,
    )


def thinking_table(view: StudyView) -> Table:
    """How often each arm writes a trace: a style that leaks into the other shows here."""
    name, title = "modes", "How often each arm thinks"
    families = view.results.families()
    if all(group.mean("thinking_share") is None for group in _groups(view)):
        return Table(name, title, "", reason="these results do not tell thinking from answering")
    body = tuple(
        (
            view.label(student),
            arm,
            *(
                percent(group.mean("thinking_share")) if (group := found.get(family)) else "–"
                for family in families
            ),
        )
        for (student, arm), found in _lines(view).items()
    )
    return Table(
        name,
        title,
        "Share of answers with a trace. A student taught plain answers should show none, one "
        "taught traces all; a mixed one chooses, since nothing tells it which is wanted. The CSV "
        "is accuracy.csv.",
        ("size", "arm", *families),
        body,
    )


def mapping_table(
    name: str, title: str, note: str, headers: Sequence[str], rows: Sequence[Mapping[str, object]]
) -> Table:
    """A table whose text is its numbers."""
    body = tuple(tuple(_text(value) for value in row.values()) for row in rows)
    plain: tuple[CsvRow, ...] = tuple(
        {key: _plain(value) for key, value in row.items()} for row in rows
    )
    return Table(name, title, note, tuple(headers), body, plain)


def _plain(value: object) -> str | int | float | bool | None:
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _text(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return scientific(value)
    if isinstance(value, int):
        return human(value) if value >= 100_000 else f"{value:,}"
    return str(value)
