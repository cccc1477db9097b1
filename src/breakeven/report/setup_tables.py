"""Tables of what was run: students, arms, tasks, and the training of each cell."""

from collections.abc import Mapping, Sequence

from breakeven.report.figures.spec import CsvRow
from breakeven.report.table import Table, absent_table
from breakeven.report.view import StudyView
from breakeven.study.summary import StudySummary, TaskRow
from breakeven.words import human, percent, scientific, whole

NO_RECORDS = "these results came without records"
RATE_WORDS = (
    "Of rate: the model's FLOPs a second as a share of the device's measured matrix-product rate; "
    "on a busy machine that rate is measured too low and the share is too high."
)


def arm_table(summary: StudySummary) -> Table:
    """Arms as params.yaml defines them."""
    if not summary.arms:
        return absent_table("arms", "Arms", NO_RECORDS)
    return _mapping_table(
        "arms",
        "Arms",
        "The share is of prompts learnt with their trace. Traces: what a control learns in place "
        "of the teacher's. Asked for: the style that a tag in its prompts asks for.",
        (
            "arm",
            "style",
            "corpus",
            "reasoning share",
            "order",
            "method",
            "shots",
            "traces",
            "asked for",
        ),
        [row._asdict() for row in summary.arms],
    )


def student_table(view: StudyView) -> Table:
    """Students and their sizes; of results without records the sizes that they came with."""
    known = view.summary.students
    rows = [(row.name, whole(row.parameters), row.base) for row in known] or [
        (student, whole(size), "–") for student, size in view.sizes.items()
    ]
    plain: list[CsvRow] = [row._asdict() for row in known] or [
        {"name": student, "parameters": size, "base": None} for student, size in view.sizes.items()
    ]
    headers = ("student", "parameters", "base")
    return Table("students", "Students", "", headers, tuple(rows), tuple(plain))


def task_table(summary: StudySummary) -> Table:
    """Tasks, what guessing gets, and how many serial steps they take."""
    if not summary.tasks:
        return absent_table("tasks", "Tasks", NO_RECORDS)
    body = tuple(
        (
            row.name,
            row.family,
            whole(row.items),
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
    # "None" is said only where steps were counted, or a benchmark would seem to take no steps.
    if row.least_depth is not None:
        return f"{row.least_depth} to {row.most_depth}"
    return "none" if row.serial is False else "–"


def training_table(view: StudyView) -> Table:
    """One line a trained cell."""
    name, title = "training", "Training, cell by cell"
    trainings = view.summary.trainings
    if not trainings:
        return absent_table(name, title, NO_RECORDS)
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
                view.arm_label(row.arm),
                str(row.seed),
                "–" if row.learning_rate is None else f"{row.learning_rate:g}",
                whole(row.steps),
                whole(row.samples),
                human(row.tokens),
                "–" if row.final_loss is None else f"{row.final_loss:.3f}",
                scientific(row.flops),
                f"{row.device_seconds:,.1f}",
                rate_words(row.utilisation),
            )
            for row in trainings
        ),
        tuple(row._asdict() for row in trainings),
    )


def rate_words(share: float | None) -> str:
    """A share of the device's rate; over 100% the rate was measured on a busy machine."""
    # The rate is measured once, after a stage's work; another process beside it makes it too low.
    over = share is not None and share > 1
    return percent(share) + (" (ceiling measured under load)" if over else "")


def _mapping_table(
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
        # Numbers that long are sizes, which are compared and not counted.
        return human(value) if value >= 100_000 else f"{value:,}"
    return str(value)
