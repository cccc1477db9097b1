"""What was run and what it took, as the page tells it; nothing here reads a file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from breakeven.costs.architecture import Architecture
from breakeven.costs.bill import Bill, Cost
from breakeven.costs.query_costs import Lengths, ServedOn
from breakeven.costs.token_prices import TokenPrices
from breakeven.findings.baselines import Guess
from breakeven.findings.decodings import ThinkingBudget
from breakeven.findings.matched_budgets import ArmMatch
from breakeven.findings.sampling import SamplerPair
from breakeven.params import ResultStyle
from breakeven.params.cells import Cell
from breakeven.results.served import CellKey
from breakeven.rows.budget_trial import BudgetTrial


class BootstrapSettings(NamedTuple):
    """How intervals are resampled: bootstrap draws and their seed."""

    draws: int = 2000
    seed: int = 0


class ArmRow(NamedTuple):
    """One arm as params.yaml defines it.

    `traces` is what a control learns in place of the teacher's, `answer_mode` the style that its
    prompts ask for by a tag; None where there is no such thing.
    """

    name: str
    style: ResultStyle
    corpus: str | None
    reasoning_share: float | None
    order: str | None
    method: str
    shots: int
    traces: str | None = None
    answer_mode: str | None = None


class StudentRow(NamedTuple):
    """One student; `parameters` is None where its base has no record yet."""

    name: str
    parameters: float | None
    base: str


class TaskRow(NamedTuple):
    """One task: what a guess gets, and the serial steps of its items where they have any.

    `blind_guess` is what the better guess gets (`study.blind_guess`), of an open task whose items
    have one right answer each; it and `chance` are None where that is not defined.
    `serial` is None where nobody counted steps, as with a benchmark: that is not to have none.
    `grader` is None where it is not known.
    """

    name: str
    family: str
    items: int
    chance: float | None
    least_depth: int | None
    most_depth: int | None
    serial: bool | None
    blind_guess: float | None = None
    grader: str | None = None


class TeacherRow(NamedTuple):
    """What the teacher wrote in one style.

    Token counts are None where nobody gave them, as with published completions. Shares are of
    completions: cut at the limit, with a trace, with a trace that was left open. New tokens of a
    completion have their mean with its 95% interval over prompts, and what 95% stay within.
    """

    style: str
    completions: int
    prompt_tokens: int | None
    thinking_tokens: int | None
    answer_tokens: int | None
    truncated_share: float | None
    traced_share: float | None
    unclosed_share: float | None
    new_tokens_value: float | None = None
    new_tokens_low: float | None = None
    new_tokens_high: float | None = None
    new_tokens_p95: float | None = None


class Interval(NamedTuple):
    """A fraction, or a difference of fractions, with its interval where there is one."""

    value: float
    low: float | None
    high: float | None


class TeacherAccuracy(NamedTuple):
    """How often the teacher is right in each mode, on `prompts` with a reference.

    `pairs` says of which pairs of the corpus: all, or those kept. `difference` is reasoning minus
    IFT on the same prompts. Without numbers, `reason` says why.
    """

    corpus: str
    pairs: str
    prompts: int
    ift: Interval | None = None
    reasoning: Interval | None = None
    difference: Interval | None = None
    p_value: float | None = None
    reason: str | None = None

    @property
    def differs(self) -> bool:
        """Whether zero lies outside the interval of the difference."""
        one = self.difference
        return one is not None and (
            (one.low is not None and one.low > 0) or (one.high is not None and one.high < 0)
        )


class JudgeRow(NamedTuple):
    """One judge: replies without a verdict, tokens (None where its server gave no count)."""

    judge: str
    model: str
    malformed: int
    read_tokens: float | None
    new_tokens: float | None


class Judging(NamedTuple):
    """What judges were asked and how they agreed.

    `rows` are the answers that they decided, `cases` the distinct ones among these. `audited`
    cases were decided by rules and shown to the judges as well, who agreed on `audit_agreed`.
    """

    rows: int
    cases: int
    unanimous: int
    disagreements: int
    undecided: int
    audited: int
    audit_agreed: int
    judges: tuple[JudgeRow, ...]


class DeviceUtilisation(NamedTuple):
    """Shares of the device's measured matrix-product rate that one cell reached."""

    training: float | None
    answering: float | None


class CorpusRow(NamedTuple):
    """Pairs of one corpus: kept, dropped by reason, tokens by style."""

    name: str
    kept: int | None
    dropped: int | None
    reasons: Mapping[str, int]
    tokens: Mapping[str, int | None]


class TrainingRow(NamedTuple):
    """One trained cell; `learning_rate` is the one it was trained with.

    `weights` is the digest of what the training wrote, None where nothing was trained.
    """

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
    utilisation: float | None = None
    learning_rate: float | None = None
    traces_changed_share: float | None = None
    weights: str | None = None


class ExampleAnswer(NamedTuple):
    """One answer to one test question, as the student wrote it.

    `outcome` is None where scores of an older version do not tell it.
    """

    task: str
    student: str
    arm: str
    prompt: str
    reference: str
    text: str
    correct: bool
    outcome: str | None


@dataclass(frozen=True)
class StudySummary:
    """Everything the page says besides results. Empty tables stand for what is not known.

    `bills` holds what each (student, arm, seed) took, `utilisation` its shares of the device rate,
    `teacher_cost` what the teacher took once for all of them, `tuning_cost` all trials of rates.
    `decoding` is the one that is shown, None for the first of the results, and `samplers` the two
    that tell greedy decoding from a sampler, None where the study has not both; `thinking_budgets`
    are decodings that differ in how long a trace may be; `absent` says what is missing and why.
    `budget_series` are arms that differ in their budget only, `budget_trials` what `breakeven tune`
    tried of budgets, `budget_matches` arms that were given as much as another one uses,
    `share_series` arms that differ in their share of traces only. `shapes` are the students'
    architectures, or why they are not known; `served_on` the devices that answers are modelled on,
    `offered` those that the calculator offers, and `lengths` of answers, where no answer is known.
    `services` are the items of the bill that are paid by the token, with their prices.
    """

    settings: BootstrapSettings = field(default_factory=BootstrapSettings)
    decoding: str | None = None
    samplers: SamplerPair | None = None
    thinking_budgets: tuple[ThinkingBudget, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    students: tuple[StudentRow, ...] = ()
    arms: tuple[ArmRow, ...] = ()
    tasks: tuple[TaskRow, ...] = ()
    teacher: tuple[TeacherRow, ...] = ()
    teacher_accuracy: tuple[TeacherAccuracy, ...] = ()
    corpora: tuple[CorpusRow, ...] = ()
    judging: Judging | None = None
    trainings: tuple[TrainingRow, ...] = ()
    bills: Mapping[Cell, Bill] = field(default_factory=dict)
    utilisation: Mapping[Cell, DeviceUtilisation] = field(default_factory=dict)
    teacher_cost: Cost | None = None
    tuning_cost: Cost | None = None
    examples: tuple[ExampleAnswer, ...] = ()
    budget_series: tuple[tuple[str, ...], ...] = ()
    budget_trials: tuple[BudgetTrial, ...] = ()
    budget_matches: tuple[ArmMatch, ...] = ()
    share_series: tuple[tuple[str, ...], ...] = ()
    price_per_device_hour: float | None = None
    currency: str = "USD"
    shapes: Mapping[str, Architecture | str] = field(default_factory=dict)
    served_on: tuple[ServedOn, ...] = ()
    offered: tuple[ServedOn, ...] = ()
    services: Mapping[str, TokenPrices] = field(default_factory=dict)
    lengths: Mapping[CellKey, Lengths] = field(default_factory=dict)
    absent: tuple[str, ...] = ()

    @property
    def depths(self) -> Mapping[str, bool | None]:
        """Whether a task's items take serial steps, by task; empty where tasks are not known."""
        return {task.name: task.serial for task in self.tasks}

    @property
    def guesses(self) -> Mapping[str, Guess]:
        """What answers without any work get, by task, where that is defined."""
        known = {
            task.name: Guess(task.blind_guess, "blind guess")
            for task in self.tasks
            if task.blind_guess is not None
        }
        return known | {
            task.name: Guess(task.chance, "chance")
            for task in self.tasks
            if task.chance is not None
        }


def summary_without_records() -> StudySummary:
    """The run of results that this pipeline did not make: nothing is known of it."""
    return StudySummary(
        absent=(
            "what was run, the bill and the training data: absent, these results were not made "
            "by this pipeline, so there are no records of them",
        ),
    )
