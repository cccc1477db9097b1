"""What was run and what it took, as the page tells it; nothing here reads a file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from breakeven.analysis.results import Style
from breakeven.costs.bill import Bill, Cost

CellKey = tuple[str, str, int]


class Settings(NamedTuple):
    """How intervals are computed: two-sided level, bootstrap draws, seed."""

    confidence: float = 0.95
    draws: int = 2000
    seed: int = 0


class ArmRow(NamedTuple):
    """One arm as params.yaml defines it."""

    name: str
    style: Style
    corpus: str | None
    reasoning_share: float | None
    order: str | None
    method: str
    shots: int


class StudentRow(NamedTuple):
    """One student; `parameters` is None where its base has no record yet."""

    name: str
    parameters: float | None
    base: str


class TaskRow(NamedTuple):
    """One task: what a guess gets, and the serial steps of its items where they have any."""

    name: str
    family: str
    items: int
    chance: float | None
    least_depth: int | None
    most_depth: int | None


class TeacherRow(NamedTuple):
    """What the teacher wrote in one style; `accuracy` is None with a reason.

    Token counts are None where nobody gave them, as with published completions.
    """

    style: str
    completions: int
    prompt_tokens: int | None
    thinking_tokens: int | None
    answer_tokens: int | None
    accuracy: float | None
    reason: str | None


class CorpusRow(NamedTuple):
    """Pairs of one corpus: kept, dropped by reason, tokens by style."""

    name: str
    kept: int
    dropped: int
    reasons: Mapping[str, int]
    tokens: Mapping[str, int | None]


class TrainingRow(NamedTuple):
    """One trained cell."""

    student: str
    arm: str
    seed: int
    steps: float | None
    samples: float | None
    tokens: int | None
    final_loss: float | None
    flops: float | None
    device_seconds: float
    device: str


class Example(NamedTuple):
    """One answer to one test question, as the student wrote it."""

    task: str
    student: str
    arm: str
    prompt: str
    reference: str
    text: str
    correct: bool
    truncated: bool


@dataclass(frozen=True)
class RunSummary:
    """Everything the page says besides results. Empty tables stand for what is not known.

    `bills` holds what each (student, arm, seed) took, `teacher_bill` what the teacher took once
    for all of them. `decoding` is the one that is shown, None for the first of the results;
    `absent` says what is missing and why.
    """

    settings: Settings = field(default_factory=Settings)
    decoding: str | None = None
    facts: tuple[tuple[str, str], ...] = ()
    students: tuple[StudentRow, ...] = ()
    arms: tuple[ArmRow, ...] = ()
    tasks: tuple[TaskRow, ...] = ()
    teacher: tuple[TeacherRow, ...] = ()
    corpora: tuple[CorpusRow, ...] = ()
    trainings: tuple[TrainingRow, ...] = ()
    bills: Mapping[CellKey, Bill] = field(default_factory=dict)
    teacher_bill: Cost | None = None
    examples: tuple[Example, ...] = ()
    price_per_device_hour: float | None = None
    currency: str = "USD"
    absent: tuple[str, ...] = ()

    @property
    def depths(self) -> Mapping[str, bool]:
        """Whether a task's items take serial steps, by task; empty where tasks are not known."""
        return {task.name: task.least_depth is not None for task in self.tasks}


def bare_run() -> RunSummary:
    """The run of results that this pipeline did not make: nothing is known of it."""
    return RunSummary(
        absent=(
            "what was run, the bill and the training data: absent, these results were not made "
            "by this pipeline, so there are no records of them",
        ),
    )
