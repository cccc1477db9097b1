"""The pinned training prompts of a source: generated, from a file, or from a data set."""

import random
from collections.abc import Iterable, Iterator
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from breakeven import procedural
from breakeven.core.errors import InputError
from breakeven.hubdata import Written, jsonl_rows
from breakeven.hubdata.load_notes import LoadNotes
from breakeven.params import (
    CatalogueSource,
    DatasetSource,
    GymSource,
    JsonlSource,
    ProceduralSource,
    PublishedSource,
    Source,
    WorkedCompletions,
)
from breakeven.rows.content import content_of
from breakeven.rows.prompt import Prompt


def load_prompts(name: str, source: Source) -> list[Prompt]:
    """The prompts of a source, the same for the same params; raises as `stream_prompts`."""
    return list(stream_prompts(name, source, LoadNotes()))


def stream_prompts(name: str, source: Source, notes: LoadNotes) -> Iterable[Prompt]:
    """The prompts of a source one by one; `notes` is complete when they have all been taken.

    Raises:
        InputError: the file or data set is missing or a row of it is no prompt, or the generator
            has too few.
        MachineError: the hub cannot be reached.
    """
    # What some kinds need (datasets, reasoning-gym) takes seconds to import, hence in the branches.
    match source:
        case ProceduralSource():
            return _procedural_prompts(name, source)
        case JsonlSource():
            return _jsonl_prompts(name, source)
        case GymSource():
            from breakeven.prompts.gym_prompts import gym_prompts

            return gym_prompts(name, source)
        case DatasetSource():
            from breakeven.prompts.dataset_prompts import dataset_prompts

            return _some(name, dataset_prompts(name, source, notes), notes)
        case PublishedSource():
            from breakeven.prompts.published_prompts import published_prompts

            return _some(name, published_prompts(name, source, notes), notes)
        case CatalogueSource():
            from breakeven.prompts.benchmark_examples import example_prompts

            return example_prompts(name, source, notes)


def _some(name: str, prompts: Iterator[Prompt], notes: LoadNotes) -> Iterator[Prompt]:
    """The prompts, unless there are none."""
    # Known only at the end of the stream, as rows are dropped on the way.
    empty = True
    for prompt in prompts:
        empty = False
        yield prompt
    if empty:
        reason = "it has no rows"
        if notes.dropped:
            reason, _ = notes.dropped.most_common(1)[0]
            reason = f"of {notes.dropped.total()} rows none can be used, mostly since {reason}"
        raise InputError(f"params.yaml: sources.{name}: {reason}; name another split or data set")


def _procedural_prompts(name: str, source: ProceduralSource) -> list[Prompt]:
    problems = procedural.generate(
        source.problem,
        count=source.prompts,
        seed=source.seed,
        partition="train",
        min_depth=source.min_depth,
        max_depth=source.max_depth,
    )
    formats = [source.formats[number % len(source.formats)] for number in range(len(problems))]
    # Problems come with depths in turn, so formats in turn too would tie the two together. By the
    # problem and not the source: two sources that differ in completions ask the same prompts.
    random.Random(f"{source.problem}/formats/{source.seed}").shuffle(formats)  # noqa: S311
    return [
        procedural_prompt(name, number, problem, form, source.completions)
        for number, (problem, form) in enumerate(zip(problems, formats, strict=True))
    ]


def procedural_prompt(
    source: str, number: int, problem: procedural.Problem, form: str, completions: WorkedCompletions
) -> Prompt:
    """A generated problem as a prompt, with what the solver will write for it."""
    return Prompt(
        id=f"{source}-{number:06d}",
        source=source,
        prompt=procedural.prompt(problem, form),
        content=problem.content,
        reference=procedural.reference(problem, form),
        solution=procedural.trace(
            problem,
            form,
            checks=completions.checks,
            slips=completions.slips,
            explores=completions.search == "explore",
        ),
        format=form,
        depth=problem.depth,
        grader="letter" if form == "choice" else "exact",
        meta=_answers(problem, form, completions),
    )


def _answers(
    problem: procedural.Problem, form: str, completions: WorkedCompletions
) -> dict[str, str]:
    """The answers that are not the reference alone, for the prompt's `meta`."""
    answers = {}
    if completions.choice == "item" and form == "choice":
        answers["final_answer"] = procedural.named_choice(problem, problem.answer)
    if completions.working == "short":
        final = answers.get("final_answer", procedural.reference(problem, form))
        answers["plain_answer"] = procedural.worked_answer(problem, final)
    return answers


class PromptRow(BaseModel):
    """A row of a source's file."""

    model_config = ConfigDict(extra="forbid")  # a misspelt `reference` is no prompt without one

    prompt: Written
    reference: Written | None = None
    solution: Written | None = None
    format: Written = "open"


def _jsonl_prompts(name: str, source: JsonlSource) -> list[Prompt]:
    rows = jsonl_rows(
        Path(source.path),
        PromptRow,
        count=source.prompts,
        seed=source.seed,
        what="a source needs at least one prompt",
    )
    return [
        Prompt(
            id=f"{name}-{number:06d}",
            source=name,
            prompt=row.prompt,
            content=content_of(row.prompt),
            reference=row.reference,
            solution=row.solution,
            format=row.format,
            grader=None if row.reference is None else source.grader,
        )
        for number, row in rows
    ]
