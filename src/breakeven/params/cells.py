"""The cells of a study, and what each comes to once its arm and its student have had their say.

A cell is one student, trained in one way with one seed. Whoever asks how it is trained, on what, or
in which style asks `resolve_cell`: the rule who decides stands here only.
"""

from collections.abc import Iterator
from itertools import product
from typing import Any, Literal, NamedTuple

from breakeven.params.decodings import Decoding
from breakeven.params.names import CompletionStyle, Style
from breakeven.params.references import pick_row
from breakeven.params.schema import Params, Student
from breakeven.params.training import Arm, Budget, LoraSettings, Method, Traces, Training

TrainedMethod = Literal["full", "lora", "qlora"]


# What of a decoding is about a trace: a few-shot prompt is plain text, whose answers have none.
_OF_TRACES = ("thinking", "thinking_tokens", "ask", "wait", "wait_text")


class Cell(NamedTuple):
    """One student, arm and seed."""

    student: str
    arm: str
    seed: int


class TrainingSettings(NamedTuple):
    """All that decides a trained cell besides its base, its pairs and its seed."""

    method: TrainedMethod
    corpora: tuple[str, ...]
    reasoning_share: float
    order: Literal["mixed", "sequential"]
    budget: Budget | None
    learning_rate: float
    lora: LoraSettings
    training: Training
    traces: Traces = "as-written"
    mode_tags: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Every setting that changes the weights, for keys and records.

        Not `launch`: more processes round differently, as threads and devices do.
        """
        # Said below, as the cell has them: arm and student may have other ones than `training`.
        elsewhere = {"method", "learning_rate", "lora", "epochs"}
        # A budget beyond `max_passes` is refused: what is trained does not depend on it.
        idle = {"checkpoint_steps", "threads", "launch", "max_passes"}
        # Then no step and no micro-batch is measured by it, and another value changes nothing.
        if self.training.batch_sequences is not None and self.training.micro_batch_tokens:
            idle.add("batch_tokens")
        shared = self.training.model_dump(mode="json", exclude=elsewhere | idle, exclude_none=True)
        adapter = {} if self.method == "full" else {"lora": self.lora.model_dump(mode="json")}
        amount: dict[str, Any] = (
            {"budget": self.budget.model_dump(mode="json", exclude_none=True)}
            if self.budget
            else {"epochs": self.training.epochs}
        )
        # Told where they are set only: no arm without them is another one for there being such.
        changed: dict[str, Any] = {} if self.traces == "as-written" else {"traces": self.traces}
        if self.mode_tags:
            changed["mode_tags"] = True
        return {
            "method": self.method,
            **dict(zip(("corpus", "then"), self.corpora, strict=False)),
            "reasoning_share": self.reasoning_share,
            "order": self.order,
            **changed,
            "learning_rate": self.learning_rate,
            **amount,
            **adapter,
            **shared,
        }


class ResolvedCell(NamedTuple):
    """What a cell is: its style, and how it is trained (None: its student is left as it is).

    `answer_mode` is the style that its prompts ask for by a tag, None where they have no tag.
    """

    style: Style
    shots: int
    control: bool
    training: TrainingSettings | None
    answer_mode: CompletionStyle | None = None

    @property
    def method(self) -> Method:
        """How the weights are changed, `none` where they are not."""
        return "none" if self.training is None else self.training.method

    @property
    def corpora(self) -> tuple[str, ...]:
        """What is learnt, in order; empty where nothing is."""
        return () if self.training is None else self.training.corpora


def cells(params: Params, *, student: str | None = None) -> Iterator[Cell]:
    """Every cell of a study, or of one student, in the order of params.yaml."""
    for name in params.students if student is None else (student,):
        for arm in arms_of(params, name):
            for seed in params.seeds:
                yield Cell(name, arm, seed)


def arms_of(params: Params, student: str) -> tuple[str, ...]:
    """The arms that are for a student."""
    return tuple(name for name, arm in params.arms.items() if arm.is_for(student))


def matrix_cells(params: Params) -> Iterator[Cell]:
    """Every cell that dvc.yaml has: a matrix leaves out no student of an arm."""
    for row in product(params.students, params.arms, params.seeds):
        yield Cell(*row)


def resolve_cell(params: Params, cell: Cell) -> ResolvedCell:
    """What a cell comes to: the arm decides before the student, the student before `training`.

    A learning rate follows the style that the arm teaches: the study's differ by size and style.
    Of an arm that is not for the student nothing is trained; `cells` has no such cell.

    Raises:
        InputError: there is no such student or arm.
    """
    student = pick_row(params.students, "students", cell.student)
    arm = pick_row(params.arms, "arms", cell.arm)
    method = arm.method or student.method or params.training.method
    if method == "none" or not arm.is_for(cell.student):
        return ResolvedCell(arm.style, arm.shots, arm.control, None)
    assert arm.reasoning_share is not None  # the schema asks a trained arm for it
    lora = params.training.lora
    if student.lora_rank is not None:
        lora = lora.model_copy(update={"rank": student.lora_rank})
    settings = TrainingSettings(
        method=method,
        corpora=arm.corpora,
        reasoning_share=arm.reasoning_share,
        order=arm.order,
        budget=arm.budget,
        learning_rate=_learning_rate(arm, student, params.training),
        lora=lora,
        training=params.training,
        traces=arm.traces,
        # Which of the modes it answers in changes no weight.
        mode_tags=arm.answer_mode is not None,
    )
    return ResolvedCell(arm.style, arm.shots, arm.control, settings, arm.answer_mode)


def decodings_of(params: Params, arm: str) -> tuple[str, ...]:
    """The decodings that an arm is asked in, the first one always among them."""
    table = params.answering.decodings
    return tuple(name for name, row in table.items() if row.arms is None or arm in row.arms)


class Asking(NamedTuple):
    """How an arm is asked the questions of a task in one decoding.

    `decoding` has what it comes to for the arm: two that are equal answer alike, whatever else
    their rows in params.yaml say. `mode` is the style that its prompts ask for by a tag.
    """

    decoding: Decoding
    max_new_tokens: int
    shots: int
    mode: CompletionStyle | None = None


def resolve_asking(params: Params, arm: str, decoding: str, task: str = "") -> Asking:
    """How an arm is asked in a decoding; `task` empty: as where the task has nothing of its own.

    Raises:
        InputError: there is no such arm or decoding.
    """
    row = pick_row(params.arms, "arms", arm)
    answering, own = params.answering, params.answering.of_task(task)
    asked = pick_row(answering.decodings, "answering.decodings", decoding).of_style(
        row.answered_style
    )
    changes: dict[str, object] = {"max_new_tokens": None}
    if row.shots:
        changes |= dict.fromkeys(_OF_TRACES)
    elif never_thinks(row) and asked.thinking == "off":
        changes["thinking"] = None
    shots = row.shots
    if own is not None and own.samples is not None and asked.temperature > 0:
        changes["samples"] = own.samples
    if own is not None and own.shots is not None and shots:
        shots = own.shots
    limit = answering.limit(decoding, task)
    return Asking(asked.model_copy(update=changes), limit, shots, row.answer_mode)


def never_thinks(arm: Arm) -> bool:
    """Whether an arm has no traces: it learnt plain answers only, or follows examples of them."""
    return arm.taught_style == "ift" or arm.shots > 0


def first_decoding(params: Params) -> str:
    """The decoding that one number a cell is told of: the first of params.yaml."""
    return next(iter(params.answering.decodings))


def _learning_rate(arm: Arm, student: Student, training: Training) -> float:
    if arm.learning_rate is not None:
        return arm.learning_rate
    taught = arm.taught_style
    if taught != "base" and taught in student.learning_rates:
        return student.learning_rates[taught]
    return training.learning_rate
