"""The teacher's completions of one source in one style, and what they cost."""

import time
from collections.abc import Iterable
from typing import Any

from breakeven.core.errors import InputError
from breakeven.core.files import digest_path, iter_rows, read_rows, write_rows
from breakeven.core.layout import distilled_path, prompts_path
from breakeven.core.records import Record, require_as_recorded, versions
from breakeven.distill.model_completions import (
    ModelTeacherParams,
    complete_missing,
    make_model_teacher,
    open_journal,
)
from breakeven.distill.model_teacher import teacher_style
from breakeven.distill.token_counts import COMPLETIONS_BY_TOKENS, TokenCounts
from breakeven.distill.trace_check import TraceCheck
from breakeven.params import (
    COMPLETION_STYLES,
    CatalogueSource,
    Params,
    PublishedSource,
    SolverTeacher,
)
from breakeven.params.references import pick_row
from breakeven.pipeline.reads import params_digest
from breakeven.rows.completion import Completion
from breakeven.rows.prompt import Prompt

SOLVER = "the solver computes; it is no model that has FLOPs"
PUBLISHED = "the completions were published; what their teacher took is not known"


def run(params: Params, source: str, style: str) -> None:
    """Answer a source's prompts in one style; writes completions and the record.

    What a model has answered before comes from scratch, whether the run before was stopped or the
    source had fewer prompts.

    Raises:
        InputError: a name, a prompt or the teacher's settings are wrong.
        MachineError: the teacher cannot be reached or cannot run; what was answered is kept.
    """
    if style not in COMPLETION_STYLES:
        raise InputError(f"style: {style!r} is none; use one of {', '.join(COMPLETION_STYLES)}")
    row = pick_row(params.sources, "sources", source)
    path = distilled_path(source, style)
    # Before the work: the record must name what was read, not what came in its place meanwhile.
    inputs = {str(prompts_path(source)): digest_path(prompts_path(source))}
    require_as_recorded([prompts_path(source)])
    if isinstance(row, CatalogueSource):
        fields = _without_completions(source, style)
    elif isinstance(row, PublishedSource):
        fields = _from_published(source, style)
    elif isinstance(params.teacher, SolverTeacher):
        fields = _from_solver(params.teacher, source, style)
    else:
        fields = _from_model(params.teacher, source, style)
    Record(
        stage="distill",
        cell={"source": source, "style": style},
        part=params_digest(params, "distill", source, style),
        inputs=inputs,
        outputs={str(path): digest_path(path)},
        versions=versions(),
        **fields,
    ).write()


def _without_completions(source: str, style: str) -> dict[str, Any]:
    """Write none: prompts of benchmarks are shots, which nobody learns. Fields of the record."""
    counts = _write(source, style, ())
    return {
        "parameters": {"teacher": "none"},
        "metrics": counts.metrics(),
        "tokens": counts.tokens(),
        "details": {COMPLETIONS_BY_TOKENS: counts.lengths()},
        "flops": {"teacher": 0.0},
        "device_seconds": {"cpu": 0.0},
    }


def _from_published(source: str, style: str) -> dict[str, Any]:
    """Write the completions that came with the prompts; fields of the record."""
    from breakeven.distill.published_completions import published_completions

    prompts = iter_rows(prompts_path(source), Prompt)
    counts = _write(source, style, published_completions(prompts, style))
    unknown = [f"tokens.{kind}" for kind, count in counts.tokens().items() if count is None]
    return {
        "parameters": {"teacher": "published"},
        "metrics": counts.metrics(),
        "tokens": counts.tokens(),
        "details": {COMPLETIONS_BY_TOKENS: counts.lengths()},
        "flops": {"teacher": None},
        "absent": dict.fromkeys(("flops.teacher", "device_seconds", *unknown), PUBLISHED),
    }


def _from_solver(teacher: SolverTeacher, source: str, style: str) -> dict[str, Any]:
    """Write the solver's completions; fields of the record."""
    from breakeven.distill.solver_teacher import solve

    started = time.perf_counter()
    prompts = iter_rows(prompts_path(source), Prompt)
    counts = _write(source, style, solve(teacher, prompts, style))
    return {
        "parameters": {"teacher": teacher.kind},
        "metrics": counts.metrics(),
        "tokens": counts.tokens(),
        "details": {COMPLETIONS_BY_TOKENS: counts.lengths()},
        "flops": {"teacher": None},
        "absent": {"flops.teacher": SOLVER},
        "device_seconds": {"cpu": time.perf_counter() - started},
    }


def _from_model(settings: ModelTeacherParams, source: str, style: str) -> dict[str, Any]:
    """Have a model complete what it has not yet and write it all; fields of the record."""
    from breakeven.distill.teacher_costs import TeacherCosts

    prompts = read_rows(prompts_path(source), Prompt)
    teacher = make_model_teacher(settings, style)
    costs = TeacherCosts(teacher)
    trace_check = TraceCheck(teacher_style(settings, style), f"params.yaml: teacher.styles.{style}")
    with open_journal(teacher, source) as journal:
        sent = complete_missing(teacher, prompts, journal, trace_check, f"distill {source} {style}")
        replies = ((prompt.id, reply) for prompt, reply in journal.replies(prompts))
        write_rows(distilled_path(source, style), costs.completions(style, replies))
    return {
        "parameters": {"teacher": settings.kind, **teacher.key},
        **costs.fields(sent),
    }


def _write(source: str, style: str, completions: Iterable[Completion]) -> TokenCounts:
    counts = TokenCounts()
    write_rows(distilled_path(source, style), counts.counted(completions))
    return counts
