"""What a cell trains on: its settings, its samples in steps, and the key of the training."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from breakeven.core.records import versions
from breakeven.params import Params
from breakeven.params.cells import TrainingSettings
from breakeven.pipeline.code import code_digest
from breakeven.rendering import Example
from breakeven.train.arm_lessons import CorpusPlan, LessonPlanner
from breakeven.train.batches import OptimizerStep, PassSizes, micro_batches, optimizer_steps
from breakeven.train.corpus_examples import (
    CorpusExamples,
    FlopsCounter,
    digest_steps,
    joined_examples,
)
from breakeven.train.pair_selection import Selection, one_after_another
from breakeven.train.schedule import FittedSchedule, fit_schedule

# The libraries that compute weights: another version of one may round otherwise.
_KEY_VERSIONS = ("torch", "transformers", "peft", "bitsandbytes", "accelerate")

# What computes the weights from the steps: other code may give other ones. What comes before,
# pairs, tokens and steps, is in the key itself. Not what a GPU makes of them (`pass_sizes`): it
# promises no bits, and an edit of the plan of memory would have all trained anew.
_TRAINING_CODE = ("train/trainer.py", "train/trained_model.py", "train/batches.py")
_COMPUTING = ("train/", "models/", "rendering/", "costs/dtypes.py")


class CellPlan(NamedTuple):
    """What a cell trains on, worked out before anything heavy is loaded.

    `examples`, `selection` and `steps` go through all corpora in order; `corpora` tells them apart.
    `inputs` are the digests of base and pairs as they were read.
    """

    settings: TrainingSettings
    base: Path
    corpora: tuple[CorpusPlan, ...]
    examples: CorpusExamples
    selection: Selection
    steps: list[OptimizerStep]
    schedule: FittedSchedule
    count_flops: FlopsCounter
    key: dict[str, Any]
    inputs: dict[str, str]

    def learnt_examples(self) -> Iterator[Example]:
        """Every example, as often as it is learnt."""
        return map(self.examples.of, self.selection.samples)


class ExampleSteps:
    """The steps of a plan as the loop takes them, cut into passes; each is put together in turn.

    All at once they would be billions of integers, where a corpus is at full scale.
    """

    def __init__(self, plan: CellPlan, sizes: PassSizes) -> None:
        self._examples = plan.examples
        self._steps = [
            [
                [step.samples[at] for at in batch]
                for batch in micro_batches([*map(plan.examples.tokens_of, step.samples)], sizes)
            ]
            for step in plan.steps
        ]

    def __len__(self) -> int:
        return len(self._steps)

    def __getitem__(self, number: int, /) -> list[list[Example]]:
        return [list(map(self._examples.of, batch)) for batch in self._steps[number]]


def plan_cell(params: Params, student: str, arm: str, seed: int) -> CellPlan | None:
    """Select and batch the samples of a cell; None where the arm is not trained.

    Raises:
        InputError: as `LessonPlanner` and its `plan`.
    """
    planner = LessonPlanner(params, student)
    lessons = planner.plan(arm, seed)
    if lessons is None:
        return None
    settings, corpora, count_flops, digests = lessons
    training = settings.training
    examples = joined_examples([corpus.examples for corpus in corpora])
    selection = one_after_another(
        [corpus.selection for corpus in corpora], [len(corpus.examples.ids) for corpus in corpora]
    )
    steps = optimizer_steps(
        selection.phases,
        [[examples.tokens_of(sample) for sample in phase] for phase in selection.phases],
        batch_tokens=training.batch_tokens,
        batch_sequences=training.batch_sequences,
    )
    key = {
        "base": planner.pointer.digest,
        "lessons": digest_steps(steps, examples),
        "settings": settings.as_dict(),
        "seed": seed,
        "code": code_digest(_TRAINING_CODE, _COMPUTING),
        "versions": {name: one for name, one in versions().items() if name in _KEY_VERSIONS},
    }
    return CellPlan(
        settings=settings,
        base=planner.base,
        corpora=corpora,
        examples=examples,
        selection=selection,
        steps=steps,
        schedule=fit_schedule(training.schedule, len(steps)),
        count_flops=count_flops,
        key=key,
        inputs={planner.pointer.name: planner.pointer.digest, **digests},
    )
