"""What one cell is trained with, once its arm and its student have had their say."""

from typing import Any, Literal, NamedTuple

from breakeven.errors import InputError
from breakeven.params import Arm, Params, Student, Training
from breakeven.params.training import Budget, Lora
from breakeven.stage import pick

Trained = Literal["full", "lora", "qlora"]


class Settings(NamedTuple):
    """All that decides a trained cell besides its base, its pairs and its seed."""

    method: Trained
    corpus: str
    then: str | None
    reasoning_share: float
    order: Literal["mixed", "sequential"]
    budget: Budget | None
    learning_rate: float
    lora: Lora
    training: Training

    @property
    def corpora(self) -> tuple[str, ...]:
        """The corpora that are learnt, in order."""
        return (self.corpus,) if self.then is None else (self.corpus, self.then)

    def as_dict(self) -> dict[str, Any]:
        """Every setting that changes the weights, for keys and records.

        Not `launch`: more processes round differently, as threads and devices do.
        """
        elsewhere = {"method", "learning_rate", "lora", "epochs"}
        idle = {"checkpoint_steps", "threads", "launch"}
        if self.training.batch_sequences is not None and self.training.micro_batch_tokens:
            idle.add("batch_tokens")
        shared = self.training.model_dump(mode="json", exclude=elsewhere | idle, exclude_none=True)
        adapter = {} if self.method == "full" else {"lora": self.lora.model_dump(mode="json")}
        amount: dict[str, Any] = (
            {"budget": self.budget.model_dump(mode="json", exclude_none=True)}
            if self.budget
            else {"epochs": self.training.epochs}
        )
        return {
            "method": self.method,
            "corpus": self.corpus,
            **({} if self.then is None else {"then": self.then}),
            "reasoning_share": self.reasoning_share,
            "order": self.order,
            "learning_rate": self.learning_rate,
            **amount,
            **adapter,
            **shared,
        }


def resolve(params: Params, student: str, arm: str) -> Settings | None:
    """The settings of a cell, None where the arm leaves its student as it is.

    The arm decides before the student, the student before `training`. A learning rate follows
    the arm's style: the study's rates differ by size and style.

    Raises:
        InputError: there is no such student or arm.
    """
    size, row = pick(params.students, "students", student), pick(params.arms, "arms", arm)
    if row.method == "none":
        return None
    if row.corpus is None or row.reasoning_share is None:  # the schema refuses it
        raise InputError(f"params.yaml: arms.{arm}: lacks corpus or reasoning_share; add them")
    training = params.training
    lora = training.lora
    if size.lora_rank is not None:
        lora = lora.model_copy(update={"rank": size.lora_rank})
    return Settings(
        method=row.method or size.method or training.method,
        corpus=row.corpus,
        then=row.then,
        reasoning_share=row.reasoning_share,
        order=row.order,
        budget=row.budget,
        learning_rate=_learning_rate(row, size, training),
        lora=lora,
        training=training,
    )


def _learning_rate(arm: Arm, student: Student, training: Training) -> float:
    if arm.learning_rate is not None:
        return arm.learning_rate
    if arm.style != "base" and arm.style in student.learning_rates:
        return student.learning_rates[arm.style]
    return training.learning_rate
