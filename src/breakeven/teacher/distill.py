"""The teacher's completions of one source in one style, and what they cost."""

import time
from collections.abc import Sequence

from breakeven.errors import InputError
from breakeven.files import digest_path, read_rows, write_rows
from breakeven.layout import distilled_path, prompts_path
from breakeven.params import Params, SolverTeacher, Teacher
from breakeven.prompts.prompt import Prompt
from breakeven.records import Record, versions
from breakeven.teacher.completion import STYLES, Completion
from breakeven.teacher.solver import solve


def distill(params: Params, source: str, style: str) -> None:
    """Answer a source's prompts in one style; writes completions and the record."""
    if style not in STYLES:
        raise InputError(f"style: {style!r} is none; use one of {', '.join(STYLES)}")
    started = time.perf_counter()
    prompts = read_rows(prompts_path(source), Prompt)
    completions = completions_of(params.teacher, prompts, style)
    path = distilled_path(source, style)
    write_rows(path, completions)
    Record(
        stage="distill",
        cell={"source": source, "style": style},
        parameters={"teacher": params.teacher.kind},
        metrics={"completions": len(completions)},
        tokens={
            "prompt": sum(one.prompt_tokens or 0 for one in completions),
            "thinking": sum(one.thinking_tokens or 0 for one in completions),
            "answer": sum(one.answer_tokens or 0 for one in completions),
        },
        flops={"teacher": None},
        absent={"flops.teacher": "the solver computes; it is no model that has FLOPs"},
        device_seconds={"cpu": time.perf_counter() - started},
        inputs={str(prompts_path(source)): digest_path(prompts_path(source))},
        outputs={str(path): digest_path(path)},
        versions=versions(),
    ).write()


def completions_of(teacher: Teacher, prompts: Sequence[Prompt], style: str) -> list[Completion]:
    """A completion of every prompt in one style, by whoever the teacher is."""
    if isinstance(teacher, SolverTeacher):
        return solve(teacher, prompts, style)
    raise InputError(f"params.yaml: teacher.kind: value is {teacher.kind!r}: not available yet")
