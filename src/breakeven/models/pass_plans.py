"""The memory plan of a training's passes, and how wide they may be on a GPU."""

from dataclasses import replace
from typing import TYPE_CHECKING

from breakeven.costs.architecture import Architecture
from breakeven.models.memory import TrainingPlan, training_memory

if TYPE_CHECKING:
    from breakeven.params.cells import TrainingSettings
    from breakeven.params.training import Training

# A step's samples in one pass, padded to the longest, over their own tokens: up to twice where
# lengths are spread evenly from nothing up (measured: 1.66 from 64 to 512 tokens).
_PADDED_STEP = 2


def pass_plan(settings: "TrainingSettings", *, compute_bytes: int, shards: int = 1) -> TrainingPlan:
    """What the fullest pass of a training takes; `TrainingPlan` tells the units."""
    training = settings.training
    return TrainingPlan(
        method=settings.method,
        # A sequence longer than the limit is a micro-batch of its own.
        micro_batch_tokens=max(training.micro_batch_limit, training.max_length),
        lora_rank=settings.lora.rank,
        gradient_checkpointing=training.gradient_checkpointing,
        compute_bytes=compute_bytes,
        shards=shards,
        # Examples of mixed lengths are seldom cut into one pass a step.
        several_passes=True,
        # Several processes compute the logits of a pass at once.
        pieces=training.launch is None,
    )


def widened_plan(
    training: "Training", shape: Architecture, plan: TrainingPlan, have_bytes: float
) -> TrainingPlan | None:
    """The plan of passes on a GPU that hold a step with its padding; None where they may not.

    They may where no limit is given and one process trains: then a second pass would be for
    padding alone, and takes a GPU as long as the first. They must fit into `have_bytes` by
    reckoning; what does not fit in truth is halved (`train.memory_room`), which several processes
    cannot.
    """
    if training.micro_batch_tokens is not None or training.launch is not None:
        return None
    wide = replace(plan, micro_batch_tokens=_PADDED_STEP * plan.micro_batch_tokens)
    return wide if training_memory(shape, wide).total <= have_bytes else None
