"""The completions of a teacher that is a model: what is missing is asked for, the rest is there."""

import time
from collections.abc import Sequence
from typing import NamedTuple

from breakeven.core.progress import Progress
from breakeven.core.scratch import scratch_folder
from breakeven.costs.devices import DeviceUsage, metered
from breakeven.distill.journal import Journal, Reply
from breakeven.distill.model_teacher import Keep, Teaching
from breakeven.distill.trace_watch import TraceWatch
from breakeven.params import OpenAITeacher, TransformersTeacher, VllmTeacher
from breakeven.rows.prompt import Prompt

Modelled = OpenAITeacher | VllmTeacher | TransformersTeacher


class Asked(NamedTuple):
    """How many prompts this run asked for, and what that held of the device, if it is known."""

    prompts: int
    usage: DeviceUsage | None


def teaching_of(teacher: Modelled, style: str) -> Teaching:
    """The teacher in one style; raises InputError where its model or its settings are wrong."""
    match teacher:
        case OpenAITeacher():
            from breakeven.distill.endpoint_teacher import openai_teaching

            return openai_teaching(teacher, style)
        case VllmTeacher():
            from breakeven.distill.vllm_teacher import vllm_teaching

            return vllm_teaching(teacher, style)
        case TransformersTeacher():
            from breakeven.distill.transformers_teacher import transformers_teaching

            return transformers_teaching(teacher, style)


def open_journal(teaching: Teaching, source: str) -> Journal:
    """The replies that this teacher has given in this style, to whatever source."""
    return Journal(scratch_folder("teacher", teaching.key), source)


def ask_missing(
    teaching: Teaching, prompts: Sequence[Prompt], journal: Journal, watch: TraceWatch, label: str
) -> Asked:
    """Ask for the prompts that the journal lacks; nothing is started where it lacks none.

    Raises:
        InputError: the teacher or a prompt is not as it must be, or `watch` sees what is wrong.
        MachineError: the teacher cannot be reached or cannot run. What was answered is kept.
    """
    missing = journal.missing(prompts)
    if not missing:
        return Asked(0, None)
    total = len({prompt.prompt for prompt in prompts})
    with Progress(label, total=total, done=total - len(missing)) as bar:
        keep = _keeping(journal, watch, bar)
        if teaching.device is None:
            teaching.ask(missing, keep)
            return Asked(len(missing), None)
        with metered(teaching.device) as meter:
            teaching.ask(missing, keep)
        return Asked(len(missing), meter.usage)


def _keeping(journal: Journal, watch: TraceWatch, bar: Progress) -> Keep:
    """Keeps each reply and tells of it, with the tokens a second since the start."""
    started, written = time.monotonic(), 0

    def keep(reply: Reply) -> None:
        nonlocal written
        journal.keep(reply)
        written += reply.completion_tokens or 0
        seconds = time.monotonic() - started
        bar.advance(f"{written / seconds:.0f} tokens/s" if written and seconds > 0 else "")
        watch.look(reply)

    return keep
