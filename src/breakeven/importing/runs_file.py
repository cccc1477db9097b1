"""The small YAML that says which evaluation log belongs to which student and arm.

```yaml
runs:
  - {path: logs/ift-1.5b, student: qwen-1.5b, size_b: 1.5, style: ift}
tasks:
  gsm8k: {family: math-open, metric: exact_match, filter: strict-match}
```
"""

from pathlib import Path
from typing import Annotated, Any, NamedTuple

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    model_validator,
)

from breakeven.core.errors import InputError, did_you_mean
from breakeven.core.files import refuse_pipe
from breakeven.importing.left_out import DEFAULT_CORPUS, arm_name, reasoning_share
from breakeven.importing.spellings import two_spellings, unseen_character
from breakeven.importing.value_bounds import BOUNDS
from breakeven.params import ResultStyle
from breakeven.params.reading import read_yaml
from breakeven.results.cell_results import Order


def _within(value: float, info: ValidationInfo) -> float:
    why = BOUNDS[str(info.field_name)].why_not(value)
    if why is not None:
        raise ValueError(why)
    return value


def _no_word(value: Any) -> Any:  # noqa: ANN401 - a YAML value
    if isinstance(value, bool):
        raise ValueError("use a number")
    return value


# Bounds are those of the column of the same name. Text is read too: YAML takes 2.0e18 for one.
BoundedNumber = Annotated[
    float, Field(allow_inf_nan=False), BeforeValidator(_no_word), AfterValidator(_within)
]


def _a_name(text: str) -> str:
    unseen = unseen_character(text)
    if unseen is not None:
        raise ValueError(f"remove {unseen}, which cannot be seen")
    if not text.strip():
        raise ValueError("is empty; give a name")
    return text.strip()


Label = Annotated[str, AfterValidator(_a_name)]


class LogAnswers(NamedTuple):
    """One row an answer of a run's logs, and notes on what they do not hold."""

    rows: list[dict[str, Any]]
    notes: tuple[str, ...]


# A key that nobody reads may be a misspelt one.
class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LoggedRun(_Section):
    """One log, or folder of logs, of one student, arm and seed."""

    path: Label
    student: Label
    style: ResultStyle
    size_b: BoundedNumber | None = None
    size_parameters: BoundedNumber | None = None
    arm: Label | None = None
    corpus: Label = DEFAULT_CORPUS
    seed: Annotated[int, BeforeValidator(_no_word), AfterValidator(_within)] = 0
    decoding: Label = "greedy"
    reasoning_share: BoundedNumber | None = None
    order: Order | None = None
    train_flops: BoundedNumber | None = None
    train_tokens: BoundedNumber | None = None
    train_device_seconds: BoundedNumber | None = None
    train_energy_joules: BoundedNumber | None = None

    @model_validator(mode="after")
    def _one_size(self) -> "LoggedRun":
        if (self.size_b is None) == (self.size_parameters is None):
            raise ValueError("give one of size_b and size_parameters")
        return self

    @property
    def parameters(self) -> float:
        """Parameters of the student."""
        if self.size_b is not None:
            return self.size_b * 1e9
        assert self.size_parameters is not None  # a run gives one of the two
        return self.size_parameters

    @property
    def arm_name(self) -> str:
        """The arm, or the style with the corpus where that is named."""
        return self.arm or arm_name(self.style, self.corpus)

    @property
    def share(self) -> float | None:
        """Share of reasoning in training, from the style where it is not given."""
        return reasoning_share(self.style, self.reasoning_share)


class TaskChoice(_Section):
    """What a task of the logs is, and which of its scores counts."""

    family: str | None = None
    metric: str | None = None
    filter: str | None = None
    chance: BoundedNumber | None = None


class RunsFile(_Section):
    """The whole YAML file."""

    study: Label | None = None
    runs: Annotated[tuple[LoggedRun, ...], Field(min_length=1)]
    tasks: dict[str, TaskChoice] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _names_of_one_spelling(self) -> "RunsFile":
        for key in ("student", "arm_name", "corpus", "decoding"):
            names = [getattr(run, key) for run in self.runs]
            found = two_spellings(names)
            if found is not None:
                now, before = found
                raise ValueError(
                    f"runs.{now}.{key.removesuffix('_name')}: {names[now]!r} and {names[before]!r} "
                    f"(runs.{before}) are one name in two spellings; use one"
                )
        return self


def read_runs(path: Path) -> RunsFile:
    """Read and check the YAML; raises InputError with a line a mistake."""
    refuse_pipe(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    tree = read_yaml(path)
    try:
        return RunsFile.model_validate(tree)
    except ValidationError as error:
        lines = [
            _line(path, dict(problem))
            for problem in error.errors(include_url=False)
            # Once its items were refused, a list is "too short".
            if not (problem["type"] == "too_short" and problem["input"])
        ]
        raise InputError("\n".join(lines)) from error


def _line(path: Path, problem: dict[str, Any]) -> str:
    where = ".".join(str(key) for key in problem["loc"])
    if problem["type"] == "extra_forbidden":
        parts: dict[str, type[_Section]] = {"runs": LoggedRun, "tasks": TaskChoice}
        part = parts[str(problem["loc"][0])] if len(problem["loc"]) > 1 else RunsFile
        hint = did_you_mean(str(problem["loc"][-1]), part.model_fields)
        return f"{path}: {where}: unknown key; {hint}"
    said = problem["msg"].removeprefix("Value error, ")
    if not where:
        return f"{path}: {said}"
    shown = "" if problem["type"] == "missing" else f" value is {problem['input']!r};"
    return f"{path}: {where}:{shown} {said}"
