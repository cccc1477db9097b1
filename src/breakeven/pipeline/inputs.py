"""The small files under `inputs/` that DVC compares: code and cells, texts, lessons.

`inputs/code/<stage>.json` and `inputs/cells/<stage>/<cell>.json` come from the project alone,
before anything has run. `inputs/texts/` and `inputs/lessons/` hold digests of what stages have
written, by who reads it, so that a text that nobody reads runs nothing. A file is only touched
where what it says has changed, and a file of a cell that is gone is removed.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from breakeven.catalogue.shot_sources import shot_sources
from breakeven.core.digests import cached_digest
from breakeven.core.errors import InputError
from breakeven.core.files import write_text
from breakeven.core.layout import distilled_path, pairs_path, prompts_path, task_path
from breakeven.params import COMPLETION_STYLES, Params
from breakeven.pipeline.code import STAGES, stage_code
from breakeven.pipeline.reads import all_reads, deciding_corpora

INPUTS = Path("inputs")
CODE, CELLS, TEXTS, LESSONS = (INPUTS / name for name in ("code", "cells", "texts", "lessons"))
# What always runs needs no digest of its code.
ALWAYS_RUN = frozenset({"inputs", "track"})


def write_inputs(params: Params) -> None:
    """Write what every stage and every cell depends on besides other stages.

    Raises:
        InputError: a module is not valid Python.
    """
    stages = sorted({file.stem for file in STAGES.glob("*.py")} - ALWAYS_RUN)
    write_folder(CODE, {f"{stage}.json": stage_code(stage) for stage in stages})
    write_folder(CELLS, {f"{one.stage}/{one.name}": one.as_json() for one in all_reads(params)})


def write_texts(params: Params) -> None:
    """Write the digests of the texts that each corpus and the answers read."""
    tasks = _digests(map(task_path, params.tasks))
    read: dict[str, Any] = {}
    for corpus, row in params.corpora.items():
        prompts = map(prompts_path, row.sources)
        completions = (
            distilled_path(source, style) for source in row.sources for style in COMPLETION_STYLES
        )
        read[f"pairs/{corpus}.json"] = _digests([*prompts, *completions]) | tasks
    # Answers read prompts only as the examples that untrained students are shown.
    shown = params.tasks if any(arm.shots for arm in params.arms.values()) else ()
    shots = {task: _digests(map(prompts_path, shot_sources(params, task))) for task in shown}
    read["answer.json"] = {"tasks": tasks, "shots": shots}
    write_folder(TEXTS, read)


def write_lessons(params: Params) -> None:
    """Write the digests of the pairs that decide what each arm learns."""
    learnt = {arm: map(pairs_path, deciding_corpora(params, arm)) for arm in params.arms}
    write_folder(LESSONS, {f"{name}.json": _digests(paths) for name, paths in learnt.items()})


def _digests(paths: Iterable[Path]) -> dict[str, str]:
    found = {}
    for path in paths:
        if not path.is_file():
            raise InputError(f"{path}: no such file; `dvc repro` makes what stages write")
        found[path.as_posix()] = cached_digest(path)
    return found


def write_folder(folder: Path, files: Mapping[str, Any]) -> None:
    """Make a folder hold exactly these JSON files, by relative name."""
    wanted = {folder / name: value for name, value in files.items()}
    # A list first: a folder that is walked must not change meanwhile.
    for file in [file for file in folder.rglob("*") if file.is_file() and file not in wanted]:
        file.unlink()
    for file, value in wanted.items():
        text = json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
        # A file that is written anew has another stamp, and DVC would read all of them again.
        if not file.is_file() or file.read_text(encoding="utf-8") != text:
            write_text(file, text)
