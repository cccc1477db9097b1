"""The teacher's completions of one source in one style, and what they cost."""

import time

from breakeven.errors import InputError
from breakeven.files import digest_path, read_rows, write_rows
from breakeven.layout import distilled_path, prompts_path
from breakeven.params import Params
from breakeven.prompts.prompt import Prompt
from breakeven.records import Record, versions
from breakeven.teacher.completion import STYLES
from breakeven.teacher.solver import solve


def distill(params: Params, source: str, style: str) -> None:
    """Answer a source's prompts in one style; writes completions and the record."""
    if style not in STYLES:
        raise InputError(f"style: {style!r} is none; use one of {', '.join(STYLES)}")
    started = time.perf_counter()
    prompts = read_rows(prompts_path(source), Prompt)
    completions = solve(params.teacher, prompts, style)
    path = distilled_path(source, style)
    write_rows(path, completions)
    Record(
        stage="distill",
        cell={"source": source, "style": style},
        parameters={"teacher": params.teacher.kind},
        metrics={"completions": len(completions)},
        tokens={
            "prompt": sum(one.prompt_tokens for one in completions),
            "thinking": sum(one.thinking_tokens for one in completions),
            "answer": sum(one.answer_tokens for one in completions),
        },
        flops={"teacher": None},
        absent={"flops.teacher": "the solver computes; it is no model that has FLOPs"},
        device_seconds={"cpu": time.perf_counter() - started},
        inputs={str(prompts_path(source)): digest_path(prompts_path(source))},
        outputs={str(path): digest_path(path)},
        versions=versions(),
    ).write()
