"""What each cell of each stage reads of params.yaml, defaults filled in, and the files named there.

One function a stage. What a stage reads of other stages are its dependencies in dvc.yaml; settings
that change no result (how many requests at once, how long to wait) are left out.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import BaseModel

from breakeven.core.digests import cached_digest
from breakeven.core.errors import InputError
from breakeven.core.files import digest_json
from breakeven.core.layout import tuning_curves_path
from breakeven.params import (
    COMPLETION_STYLES,
    CatalogueSource,
    Params,
    PublishedSource,
    ScratchBase,
)
from breakeven.params.cells import Cell, arms_of, matrix_cells, resolve_cell
from breakeven.params.matching import matched_arms
from breakeven.pipeline.named_files import named_files
from breakeven.rows.budget_trial import budget_trials_path

# How a service is reached, how many requests are in flight, how long is waited: no text and no
# weight depends on it.
_WITHOUT_EFFECT = {
    "concurrency",
    "timeout_seconds",
    "attempts",
    "key_variable",
    "base_urls",
    "base_url",
    "startup_seconds",
    "memory_share",
    "python",
}
# Keys that came later: told where they are set, so that rows without them are as they were.
_TOLD_WHERE_SET = {"search", "students", "hardware", "serving_speed", "served_on", "token_prices"}


class CellReads(NamedTuple):
    """What one cell reads: values of params, and digests of the files that they name."""

    stage: str
    cell: tuple[str | int, ...]
    params: Mapping[str, Any]
    files: Mapping[str, str] = {}

    @property
    def name(self) -> str:
        """The file that tells it, below the stage's folder."""
        return "/".join(map(str, self.cell or ("all",))) + ".json"

    def as_json(self) -> dict[str, Any]:
        """What that file says."""
        return {"params": self.params, "files": self.files}


def all_reads(params: Params) -> Iterator[CellReads]:
    """What every cell of every stage reads, in the order of the pipeline."""
    yield from (tasks(params, task) for task in params.tasks)
    yield from (prompts(params, source) for source in params.sources)
    yield from (
        distill(params, source, style) for source in params.sources for style in COMPLETION_STYLES
    )
    yield texts(params)
    yield from (pairs(params, corpus) for corpus in params.corpora)
    yield lessons(params)
    yield from (base(params, student) for student in params.students)
    yield from (train(params, *cell) for cell in matrix_cells(params))
    yield from (answer(params, student) for student in params.students)
    yield score(params)
    yield report(params)


def cell_reads(params: Params, stage: str, cell: Sequence[str | int]) -> CellReads | None:
    """What one cell reads; None for a stage or a cell that is not in the study."""
    try:
        return _OF_STAGE[stage](params, *cell)
    except (InputError, KeyError):
        return None  # the stage itself says which name is wrong


def params_digest(params: Params, stage: str, *cell: str | int) -> str:
    """Digest of what a stage's cell takes of params.yaml, as its record tells it.

    A record tells so what it was made from. Whoever finds it beside another params.yaml, as after
    another profile was copied over it, can tell that it is none of this study.

    Raises:
        InputError: params.yaml has no such row.
    """
    reads = cell_reads(params, stage, cell)
    if reads is None:
        raise InputError(f"params.yaml: {stage}: {'/'.join(map(str, cell))} is no row of it")
    return digest_json(reads.params)


def tasks(params: Params, task: str) -> CellReads:
    """A task: its row."""
    row = params.tasks[task]
    return CellReads("tasks", (task,), _values(row), named_files(row))


def prompts(params: Params, source: str) -> CellReads:
    """A source: its row."""
    row = params.sources[source]
    return CellReads("prompts", (source,), _values(row), named_files(row))


def distill(params: Params, source: str, style: str) -> CellReads:
    """A source in one style: the teacher, as far as that style goes, where one is asked."""
    row = params.sources[source]
    if isinstance(row, PublishedSource | CatalogueSource):
        return CellReads("distill", (source, style), {"teacher": row.kind})
    teacher = _values(params.teacher)
    # Another setting of one style asks nothing again in the other.
    if "styles" in teacher:
        teacher["styles"] = teacher["styles"][style]
    return CellReads("distill", (source, style), {"teacher": teacher}, named_files(params.teacher))


def texts(params: Params) -> CellReads:
    """Which texts corpora and answers read: by rows, since alike sources give a task its shots.

    And how each arm is asked, which decides what its prompts are and how much must fit beside them.
    """
    arms = {
        name: {
            "shots": row.shots,
            "mode": row.answer_mode,
            "styles": [row.taught_style, row.answered_style],
        }
        for name, row in params.arms.items()
    }
    return CellReads(
        "texts",
        (),
        {
            "corpora": {name: list(row.sources) for name, row in params.corpora.items()},
            "tasks": _values(params.tasks),
            "sources": _values(params.sources),
            "students": list(params.students),
            "arms": arms,
            "answering": _values(params.answering),
        },
    )


def pairs(params: Params, corpus: str) -> CellReads:
    """A corpus: its row, and the tasks that it is kept apart from; its file holds every side."""
    row = _values(params.corpora[corpus])
    del row["tuning"]
    return CellReads("pairs", (corpus,), {**row, "tasks": list(params.tasks)})


def lessons(params: Params) -> CellReads:
    """Which corpora decide what each arm learns."""
    return CellReads(
        "lessons", (), {arm: list(deciding_corpora(params, arm)) for arm in params.arms}
    )


def deciding_corpora(params: Params, arm: str) -> tuple[str, ...]:
    """The corpora that an arm learns, then those of arms whose budget it matches."""
    arms = (arm, *matched_arms(params.arms, arm))
    return tuple(dict.fromkeys(name for one in arms for name in params.arms[one].corpora))


def base(params: Params, student: str) -> CellReads:
    """A student's base; one trained from nothing also reads how many threads train."""
    row = params.students[student].base
    threads = {"threads": params.training.threads} if isinstance(row, ScratchBase) else {}
    return CellReads("base", (student,), {**_values(row), **threads}, named_files(row))


def train(params: Params, student: str, arm: str, seed: int) -> CellReads:
    """A cell: the settings that decide its weights, and how many processes and threads train."""
    cell = Cell(student, arm, seed)
    settings = resolve_cell(params, cell).training
    if settings is None:
        return CellReads("train", cell, {"method": "none"})
    # DVC runs a cell again for these. Its key in scratch leaves them out, so that no step is
    # trained.
    ran = {"threads": params.training.threads, "launch": params.training.launch}
    kept = [name for name in deciding_corpora(params, arm) if params.corpora[name].tuning]
    matched = {
        name: _amount_learnt(params, Cell(student, name, seed))
        for name in matched_arms(params.arms, arm)
    }
    return CellReads(
        "train",
        cell,
        {
            **settings.as_dict(),
            **ran,
            **({"not_learnt": kept} if kept else {}),
            **({"matched": matched} if matched else {}),
        },
        named_files(params.training),
    )


def _amount_learnt(params: Params, cell: Cell) -> dict[str, Any]:
    """What decides how much a cell trains: all that decides its weights but the rate."""
    settings = resolve_cell(params, cell).training
    assert settings is not None  # the schema lets no arm match one that is not trained
    return {name: value for name, value in settings.as_dict().items() if name != "learning_rate"}


def answer(params: Params, student: str) -> CellReads:
    """A student: what its arms come to, the tasks, and how answers are made."""
    arms = {}
    for arm in arms_of(params, student):
        resolved = resolve_cell(params, Cell(student, arm, params.seeds[0]))
        # Told where it is set only: answers in no mode are as they were before there was one.
        mode = {"answer_mode": resolved.answer_mode} if resolved.answer_mode else {}
        arms[arm] = {"method": resolved.method, "shots": resolved.shots, **mode}
    return CellReads(
        "answer",
        (student,),
        {
            "arms": arms,
            "seeds": list(params.seeds),
            "tasks": list(params.tasks),
            **_values(params.answering),
        },
    )


def score(params: Params) -> CellReads:
    """All cells, tasks and decodings, and how answers are graded."""
    # Told where it is set only: a study whose arms are for every student is as it was.
    some = {name: row.students for name, row in params.arms.items() if row.students is not None}
    return CellReads(
        "score",
        (),
        {
            "students": list(params.students),
            "arms": list(params.arms),
            **({"arms_for": some} if some else {}),
            "seeds": list(params.seeds),
            "tasks": list(params.tasks),
            "decodings": _values(params.answering.decodings),
            "by_task": _values(params.answering.by_task),
            "grading": _values(params.grading),
        },
        named_files(params.grading),
    )


def report(params: Params) -> CellReads:
    """Everything that the page says of the study, and what `breakeven tune` left of it."""
    # There only where somebody has tuned: DVC refuses a dependency that may be missing.
    tried = (budget_trials_path(params.study), tuning_curves_path(params.study))
    files = {path.as_posix(): cached_digest(path) for path in tried if path.is_file()}
    return CellReads("report", (), _values(params), files)


_OF_STAGE: Mapping[str, Callable[..., CellReads]] = {
    "tasks": tasks,
    "prompts": prompts,
    "distill": distill,
    "texts": texts,
    "pairs": pairs,
    "lessons": lessons,
    "base": base,
    "train": train,
    "answer": answer,
    "score": score,
    "report": report,
}


def _values(value: Any) -> Any:  # noqa: ANN401 - a section, a table of sections, a plain value
    """A section as JSON, without what changes no result; tables keep their order."""
    if isinstance(value, BaseModel):
        fields = type(value).model_fields
        return {
            name: _values(getattr(value, name))
            for name, field in fields.items()
            if name not in _WITHOUT_EFFECT
            and not (name in _TOLD_WHERE_SET and getattr(value, name) == field.default)
        }
    if isinstance(value, dict):
        return {name: _values(one) for name, one in value.items()}
    return [_values(one) for one in value] if isinstance(value, list | tuple) else value
