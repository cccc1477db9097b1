"""`Results`: what a study found, cell by cell, wherever the numbers come from.

Three makers: `results.from_items` (scores of this pipeline), `results.replay` (the published
tables) and `importing` (anyone's CSV or evaluation logs). A number that is not known is
None, never zero; `notes` says what is absent and why.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Literal, NamedTuple

from breakeven.params import ResultStyle, Style
from breakeven.results.axes import FULL, ONE_WAITING, TOKENS, CostAxis, ServedPoint
from breakeven.rows.outcomes import OutcomeShares

if TYPE_CHECKING:
    import pandas as pd

Order = Literal["mixed", "sequential"]
ResultsSource = Literal["measured", "published", "imported"]

# The measured joules of a query, as a field.
ENERGY = "energy_joules"
# The study's task of following instructions (Zhou et al. 2023, arXiv 2311.07911).
INSTRUCTION_BENCHMARK = "ifeval"
FAMILIES = ("general-mc", "general-open", "math-mc", "math-open")


class TaskResult(NamedTuple):
    """What a cell scored on one task of its family, where answers by item are not known.

    `accuracy` is a fraction, None where only the family's mean is published. `clusters` is the
    number of passages or templates that the `items` questions share, None where each stands alone.
    """

    task: str
    accuracy: float | None
    items: int
    clusters: int | None = None


class OfSamples(NamedTuple):
    """What a result was made of without answering again: `samples` of each item's in `decoding`.

    `by` "vote": the answer that most of them give. `by` "any": whether one of them is right, which
    nobody who asks can know.
    """

    decoding: str
    samples: int
    by: Literal["vote", "any"]

    @property
    def name(self) -> str:
        """How the result is told from its decoding and from others: "sampled maj@4"."""
        return f"{self.decoding} {'maj' if self.by == 'vote' else 'pass'}@{self.samples}"


@dataclass(frozen=True)
class CellResult:
    """One student, arm, seed and decoding on one family of tasks.

    `accuracy`, `chance`, `blind_guess` (of the better guess at open questions),
    `reasoning_share`, `truncated_share`, `unparsed_share` and `thinking_share` (of answers with a
    trace) are fractions; `outcomes` are those of all six. `answered_style` is the style that
    answers are expected in, None where only `style` tells it.
    `train_*` are totals of the cell's training (`train_steps` the optimiser's); every other cost is
    a mean for one query. `cached_prompt_tokens` are those of `prompt_tokens` that a service had
    read before, None where it does not say.
    `items` is the number of distinct questions behind `accuracy`, `tasks` what is known of each
    task where there are no item rows, `order` how a mixed arm met its two styles. `corpus` names
    all that was learnt ("general then math"), `method` how it was (full, lora, qlora; None where
    that is not told): only cells that share both are pairs. `traces` is what became of the traces
    that a control learnt, None where they were left whole. `budget` is how much was set to be
    trained, in words, `budget_of` the arm whose use was set instead; both None where the whole
    study was trained alike. `untaught` is whether the arm learnt nothing that the family asks while
    another arm of the study did, `cut_thinking` whether the decoding left the trace out or closed
    it, so that the length is not the student's own. `prompt_flops` are those of
    `inference_flops` that read the prompt. `memory_bytes` are those of the weights and of one
    answer's cache, at 16 bits a number. `of_samples` is None for what was answered as it is.
    `served` is modelled on devices that nobody need have; `device_seconds` and `energy_joules` are
    always measured.
    """

    student: str
    size_parameters: float | None
    arm: str
    style: ResultStyle
    reasoning_share: float | None
    corpus: str | None
    seed: int
    decoding: str
    family: str
    accuracy: float
    items: int | None = None
    chance: float | None = None
    blind_guess: float | None = None
    train_flops: float | None = None
    train_tokens: float | None = None
    train_device_seconds: float | None = None
    train_energy_joules: float | None = None
    train_steps: float | None = None
    inference_flops: float | None = None
    prompt_tokens: float | None = None
    cached_prompt_tokens: float | None = None
    thinking_tokens: float | None = None
    answer_tokens: float | None = None
    device_seconds: float | None = None
    energy_joules: float | None = None
    truncated_share: float | None = None
    unparsed_share: float | None = None
    thinking_share: float | None = None
    outcomes: OutcomeShares | None = None
    answered_style: Style | None = None
    order: Order | None = None
    method: str | None = None
    traces: str | None = None
    budget: str | None = None
    budget_of: str | None = None
    untaught: bool = False
    cut_thinking: bool = False
    tasks: tuple[TaskResult, ...] = ()
    prompt_flops: float | None = None
    memory_bytes: float | None = None
    of_samples: OfSamples | None = None
    served: tuple[ServedPoint, ...] = ()

    @property
    def modelled(self) -> Mapping[str, float]:
        """Money and seconds where answers are served, by the name of their axis."""
        return {name: value for point in self.served for name, value in point.amounts}

    def number(self, name: str) -> float | None:
        """A numeric field, or the amount on an axis by the axis's name; None where not known."""
        if name in _FIELDS or hasattr(type(self), name):
            value: float | None = getattr(self, name)
            return value
        return self.modelled.get(name)

    @property
    def output_tokens(self) -> float | None:
        """Mean tokens generated for one query, thinking and answer together."""
        if self.answer_tokens is None:
            return None
        # Where a trace was not told from its answer, the answer's tokens are all there are.
        return self.answer_tokens + (self.thinking_tokens or 0.0)


_FIELDS = frozenset(field.name for field in fields(CellResult))


class NoVote(NamedTuple):
    """A task whose samples are not voted on, or of which nothing is told, and why."""

    decoding: str
    task: str
    reason: str


@dataclass(frozen=True)
class Votes:
    """What samples come to together: `cells` of every number of samples, and `items` behind them.

    Cells are named by `OfSamples.name` as their decoding; accuracy and costs are those of the
    `tasks` that they hold, which may be a part of the family: `missing` says why. `items` has a
    row a (cell, task, item) with its expected accuracy as `correct`.
    """

    cells: tuple[CellResult, ...]
    items: "pd.DataFrame"
    missing: tuple[NoVote, ...] = ()


@dataclass(frozen=True)
class Results:
    """All cells of one study.

    `items` holds one row a (student, arm, seed, decoding, task, item, sample), with the columns of
    `scores/items.parquet` and optionally `cluster`; None where only cell accuracies are known.
    `teacher_accuracy` maps a family to the teacher's accuracy as a fraction, `prompts` a task and
    item to what was asked; both are empty where that is not known. `instruction_tasks` are those
    that ask whether an answer follows its instructions, such as IFEval. `votes` are derived
    (`results.votes`), None where no decoding has several samples. `axes` are those that cells have
    `served` amounts on, beside their FLOPs, in the order of the devices.
    """

    study: str
    source: ResultsSource
    cells: tuple[CellResult, ...]
    items: "pd.DataFrame | None" = None
    teacher_accuracy: dict[str, float] = field(default_factory=dict)
    instruction_tasks: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    votes: Votes | None = None
    prompts: Mapping[tuple[str, str], str] = field(default_factory=dict)
    axes: tuple[CostAxis, ...] = ()

    @property
    def judged_axes(self) -> tuple[CostAxis, ...]:
        """The axes of serving that comparisons at equal cost are decided on, beside FLOPs.

        Of the first device: the wait of one person, and money at full throughput. Every further
        axis costs the tests of a report their power, and ranks much alike. Prices of tokens are
        no device's: they are set by whoever sells them, and can rank otherwise than any.
        """
        first = next((axis.hardware for axis in self.axes if axis.hardware != TOKENS), None)
        ends = (("seconds", ONE_WAITING), ("money", FULL), ("money", ""))
        return tuple(
            axis
            for axis in self.axes
            if axis.hardware in (first, TOKENS) and (axis.quantity, axis.point) in ends
        )

    @property
    def judged_costs(self) -> tuple[str, ...]:
        """What comparisons at equal cost are decided on beside FLOPs: those axes, and energy.

        Energy where a cell has it; a field's or an axis's name.
        """
        metered = any(cell.energy_joules is not None for cell in self.cells)
        return (*(axis.name for axis in self.judged_axes), *([ENERGY] if metered else []))

    def families(self) -> tuple[str, ...]:
        """Families with at least one cell, the four of the study first and in its order."""
        present = {cell.family for cell in self.cells}
        known = [family for family in FAMILIES if family in present]
        return (*known, *sorted(present.difference(FAMILIES)))

    def corpora(self) -> tuple[str, ...]:
        """Training corpora in order of appearance; untrained base cells have none.

        What only controls learnt from is no corpus of the study: nothing is compared on it.
        """
        return _distinct(
            cell.corpus
            for cell in self.cells
            if cell.corpus is not None and cell.style != "control"
        )

    def students(self) -> tuple[str, ...]:
        """Students from the smallest to the largest; those of unknown size last."""
        sizes = {cell.student: cell.size_parameters or float("inf") for cell in self.cells}
        return tuple(sorted(sizes, key=lambda student: (sizes[student], student)))

    def select(
        self,
        *,
        student: str | None = None,
        family: str | None = None,
        style: ResultStyle | None = None,
        corpus: str | None = None,
        decoding: str | None = None,
    ) -> tuple[CellResult, ...]:
        """Cells that match every given key, in stored order."""
        asked = {
            "student": student,
            "family": family,
            "style": style,
            "corpus": corpus,
            "decoding": decoding,
        }
        keys = [(name, value) for name, value in asked.items() if value is not None]
        return tuple(
            cell for cell in self.cells if all(getattr(cell, name) == value for name, value in keys)
        )


def _distinct(values: Iterator[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))
