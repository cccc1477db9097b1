"""Sources and tasks: files and folders with their fields, names in catalogues and libraries."""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Literal

from breakeven.checking.problems import Finding, refused, wrong
from breakeven.params import (
    CatalogueSource,
    CatalogueTask,
    DatasetSource,
    GymSource,
    GymTask,
    JsonlSource,
    JsonlTask,
    LmEvalTask,
    Params,
    ProceduralSource,
    ProceduralTask,
    PublishedSource,
    Source,
    Task,
)


def check_sources(params: Params) -> Iterator[Finding]:
    """What each source names, as far as it is on this machine."""
    for name, source in params.sources.items():
        yield from _source(f"sources.{name}", name, source)


def check_tasks(params: Params) -> Iterator[Finding]:
    """What each task names, as far as it is on this machine."""
    for name, task in params.tasks.items():
        yield from _task(f"tasks.{name}", name, task)
        # Benchmarks and generators bring their own.
        grader = getattr(task, "grader", None)
        if grader == "judge" and not params.grading.judges:
            yield wrong(
                f"tasks.{name}.grader",
                "value is 'judge', and grading.judges has none; add one judge or three",
            )


def _source(key: str, name: str, source: Source) -> Iterator[Finding]:
    if isinstance(source, JsonlSource):
        from breakeven.prompts.source_prompts import load_prompts

        read = partial(load_prompts, name, source)
        yield from _on_disk(f"{key}.path", source.path, "file", "a JSON-lines file", read)
    elif isinstance(source, CatalogueSource):
        yield from _benchmark(key, source, has_examples=True)
    elif isinstance(source, GymSource | ProceduralSource):
        yield from _generated(key, source)
    elif source.folder is not None:
        from breakeven.prompts.published_prompts import COLUMNS

        fields = COLUMNS if isinstance(source, PublishedSource) else _fields(source)
        first = partial(_first_row, key, source, fields)
        yield from _on_disk(f"{key}.folder", source.folder, "folder", "a data set's", first)


def _task(key: str, name: str, task: Task) -> Iterator[Finding]:
    if isinstance(task, JsonlTask):
        from breakeven.tasks.task_items import load_items

        read = partial(load_items, name, task)
        yield from _on_disk(f"{key}.path", task.path, "file", "a JSON-lines file", read)
    elif isinstance(task, CatalogueTask):
        yield from _benchmark(key, task)
    elif isinstance(task, GymTask | ProceduralTask):
        yield from _generated(key, task)
    else:
        yield from _harness(key, name, task)


def _on_disk(
    key: str, path: str, kind: Literal["file", "folder"], use: str, read: Callable[[], object]
) -> Iterator[Finding]:
    """What reading a file or folder ends with, or that it is not there."""
    place = Path(path)
    if place.is_file() if kind == "file" else place.is_dir():
        yield from refused(key, read)
    else:
        yield wrong(key, f"value is {path!r}; no such {kind}; use {use} in the project")


def _fields(source: DatasetSource) -> Sequence[str]:
    return [field for field in (source.prompt, source.reference) if field is not None]


def _first_row(key: str, source: DatasetSource | PublishedSource, fields: Sequence[str]) -> None:
    """Open a folder's split and read one row, which must have the fields."""
    from breakeven.hubdata import stream_rows

    rows = stream_rows(
        source.place,
        key=f"params.yaml: {key}",
        config=source.config,
        split=source.split,
        fields=fields,
        digest=source.digest,
    )
    # One row tells whether the fields are there; all of them would take as long as the stage.
    next(rows.numbered, None)


def _generated(
    key: str, row: GymSource | GymTask | ProceduralSource | ProceduralTask
) -> Iterator[Finding]:
    """Whether a generator takes the settings of a row; nothing is drawn of procedural ones."""
    if isinstance(row, GymSource | GymTask):
        from breakeven.gym.datasets import check_dataset

        where = f"params.yaml: {key}"
        yield from refused(key, lambda: check_dataset(where, row.dataset, row.config))
    else:
        from breakeven.procedural.generation import depth_range

        depths = {"min_depth": row.min_depth, "max_depth": row.max_depth}
        yield from refused(key, lambda: depth_range(row.problem, **depths))


def _benchmark(
    key: str, row: CatalogueSource | CatalogueTask, *, has_examples: bool = False
) -> Iterator[Finding]:
    from breakeven.catalogue.benchmark import catalogue
    from breakeven.catalogue.benchmark_items import open_rows, pick_benchmark

    table = catalogue()
    unknown = list(
        refused(
            f"{key}.benchmark",
            lambda: pick_benchmark(row.benchmark, table, f"params.yaml: {key}.benchmark"),
        )
    )
    yield from unknown
    if unknown:
        return
    benchmark = table.benchmarks[row.benchmark]
    split = benchmark.shots.split if has_examples and benchmark.shots else None
    if has_examples and split is None:
        yield wrong(
            f"{key}.benchmark", f"value is {row.benchmark!r}, which has no split for examples"
        )
    elif row.folder is not None:
        folder = Path(row.folder)
        yield from _on_disk(
            f"{key}.folder",
            row.folder,
            "folder",
            "a copy of the data",
            lambda: next(open_rows(row.benchmark, benchmark, folder, split=split).numbered),
        )


def _harness(key: str, name: str, task: LmEvalTask) -> Iterator[Finding]:
    """The harness's name of a task; its items too where they are files of the project."""
    if task.reference_pattern is not None:
        yield from _pattern(f"{key}.reference_pattern", task.reference_pattern)
    from breakeven.pipeline.harness_files import harness_files
    from breakeven.tasks.lm_eval_items import check_name, lm_eval_items

    unknown = list(refused(f"{key}.task", lambda: check_name(task, f"params.yaml: {key}")))
    yield from unknown
    # Items are read only where their data lies here: of a task made of code alone they are on the
    # hub, which a check does not ask.
    code = (".yaml", ".yml", ".py")
    if not unknown and any(Path(file).suffix not in code for file in harness_files(task)):
        yield from refused(f"{key}.task", lambda: lm_eval_items(name, task))


def _pattern(key: str, pattern: str) -> Iterator[Finding]:
    try:
        groups = re.compile(pattern).groups
    except re.error as error:
        yield wrong(key, f"value is {pattern!r}, no regular expression: {error}")
        return
    if not groups:
        yield wrong(key, f"value is {pattern!r}; put the answer in a group: (…)")
