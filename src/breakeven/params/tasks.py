"""Benchmarks: where their items come from, and who grades them."""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from breakeven.params.names import (
    Count,
    Family,
    GeneratedCount,
    GraderName,
    ProjectPath,
    Section,
    Seed,
    Text,
)
from breakeven.params.sources import Format, ProblemKind


class ProceduralTask(Section):
    """Test items from a built-in generator, in its test partition.

    Attributes:
        problem: The generator.
        format: Open questions or multiple choice; both ask the same problems.
        family: Whose mean the task is in; it has to hold the format.
        items: How many.
        min_depth: Fewest serial steps; the generator's own where it is left out.
        max_depth: Most serial steps; the generator's own where it is left out.
        seed: Of the items.
    """

    kind: Literal["procedural"]
    problem: ProblemKind
    format: Format
    family: Family
    items: GeneratedCount = 400
    min_depth: GeneratedCount | None = None
    max_depth: GeneratedCount | None = None
    seed: Seed = 0

    @model_validator(mode="after")
    def _family_has_the_format(self) -> "ProceduralTask":
        wanted = "mc" if self.format == "choice" else "open"
        if not self.family.endswith(wanted):
            raise ValueError(
                f"family: {self.family!r} does not hold format {self.format!r} tasks; "
                f"use {self.family.split('-')[0]}-{wanted}"
            )
        return self


class JsonlTask(Section):
    """Test items from a JSON-lines file in the project: `question`, `reference`, `choices`…

    Attributes:
        path: The file.
        family: Whose mean the task is in.
        grader: How an answer is compared with the reference.
        items: A sample of so many; all where it is left out.
        seed: Of the sample.
    """

    kind: Literal["jsonl"]
    path: ProjectPath
    family: Family
    grader: GraderName = "exact"
    items: Count | None = None
    seed: Seed = 0


class GymTask(Section):
    """Test items from a data set of reasoning-gym, graded by its own scorer.

    Attributes:
        dataset: Its name in reasoning-gym.
        family: Whose mean the task is in.
        items: How many.
        config: The data set's own settings.
        seed: Of the items.
    """

    kind: Literal["reasoning-gym"]
    dataset: Text
    family: Literal["general-open", "math-open"]
    items: GeneratedCount = 200
    config: dict[str, Any] = Field(default_factory=dict)
    seed: Seed = 0


class CatalogueTask(Section):
    """A benchmark of the catalogue; `breakeven tasks list` shows them.

    Attributes:
        benchmark: Its name in the catalogue, such as `gsm8k`.
        folder: A copy of the data set in the project, read instead of the hub.
        items: A sample of so many; all where it is left out.
        seed: Of the sample.
    """

    kind: Literal["catalogue"]
    benchmark: Text
    folder: ProjectPath | None = None
    items: Count | None = None
    seed: Seed = 0


class LmEvalTask(Section):
    """A task of lm-evaluation-harness, answered by generation.

    Multiple choice is graded by letter.

    Attributes:
        task: Its name in the harness.
        family: Whose mean the task is in.
        grader: How an answer is compared with the reference.
        include: A folder with task files of one's own.
        reference_pattern: Cuts the answer out of a longer target: what its first group matches.
        items: A sample of so many; all where it is left out.
        seed: Of the sample.
    """

    kind: Literal["lm-eval"]
    task: Text
    family: Family
    grader: GraderName = "exact"
    include: ProjectPath | None = None
    reference_pattern: Text | None = None
    items: Count | None = None
    seed: Seed = 0


Task = Annotated[
    ProceduralTask | JsonlTask | GymTask | CatalogueTask | LmEvalTask, Field(discriminator="kind")
]
