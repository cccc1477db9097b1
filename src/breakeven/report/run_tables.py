"""Tables of what was run and what it took: students, arms, tasks, training, costs, the bill."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from breakeven.costs.bill import ITEMS, Bill, Cost
from breakeven.report.figures.spec import CsvRow
from breakeven.report.tables import Table, mapping_table
from breakeven.report.view import StudyView
from breakeven.study.summary import StudySummary, TaskRow
from breakeven.words import human, percent, scientific

NO_RECORDS = "these results came without records"
RATE_WORDS = (
    "Of rate: the model's FLOPs a second as a share of the device's measured matrix-product rate; "
    "on a busy machine that rate is measured too low and the share is too high."
)
_ITEM_WORDS = {
    "teacher": "teacher's completions",
    "training": "training",
    "answering": "answering the benchmark",
    "judging": "judging",
}


def arm_table(summary: StudySummary) -> Table:
    """Arms as params.yaml defines them."""
    if not summary.arms:
        return Table("arms", "Arms", "", reason=NO_RECORDS)
    return mapping_table(
        "arms",
        "Arms",
        "The share is of prompts learnt with their trace.",
        ("arm", "style", "corpus", "reasoning share", "order", "method", "shots"),
        [row._asdict() for row in summary.arms],
    )


def student_table(summary: StudySummary) -> Table:
    """Students and their sizes."""
    if not summary.students:
        return Table("students", "Students", "", reason=NO_RECORDS)
    rows = [
        (row.name, "–" if row.parameters is None else f"{row.parameters:,.0f}", row.base)
        for row in summary.students
    ]
    plain = tuple(row._asdict() for row in summary.students)
    return Table("students", "Students", "", ("student", "parameters", "base"), tuple(rows), plain)


def task_table(summary: StudySummary) -> Table:
    """Tasks, what guessing gets, and how many serial steps they take."""
    if not summary.tasks:
        return Table("tasks", "Tasks", "", reason=NO_RECORDS)
    body = tuple(
        (
            row.name,
            row.family,
            f"{row.items:,}",
            percent(row.chance),
            _steps(row),
        )
        for row in summary.tasks
    )
    return Table(
        "tasks",
        "Tasks",
        "",
        ("task", "family", "items", "chance", "serial steps"),
        body,
        tuple(row._asdict() for row in summary.tasks),
    )


def _steps(row: TaskRow) -> str:
    if row.least_depth is not None:
        return f"{row.least_depth} to {row.most_depth}"
    return "none" if row.serial is False else "–"


def training_table(summary: StudySummary) -> Table:
    """One line a trained cell."""
    name, title = "training", "Training, cell by cell"
    if not summary.trainings:
        return Table(name, title, "", reason=NO_RECORDS)
    return Table(
        name,
        title,
        f"Final loss: mean of the last tenth of the steps, nats a supervised token. {RATE_WORDS}",
        (
            "student",
            "arm",
            "seed",
            "learning rate",
            "steps",
            "samples",
            "tokens",
            "final loss",
            "FLOPs",
            "seconds",
            "of rate",
        ),
        tuple(
            (
                row.student,
                row.arm,
                str(row.seed),
                "–" if row.learning_rate is None else f"{row.learning_rate:g}",
                _count(row.steps),
                _count(row.samples),
                "–" if row.tokens is None else human(row.tokens),
                "–" if row.final_loss is None else f"{row.final_loss:.3f}",
                scientific(row.flops),
                f"{row.device_seconds:,.1f}",
                rate_words(row.utilisation),
            )
            for row in summary.trainings
        ),
        tuple(row._asdict() for row in summary.trainings),
    )


def _count(value: float | None) -> str:
    return "–" if value is None else f"{value:,.0f}"


def rate_words(share: float | None) -> str:
    """A share of the device's rate; over 100% the rate was measured on a busy machine."""
    over = share is not None and share > 1
    return percent(share) + (" (ceiling measured under load)" if over else "")


_COST_FIELDS = (
    "train_flops",
    "train_tokens",
    "train_device_seconds",
    "inference_flops",
    "prompt_tokens",
    "thinking_tokens",
    "answer_tokens",
    "device_seconds",
)
_COST_HEADERS = (
    "training FLOPs",
    "tokens",
    "s",
    "FLOPs a query",
    "prompt",
    "thinking",
    "answer",
    "s a query",
)


def cost_table(view: StudyView) -> Table:
    """What a query and a training cost, by student and arm: means over families."""
    body: list[tuple[str, ...]] = []
    rows: list[CsvRow] = []
    shares = any(share is not None for one in view.summary.utilisation.values() for share in one)
    for student in view.results.students():
        for arm in view.arms:
            means = _mean_costs(view, student, arm.name)
            if means is None:
                continue
            utilisation_of = _mean_utilisation(view.summary, student, arm.name)
            costs, rates = map(scientific, means.values()), map(rate_words, utilisation_of.values())
            text = _in_order(list(costs), list(rates) if shares else [])
            body.append((view.label(student), arm.name, *text))
            rows.append({"student": student, "arm": arm.name, **means, **utilisation_of})
    return Table(
        "costs",
        "Cost by student and arm",
        "FLOPs, tokens and device-seconds of training; then of one query, a mean over families: "
        "FLOPs, tokens of prompt, thinking and answer, device-seconds (a batch's are shared by its "
        "queries). A dash was not measured." + (f" {RATE_WORDS}" if shares else ""),
        ("size", "arm", *_in_order(_COST_HEADERS, ["of rate"] * 2 if shares else [])),
        tuple(body),
        tuple(rows),
    )


def _in_order(costs: Sequence[str], rates: Sequence[str]) -> tuple[str, ...]:
    """The costs of training and its rate, then those of a query and its rate, where there are."""
    return (*costs[:3], *rates[:1], *costs[3:], *rates[1:])


def _mean_costs(view: StudyView, student: str, arm: str) -> dict[str, float | None] | None:
    """Costs of a student and arm, means over its families; None where it has no cell."""
    found = [
        group
        for family in view.results.families()
        for group in view.family_groups(family)
        if (group.cells[0].student, group.cells[0].arm) == (student, arm)
    ]
    if not found:
        return None
    return {name: _mean([group.mean(name) for group in found]) for name in _COST_FIELDS}


def _mean_utilisation(summary: StudySummary, student: str, arm: str) -> dict[str, float | None]:
    """Shares of the device's rate, means over seeds."""
    own = [one for key, one in summary.utilisation.items() if key[:2] == (student, arm)]
    return {
        "training_utilisation": _mean([one.training for one in own]),
        "answering_utilisation": _mean([one.answering for one in own]),
    }


def _mean(values: Iterable[float | None]) -> float | None:
    found = list(values)
    known = [value for value in found if value is not None]
    return sum(known) / len(known) if known and len(known) == len(found) else None


def bill_table(summary: StudySummary) -> Table:
    """The whole bill: a line an item, quantities across, reasons for what is absent."""
    name, title = "bill", "The bill of the study"
    if not summary.bills:
        return Table(name, title, "", reason=NO_RECORDS)
    bills = list(summary.bills.values())
    total = bills[0]
    for bill in bills[1:]:
        total += bill
    if summary.teacher_cost is not None:
        total = replace(total, teacher=summary.teacher_cost)
    lines = [(_ITEM_WORDS[item], getattr(total, item)) for item in ITEMS]
    lines.append(("training and answering", total.training + total.answering))
    lines.append(("all together", total.total))
    price = summary.price_per_device_hour
    reasons = dict.fromkeys(_reasons(total, price))
    return Table(
        name,
        title,
        "Sums over all cells. The teacher is paid once, whichever arms learn from it. "
        + (f"Absent: {'; '.join(reasons)}." if reasons else ""),
        (
            "item",
            "tokens read",
            "tokens generated",
            "FLOPs",
            "device-seconds",
            "GPU-hours",
            "energy, J",
            f"cost, {summary.currency}",
        ),
        tuple((words, *map(scientific, _values(cost, price))) for words, cost in lines),
        tuple(
            dict(zip(("item", *_QUANTITIES), (words, *_values(cost, price)), strict=True))
            for words, cost in lines
        ),
    )


_QUANTITIES = (
    "read_tokens",
    "new_tokens",
    "flops",
    "device_seconds",
    "gpu_hours",
    "energy_joules",
    "money",
)


def _values(cost: Cost, price: float | None) -> tuple[float | None, ...]:
    amounts = [getattr(cost, name) for name in _QUANTITIES[:-1]]
    return (*(amount.value for amount in amounts), cost.money(price).value)


def _reasons(bill: Bill, price: float | None) -> Iterable[str]:
    for item in ITEMS:
        cost = getattr(bill, item)
        for name in _QUANTITIES[:-1]:
            reason = getattr(cost, name).reason
            if reason:
                yield from reason.split("; ")
    if price is None:
        yield "costs.price_per_device_hour is not set"
