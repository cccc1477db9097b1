"""Completions by a teacher that is a model: only those that are not on disk yet are made."""

import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from breakeven.core.progress import Progress
from breakeven.core.scratch import scratch_folder
from breakeven.costs.devices import DeviceUsage, metered
from breakeven.distill.journal import Journal, Reply
from breakeven.distill.model_teacher import KeepReplies, ModelTeacher
from breakeven.distill.trace_check import TraceCheck
from breakeven.params import OpenAITeacher, TransformersTeacher, VllmTeacher
from breakeven.rows.prompt import Prompt

# The teachers of params.yaml that are models; the solver is none.
ModelTeacherParams = OpenAITeacher | VllmTeacher | TransformersTeacher


class SentPrompts(NamedTuple):
    """How many prompts a run sent to the teacher, and what it used of the device, if known."""

    prompts: int
    usage: DeviceUsage | None


def make_model_teacher(settings: ModelTeacherParams, style: str) -> ModelTeacher:
    """The teacher in one style; raises InputError where its model or its settings are wrong."""
    match settings:
        case OpenAITeacher():
            from breakeven.distill.endpoint_teacher import openai_teacher

            return openai_teacher(settings, style)
        case VllmTeacher():
            from breakeven.distill.vllm_teacher import vllm_teacher

            return vllm_teacher(settings, style)
        case TransformersTeacher():
            from breakeven.distill.transformers_teacher import transformers_teacher

            return transformers_teacher(settings, style)


def open_journal(teacher: ModelTeacher, source: str) -> Journal:
    """The replies that this teacher has given in this style, to prompts of any source."""
    return Journal(scratch_folder("teacher", teacher.key), source)


def complete_missing(
    teacher: ModelTeacher,
    prompts: Sequence[Prompt],
    journal: Journal,
    trace_check: TraceCheck,
    label: str,
) -> SentPrompts:
    """Complete the prompts that the journal lacks; nothing is started where it lacks none.

    Raises:
        InputError: the teacher or a prompt is not as it must be, or `trace_check` fails.
        MachineError: the teacher cannot be reached or cannot run. What was answered is kept.
    """
    missing = journal.missing(prompts)
    if not missing:
        return SentPrompts(0, None)
    total = len({prompt.prompt for prompt in prompts})
    with Progress(label, total=total, done=total - len(missing)) as bar:
        replies = KeepReplies(_reply_handler(journal, trace_check, bar), journal.sync)
        if teacher.device is None:
            teacher.complete(missing, replies)
            return SentPrompts(len(missing), None)
        with metered(teacher.device) as meter:
            teacher.complete(missing, replies)
        return SentPrompts(len(missing), meter.usage)


def _reply_handler(
    journal: Journal, trace_check: TraceCheck, bar: Progress
) -> Callable[[Reply], None]:
    """Keeps each reply and shows progress, with the tokens a second since the start."""
    started, written = time.monotonic(), 0

    def on_reply(reply: Reply) -> None:
        nonlocal written
        # Kept before it is checked: where a setting of `trace` is wrong the reply was paid for, and
        # is right again once that is mended.
        journal.keep(reply)
        written += reply.completion_tokens or 0
        seconds = time.monotonic() - started
        bar.advance(f"{written / seconds:.0f} tokens/s" if written and seconds > 0 else "")
        trace_check.check(reply)

    return on_reply
