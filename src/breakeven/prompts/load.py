"""The pinned training prompts of a source, from a built-in generator or a file."""

import random
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from breakeven import procedural
from breakeven.errors import InputError
from breakeven.files import digest_json, read_rows
from breakeven.params import (
    DatasetSource,
    GymSource,
    JsonlSource,
    ProceduralSource,
    PublishedSource,
    Source,
)
from breakeven.prompts.prompt import Prompt


def load_prompts(name: str, source: Source) -> list[Prompt]:
    """The prompts of a source, the same for the same params.

    Raises:
        InputError: the file is missing or a row of it is no prompt, or the generator has too few.
    """
    match source:
        case ProceduralSource():
            return _procedural_prompts(name, source)
        case JsonlSource():
            return _jsonl_prompts(name, source)
        case GymSource():
            from breakeven.prompts.gym import gym_prompts

            return gym_prompts(name, source)
        case DatasetSource():
            from breakeven.prompts.dataset import dataset_prompts

            return dataset_prompts(name, source)
        case PublishedSource():
            from breakeven.prompts.published import published_prompts

            return published_prompts(name, source)


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
    # Problems come with depths in turn, so formats in turn too would tie the two together.
    random.Random(f"{name}/formats/{source.seed}").shuffle(formats)  # noqa: S311
    return [
        Prompt(
            id=f"{name}-{number:06d}",
            source=name,
            prompt=procedural.prompt(problem, form),
            content=problem.content,
            reference=procedural.reference(problem, form),
            solution=procedural.trace(problem, form),
            format=form,
            depth=problem.depth,
        )
        for number, (problem, form) in enumerate(zip(problems, formats, strict=True))
    ]


class JsonlRow(BaseModel):
    """A row of a source's file."""

    model_config = ConfigDict(extra="forbid")

    prompt: Annotated[str, Field(min_length=1)]
    reference: str | None = None
    solution: str | None = None
    format: str = "open"


def _jsonl_prompts(name: str, source: JsonlSource) -> list[Prompt]:
    path = Path(source.path)
    rows = list(enumerate(read_rows(path, JsonlRow), start=1))
    if not rows:
        raise InputError(f"{path}: no rows; a source needs at least one prompt")
    if source.prompts is not None and source.prompts < len(rows):
        chosen = random.Random(source.seed).sample(rows, source.prompts)  # noqa: S311
        rows = sorted(chosen, key=lambda numbered: numbered[0])
    return [
        Prompt(
            id=f"{name}-{number:06d}",
            source=name,
            prompt=row.prompt,
            content=f"prompt {digest_json(' '.join(row.prompt.split()))[:16]}",
            reference=row.reference,
            solution=row.solution,
            format=row.format,
        )
        for number, row in rows
    ]
