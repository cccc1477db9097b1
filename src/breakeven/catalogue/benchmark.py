"""The catalogue of benchmarks: what a row of `catalogue.yaml` holds, and reading it."""

import functools
from importlib import resources
from typing import Annotated, Any, Literal

import yaml
from pydantic import Field, StringConstraints, ValidationError, model_validator

from breakeven.core.errors import InputError, did_you_mean
from breakeven.params.names import (
    Count,
    Family,
    GraderName,
    Name,
    RepoId,
    Revision,
    Section,
    Share,
)

CATALOGUE = "catalogue.yaml"
Text = Annotated[str, StringConstraints(min_length=1)]


class FieldPaths(Section):
    """Where a row of the data set holds what an item needs: paths, dots for what is nested.

    `choices` is one field that holds a list, or one field a choice. `more_answers` are further
    fields with accepted answers. `cluster` is what dependent items share: the passage. `meta` maps
    what a grader needs, by its name there, to a field.
    """

    question: Text
    context: Text | None = None
    choices: Text | tuple[Text, ...] | None = None
    answer: Text | None = None
    more_answers: tuple[Text, ...] = ()
    unit: Text | None = None
    cluster: Text | None = None
    meta: dict[str, Text] = Field(default_factory=dict)

    @property
    def paths(self) -> tuple[str, ...]:
        """Every field that is read."""
        choices = (self.choices,) if isinstance(self.choices, str) else self.choices or ()
        single = (self.question, self.context, self.answer, self.unit, self.cluster)
        found = [*single, *choices, *self.more_answers, *self.meta.values()]
        # Each once: the prompt of IFEval is its question, and its checkers want it in `meta`.
        return tuple(dict.fromkeys(path for path in found if path is not None))


class ExampleSource(Section):
    """Where worked examples come from: a split of the same data set, or another benchmark."""

    split: str | None = None
    of: Name | None = None

    @model_validator(mode="after")
    def _one_of_the_two(self) -> "ExampleSource":
        if (self.split is None) == (self.of is None):
            raise ValueError("split: give a split or the benchmark that examples are `of`")
        return self


class Benchmark(Section):
    """One benchmark: a split of a data set at a commit, and how its rows become items.

    `layout` says what a row is: one item, or a conversation whose every question is one.
    `answer` says how the right answer is written: itself, a list of accepted ones, the letter of a
    choice, its index from 0, or its number from 1. `answer_pattern` cuts it out of a longer text.
    `keep` holds, by field, the values of the rows that belong. `rows` and `items` are what the
    split and the benchmark count at the commit; `chance` is the accuracy of guessing, None for open
    questions. `shots` is the split that worked examples for untrained students come from, or the
    name of the benchmark whose examples they are shown. `source` says where the row's facts come
    from and which of them are guesses.
    """

    repo: RepoId
    revision: Revision
    config: str | None = None
    split: str
    layout: Literal["row", "conversation"] = "row"
    fields: FieldPaths
    answer: Literal["none", "text", "texts", "letter", "index", "number"] = "text"
    answer_pattern: str | None = None
    choice_prefix: str | None = None
    keep: dict[Text, tuple[Text, ...]] = Field(default_factory=dict)
    shots: ExampleSource | None = None
    opening: str | None = None
    instruction: str
    grader: GraderName
    meta: dict[str, Any] = Field(default_factory=dict)
    family: Family
    chance: Share | None = None
    rows: Count
    items: Count
    source: Text

    @model_validator(mode="after")
    def _choices_and_answer_agree(self) -> "Benchmark":
        # A row of the catalogue that contradicts itself would grade every answer wrong, silently.
        multiple_choice = self.fields.choices is not None
        if multiple_choice != self.family.endswith("-mc"):
            raise ValueError(f"family: {self.family!r} with choices {self.fields.choices!r}")
        if multiple_choice != (self.grader == "letter") or multiple_choice != bool(self.chance):
            raise ValueError("grader: multiple choice goes with letter and a chance, only it does")
        if multiple_choice != (self.answer in ("letter", "index", "number")):
            raise ValueError(f"answer: {self.answer!r} does not fit the family {self.family!r}")
        if (self.fields.answer is None) != (self.answer == "none"):
            raise ValueError(f"answer: {self.answer!r} with the field {self.fields.answer!r}")
        return self


class Catalogue(Section):
    """The whole file: instruction lines by name, and benchmarks that refer to them."""

    instructions: dict[Name, str]
    benchmarks: dict[Name, Benchmark]

    @model_validator(mode="after")
    def _instructions_exist(self) -> "Catalogue":
        for name, benchmark in self.benchmarks.items():
            if benchmark.instruction not in self.instructions:
                raise ValueError(
                    f"benchmarks.{name}.instruction: {benchmark.instruction!r} is none; "
                    f"{did_you_mean(benchmark.instruction, self.instructions)}"
                )
            other = benchmark.shots.of if benchmark.shots else None
            # One step only, or a chain of names could lead in a circle.
            if other is not None and self.shown(other) != other:
                raise ValueError(f"benchmarks.{name}.shots.of: {other!r} has no examples itself")
        return self

    def shown(self, name: str) -> str | None:
        """The benchmark whose examples an untrained student is shown for this one, if any."""
        shots = self.benchmarks[name].shots if name in self.benchmarks else None
        return None if shots is None else shots.of or name


def parse_catalogue(text: str) -> Catalogue:
    """The catalogue that YAML text holds; raises InputError with the key of the first mistake."""
    try:
        return Catalogue.model_validate(yaml.safe_load(text))
    except yaml.YAMLError as error:
        raise InputError(f"{CATALOGUE}: not valid YAML: {' '.join(str(error).split())}") from error
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        where = ".".join(str(key) for key in problem["loc"])
        raise InputError(f"{CATALOGUE}: {where}: {problem['msg']}") from error


@functools.cache
def catalogue() -> Catalogue:
    """The catalogue that comes with the package."""
    text = resources.files("breakeven.catalogue").joinpath(CATALOGUE).read_text(encoding="utf-8")
    return parse_catalogue(text)
