"""The cells of a study, and what each comes to once its arm and its student have had their say.

A cell is one student, trained in one way with one seed. Whoever asks how it is trained, on what, or
in which style asks `resolve_cell`: the rule who decides stands here only.
"""

from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

from breakeven.params.decodings import Decoding
from breakeven.params.names import CompletionStyle, Style
from breakeven.params.references import pick_row
from breakeven.params.schema import Params, Student
from breakeven.params.training import Arm, Budget, LoraSettings, Method, Traces, Training

TrainedMethod = Literal["full", "lora", "qlora"]


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
        for arm in params.arms:
            for seed in params.seeds:
                yield Cell(name, arm, seed)


def resolve_cell(params: Params, cell: Cell) -> ResolvedCell:
    """What a cell comes to: the arm decides before the student, the student before `training`.

    A learning rate follows the style that the arm teaches: the study's differ by size and style.

    Raises:
        InputError: there is no such student or arm.
    """
    student = pick_row(params.students, "students", cell.student)
    arm = pick_row(params.arms, "arms", cell.arm)
    method = arm.method or student.method or params.training.method
    if method == "none":
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


def resolve_decoding(params: Params, arm: str, decoding: str) -> Decoding:
    """A decoding as an arm is asked in it: what is for arms of its style has had its say.

    Two that come to the same decode alike, whatever else their rows say.
    """
    style = pick_row(params.arms, "arms", arm).answered_style
    return pick_row(params.answering.decodings, "answering.decodings", decoding).of_style(style)


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
