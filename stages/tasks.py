"""Pin the items of one task: `python stages/tasks.py --task chain-open`."""

import time

from breakeven.files import digest_path, write_rows
from breakeven.layout import task_path
from breakeven.params import load_params
from breakeven.pipeline.cells import digest_of_part
from breakeven.prompts.arrivals import Arrivals
from breakeven.records import Record, versions
from breakeven.stage import pick, run_stage
from breakeven.tasks.load import load_items


def main(task: str) -> None:
    """Write `data/tasks/<task>.jsonl` and its record."""
    started = time.perf_counter()
    params, arrivals = load_params(), Arrivals()
    items = load_items(task, pick(params.tasks, "tasks", task), arrivals)
    write_rows(task_path(task), items)
    Record(
        stage="tasks",
        cell={"task": task},
        part=digest_of_part(params, "tasks", task),
        metrics={"items": len(items)},
        device_seconds={"cpu": time.perf_counter() - started},
        outputs={str(task_path(task)): digest_path(task_path(task))},
        details=arrivals.details(),
        versions=versions(),
    ).write()


if __name__ == "__main__":
    run_stage(main)
