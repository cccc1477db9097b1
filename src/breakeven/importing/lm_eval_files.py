"""Where lm-evaluation-harness puts results and samples, in the layouts of 0.4.2 to 0.4.13.

From 0.4.3 on: `results_<date>.json` and `samples_<task>_<date>.jsonl`, one row a line. 0.4.2:
`results.json` and `<model arguments>_<task>.jsonl`, which holds one JSON array.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from breakeven.core.errors import InputError
from breakeven.core.files import read_json, read_jsonl, refuse_pipe
from breakeven.importing.json_shapes import HarnessResults, HarnessRow, check_shape

_DATED = re.compile(r"samples_(?P<task>.+)_(?P<date>\d{4}-\d{2}-\d{2}T[\d.:-]+)\.jsonl$")
_RESULTS = re.compile(r"results(_\d{4}-\d{2}-\d{2}T[\d.:-]+)?\.json$")

Json = dict[str, Any]


@dataclass(frozen=True)
class Evaluation:
    """One evaluation's files: samples by task, and what the results file says (maybe nothing)."""

    place: Path
    samples: Mapping[str, Path]
    results: Json
    results_file: Path | None

    def section(self, name: str, task: str) -> Any:  # noqa: ANN401 - a JSON value
        """What a section of the results file holds of a task; None where it holds nothing."""
        section = self.results.get(name)
        return section.get(task) if isinstance(section, dict) else None

    def groups_of(self, task: str) -> tuple[str, ...]:
        """The groups that a task belongs to, the nearest first."""
        parts = self.results.get("group_subtasks")
        if not isinstance(parts, dict):
            return ()
        found: list[str] = []
        below = {task}
        while True:
            above = [
                group
                for group, subtasks in parts.items()
                if group not in found and group != task and below & set(subtasks or ())
            ]
            if not above:
                return tuple(found)
            found.extend(above)
            below = set(above)

    def without_samples(self) -> list[str]:
        """Tasks that have results and no samples, groups left aside."""
        groups = {
            group for group, parts in (self.results.get("group_subtasks") or {}).items() if parts
        }
        named = set(self.results.get("results") or {}) | set(self.results.get("configs") or {})
        return sorted(named - groups - set(self.samples))


def is_lm_eval(place: Path) -> bool:
    """Whether a file or folder holds samples or results of the harness."""
    return any(_is_ours(file) for file in _files(place))


def read_evaluation(place: Path) -> Evaluation:
    """The samples and results under `place`: a folder, or a results or samples file of one.

    Raises InputError where a task has two sample files or none has any.
    """
    files = _files(place)
    results_files = [file for file in files if _is_results(file)]
    if place.is_file():
        files = [*place.parent.iterdir()]
        if not _is_results(place):
            files = [place, *(file for file in files if _is_results(file))]
        results_files = _of_same_date(place, filter(_is_results, files))
        files = _of_same_date(place, files)
    # 0.4.2 wrote no dates into names.
    old = [file for file in results_files if file.name == "results.json"]
    samples: dict[str, Path] = {}
    for file in sorted(files):
        task = _task_of(file, old)
        if task is None:
            continue
        if task in samples:
            raise InputError(
                f"{place}: two sample files of {task}: {samples[task]}, {file}; keep one, or give "
                "one of the files as the path"
            )
        samples[task] = file
    if not samples:
        raise InputError(f"{place}: holds results but no samples; evaluate with --log_samples")
    dates = {_date(file) for file in samples.values()}
    ours = [file for file in results_files if _date(file) in dates or file in old]
    return Evaluation(place, samples, *_merged(ours))


def read_samples(file: Path) -> list[Json]:
    """Rows of a sample file: one a line, or one JSON array."""
    refuse_pipe(file)
    with file.open("rb") as handle:
        is_array = handle.read(64).lstrip().startswith(b"[")
    rows = read_json(file) if is_array else read_jsonl(file)
    if not rows:
        raise InputError(f"{file}: is empty; run the evaluation again")
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, dict) or "doc_id" not in row:
            raise InputError(f"{file}: line {number}: doc_id is missing; use --log_samples output")
        check_shape(f"{file}: line {number}", HarnessRow, row)
    return list(rows)


def _files(place: Path) -> list[Path]:
    if place.is_file():
        return [place]
    return sorted(file for file in place.rglob("*.json*") if file.is_file())


def _is_results(file: Path) -> bool:
    return _RESULTS.fullmatch(file.name) is not None


def _is_ours(file: Path) -> bool:
    if _DATED.search(file.name):
        return True
    if not _is_results(file):
        return False
    if _date(file):
        return True
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        return False
    return isinstance(content, dict) and isinstance(content.get("results"), dict)


def _date(file: Path) -> str:
    match = re.search(r"\d{4}-\d{2}-\d{2}T[\d.:-]*\d", file.name)
    return "" if match is None else match.group()


def _of_same_date(place: Path, files: Iterable[Path]) -> list[Path]:
    return [file for file in files if _date(file) == _date(place)]


def _task_of(file: Path, old_results: Iterable[Path]) -> str | None:
    """The task whose samples a file holds; names of 0.4.2 are read by its results' tasks."""
    match = _DATED.search(file.name)
    if match is not None:
        return match["task"]
    if file.suffix != ".jsonl":
        return None
    for results in old_results:
        known = read_json(results).get("results") or {}
        fitting = [task for task in known if file.stem.endswith(f"_{task}")]
        if results.parent == file.parent and fitting:
            # A name that ends in `_arc_easy` may end in another task's `_easy` as well.
            return str(max(fitting, key=len))
    return None


def _merged(files: Iterable[Path]) -> tuple[Json, Path | None]:
    """The sections of all results files; each evaluation of a folder has tasks of its own."""
    merged: Json = {}
    last = None
    for last in files:
        content = read_json(last)
        if not isinstance(content, dict):
            raise InputError(f"{last}: is no results file; run the evaluation again")
        check_shape(str(last), HarnessResults, content)
        for name in ("results", "configs", "n-samples", "group_subtasks"):
            section = content.get(name)
            if isinstance(section, dict):
                merged.setdefault(name, {}).update(section)
    return merged, last
