"""Sources and tasks: files and folders with their fields, names in catalogues and libraries."""

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

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
        grader = getattr(task, "grader", None)
        if grader == "judge" and not params.grading.judges:
            yield wrong(
                f"tasks.{name}.grader",
                "value is 'judge', and grading.judges has none; add one judge or three",
            )


def _source(key: str, name: str, source: Source) -> Iterator[Finding]:
    if isinstance(source, JsonlSource):
        from breakeven.prompts.source_prompts import load_prompts

        yield from _path(f"{key}.path", source.path, Path.is_file, "file", "a JSON-lines file")
        if Path(source.path).is_file():
            yield from refused(f"{key}.path", lambda: load_prompts(name, source))
    elif isinstance(source, GymSource):
        yield from _gym(key, source)
    elif isinstance(source, ProceduralSource):
        yield from _problem(key, source)
    elif isinstance(source, CatalogueSource):
        yield from _benchmark(key, source, has_examples=True)
    elif source.folder is not None:
        from breakeven.prompts.published_prompts import COLUMNS

        fields = COLUMNS if isinstance(source, PublishedSource) else _fields(source)
        yield from _path(f"{key}.folder", source.folder, Path.is_dir, "folder", "a data set's")
        if Path(source.folder).is_dir():
            yield from refused(key, lambda: _first_row(key, source, fields))


def _task(key: str, name: str, task: Task) -> Iterator[Finding]:
    if isinstance(task, JsonlTask):
        from breakeven.tasks.task_items import load_items

        yield from _path(f"{key}.path", task.path, Path.is_file, "file", "a JSON-lines file")
        if Path(task.path).is_file():
            yield from refused(f"{key}.path", lambda: load_items(name, task))
    elif isinstance(task, GymTask):
        yield from _gym(key, task)
    elif isinstance(task, ProceduralTask):
        yield from _problem(key, task)
    elif isinstance(task, CatalogueTask):
        yield from _benchmark(key, task)
    else:
        yield from _harness(key, name, task)


def _path(
    key: str, path: str, there: Callable[[Path], bool], word: str, use: str
) -> Iterator[Finding]:
    if not there(Path(path)):
        yield wrong(key, f"value is {path!r}; no such {word}; use {use} in the project")


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
    next(rows.numbered, None)


def _gym(key: str, row: GymSource | GymTask) -> Iterator[Finding]:
    from breakeven.gym.datasets import check_dataset

    yield from refused(key, lambda: check_dataset(f"params.yaml: {key}", row.dataset, row.config))


def _problem(key: str, row: ProceduralSource | ProceduralTask) -> Iterator[Finding]:
    from breakeven.procedural.generation import depth_range

    yield from refused(
        key, lambda: depth_range(row.problem, min_depth=row.min_depth, max_depth=row.max_depth)
    )


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
        yield from _path(f"{key}.folder", row.folder, Path.is_dir, "folder", "a copy of the data")
        if folder.is_dir():
            yield from refused(
                f"{key}.folder",
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
