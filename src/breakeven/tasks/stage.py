"""What the `tasks` stage does: pin the items of one task, and record where they come from."""

import time

from breakeven.core.files import digest_path, write_rows
from breakeven.core.layout import task_path
from breakeven.core.records import Record, versions
from breakeven.hubdata.load_notes import LoadNotes
from breakeven.params import Params
from breakeven.params.references import pick_row
from breakeven.pipeline.reads import params_digest
from breakeven.tasks.task_items import load_items


def run(params: Params, task: str) -> None:
    """Write `data/tasks/<task>.jsonl` and its record."""
    started, notes = time.perf_counter(), LoadNotes()
    items = load_items(task, pick_row(params.tasks, "tasks", task), notes)
    write_rows(task_path(task), items)
    Record(
        stage="tasks",
        cell={"task": task},
        part=params_digest(params, "tasks", task),
        metrics={"items": len(items)},
        device_seconds={"cpu": time.perf_counter() - started},
        outputs={str(task_path(task)): digest_path(task_path(task))},
        details=notes.details(),
        versions=versions(),
    ).write()
