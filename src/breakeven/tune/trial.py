"""What a trial came to: trained or taken from scratch, then scored on the pairs held out."""

import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from breakeven.answer.engine import ENGINE_CODE
from breakeven.core.files import digest_json
from breakeven.core.records import versions
from breakeven.core.scratch import scratch_folder
from breakeven.core.sealed import read_sealed, write_sealed
from breakeven.params import Params
from breakeven.params.cells import Asking, first_decoding, resolve_asking
from breakeven.pipeline.code import code_digest
from breakeven.rows.item import Item
from breakeven.rows.pair import Pair
from breakeven.train.cell_training import finished_weights, train_plan
from breakeven.train.plan import CellPlan
from breakeven.tune.grid import Trial
from breakeven.tune.held_out import HeldOut

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

# What scores a trial: its answers, their grades, its loss. What trains it is in the plan's key.
_SCORING_CODE = (
    *ENGINE_CODE,
    "bounded/",
    "grading/",
    "gym/",
    "train/corpus_examples.py",
    "train/losses.py",
    "tune/trial.py",
)


@dataclass(frozen=True)
class Outcome:
    """One trial's scores; None where the training diverged, or no item can be graded.

    `right` are the ids of the items that it got right.
    `loss` is in nats a supervised token of the arm's own style; of both, where it has both.
    """

    student: str
    arm: str
    learning_rate: float
    share: float
    steps: int
    trained_tokens: int
    supervised_tokens: int
    train_flops: float | None
    items: int
    right: tuple[str, ...] | None
    loss: float | None

    @property
    def correct(self) -> int | None:
        """How many items are right."""
        return None if self.right is None else len(self.right)

    @property
    def accuracy(self) -> float | None:
        """The share of items that are right."""
        return None if self.correct is None or not self.items else self.correct / self.items

    @property
    def rank(self) -> tuple[float, float]:
        """Greater is better: accuracy, then a lower loss, as rates often tie at all right."""
        if self.loss is None:
            return (-1.0, float("-inf"))
        return (self.accuracy or 0.0, -self.loss)


def outcome_of(params: Params, trial: Trial, plan: CellPlan, held: HeldOut) -> Outcome:
    """Train and score a trial, unless scratch has its outcome.

    `params` are those of the trial. Raises as `train_cell`, but for a loss that diverges.
    """
    kept = _kept_in(params, trial.arm, plan, held) / "outcome.json"
    found = read_sealed(kept)
    if found is not None:
        scores = _Scores(**found)
    else:
        scores = _scores(params, trial, plan, held)
        write_sealed(kept, scores._asdict())
    examples = list(plan.learnt_examples())
    return Outcome(
        **trial._asdict(),
        steps=len(plan.steps),
        trained_tokens=sum(len(one.input_ids) for one in examples),
        supervised_tokens=sum(len(one.input_ids) - one.labels_start for one in examples),
        train_flops=plan.count_flops(examples),
        items=len(held.items),
        right=None if scores.right is None else tuple(scores.right),
        loss=scores.loss,
    )


def as_row(outcome: Outcome) -> dict[str, object]:
    """An outcome for a table, which counts what is right."""
    row = asdict(outcome) | {"correct": outcome.correct, "accuracy": outcome.accuracy}
    return {name: row[name] for name in COLUMNS}


COLUMNS = (
    *("correct" if field.name == "right" else field.name for field in fields(Outcome)),
    "accuracy",
)


def _kept_in(params: Params, arm: str, plan: CellPlan, held: HeldOut) -> Path:
    asking = _asking(params, arm)
    key = {
        "training": plan.key,
        "pairs": digest_json([[pair.source, pair.id, pair.prompt] for pair in held.pairs]),
        "items": digest_json([[item.prompt, item.reference, item.grader] for item in held.items]),
        "decoding": asking.decoding.model_dump(mode="json", exclude_none=True),
        "max_new_tokens": asking.max_new_tokens,
        "code": code_digest(["tune/trial.py"], _SCORING_CODE),
        "versions": versions(),
    }
    return scratch_folder("tuning", key)


def _asking(params: Params, arm: str) -> Asking:
    """How the arm is asked in the study's first decoding, a sample an item."""
    first = resolve_asking(params, arm, first_decoding(params))
    return first._replace(decoding=first.decoding.model_copy(update={"samples": 1}))


class _Scores(NamedTuple):
    right: Sequence[str] | None
    loss: float | None


def _scores(params: Params, trial: Trial, plan: CellPlan, held: HeldOut) -> _Scores:
    from breakeven.train.trainer import DivergedError

    label = f"tune {trial.label}"
    try:
        train_plan(params, trial.student, plan, label=label, seed=params.seeds[0])
        return _scored(params, trial.arm, plan, held)
    except (DivergedError, FloatingPointError):  # a result too: this rate is too high
        print(f"{label}: diverged", file=sys.stderr)
        return _Scores(None, None)


def _scored(params: Params, arm: str, plan: CellPlan, held: HeldOut) -> _Scores:
    from breakeven.answer.cell_weights import cell_weights, copy_weights
    from breakeven.answer.transformers_engine import choose_placement
    from breakeven.models.loading import load_tokenizer, placed_base

    placement = choose_placement(params.answering)
    tokenizer = load_tokenizer(plan.base)
    with (
        placed_base(
            plan.base,
            device=placement.device,
            dtype=placement.dtype,
            threads=placement.threads,
        ) as model,
        cell_weights(
            model, copy_weights(model), finished_weights(plan), plan.settings.method
        ) as student,
    ):
        right = _right(params, arm, student, tokenizer, held.items) if held.items else None
        return _Scores(right, _loss(student, tokenizer, plan, held.pairs))


def _right(
    params: Params,
    arm: str,
    model: "PreTrainedModel",
    tokenizer: "PreTrainedTokenizerBase",
    items: Sequence[Item],
) -> list[str]:
    """The ids of the items that are answered right, graded as the study grades its tasks."""
    from breakeven.answer.task_prompts import Wording, render_items
    from breakeven.answer.transformers_engine import answer_batch, answering_room
    from breakeven.decoding.batching import batches
    from breakeven.decoding.budget import budget_of_task
    from breakeven.grading.graders import grade_answer, graders

    asking = _asking(params, arm)
    prompts = render_items(tokenizer, "tune", items, Wording.of(asking))
    name, decoding = first_decoding(params), asking.decoding
    budget = budget_of_task(tokenizer, name, asking, "the pairs held out", opened=prompts.opened)
    by_id, table = {item.id: item for item in items}, graders(params.grading)
    room = answering_room(params.answering)
    return [
        answer.item
        for rows in batches(prompts.token_ids, 1, params.answering.batch_size)
        for answer in answer_batch(
            model,
            tokenizer,
            prompts,
            rows,
            decoding,
            limit=asking.max_new_tokens,
            room=room,
            budget=budget,
        )
        if grade_answer(answer, by_id[answer.item], table).grade.correct
    ]


def _loss(
    model: "PreTrainedModel",
    tokenizer: "PreTrainedTokenizerBase",
    plan: CellPlan,
    pairs: Sequence[Pair],
) -> float | None:
    """Mean loss of the pairs held out, in the style that the arm learns; None where none fits."""
    import torch

    from breakeven.train.corpus_examples import render_pairs
    from breakeven.train.losses import collate, gated_head, summed_loss

    lessons = render_pairs(
        tokenizer,
        pairs,
        corpus="held out",
        max_length=plan.settings.training.max_length,
        traces=plan.settings.traces,
        mode_tags=plan.settings.mode_tags,
    )
    share = plan.settings.reasoning_share
    examples = [*(lessons.ift if share < 1.0 else ()), *(lessons.reasoning if share > 0.0 else ())]
    examples.sort(key=lambda one: -len(one.input_ids))
    tokens = sum(len(one.input_ids) - one.labels_start for one in examples)
    loss, start = 0.0, 0
    with torch.inference_mode(), gated_head(model) as gate:
        while start < len(examples):
            rows = max(
                1, plan.settings.training.micro_batch_limit // len(examples[start].input_ids)
            )
            batch = collate(examples[start : start + rows]).to(model.device)
            loss += float(summed_loss(model, batch, gate))
            start += rows
    if not loss < float("inf"):
        raise FloatingPointError("the loss of the pairs held out is no number")
    return loss / tokens
