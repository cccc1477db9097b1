"""One trained cell, from its pairs to its weights: resumable, and never done twice."""

import shutil
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from breakeven.costs.devices import Usage, describe_device
from breakeven.costs.exact import checkpointing_flops
from breakeven.files import (
    atomic_folder,
    digest_path,
    read_json,
    settle_folder,
    write_json,
)
from breakeven.layout import student_folder
from breakeven.params import Params
from breakeven.rendering import Example
from breakeven.scratch import scratch_folder
from breakeven.training.held import Held, all_held, usage_from
from breakeven.training.plan import Plan, plan_cell

if TYPE_CHECKING:
    from breakeven.training.trainer import Curves, MetricsLog

# Given the key of a training, what takes its metrics while it runs.
Watch = Callable[[str], AbstractContextManager["MetricsLog | None"]]


@dataclass(frozen=True)
class TrainResult:
    """What training a cell gave. `key` identifies the training; the rest is for its record."""

    key: str
    settings: Mapping[str, Any]
    metrics: Mapping[str, float]
    series: Mapping[str, Sequence[Sequence[float]]]
    tokens: Mapping[str, int]
    flops: Mapping[str, float]
    details: Mapping[str, Any]
    usage: Usage
    digest: str


def train_cell(
    params: Params, student: str, arm: str, seed: int, *, watch: Watch | None = None
) -> TrainResult | None:
    """Train a cell and write its adapter or weights; None where the arm is not trained.

    A killed run goes on from its last checkpoint and ends with the same bytes as an undisturbed
    one; a finished one is taken from scratch. `watch` is entered only where there is work.

    Raises:
        InputError: as `plan_cell`, or the loss is no number any more.
    """
    folder = student_folder(student, arm, seed)
    plan = plan_cell(params, student, arm, seed)
    if plan is None:
        with atomic_folder(folder) as temporary:
            write_json(temporary / "untrained.json", {"student": student, "arm": arm, "seed": seed})
        return None
    scratch = scratch_folder("training", plan.key)
    result = _finished(scratch)
    if result is None:
        print(_announcement(plan, student, arm, seed), file=sys.stderr, flush=True)
        with watch(scratch.name) if watch else nullcontext() as log:
            result = _train(plan, scratch, f"train {student} {arm} {seed}", seed, log)
    with atomic_folder(folder) as temporary:
        shutil.copytree(scratch / "finished" / "student", temporary, dirs_exist_ok=True)
    return result


def _announcement(plan: Plan, student: str, arm: str, seed: int) -> str:
    text = (
        f"train {student} {arm} {seed}: {len(plan.selection.samples)} samples of "
        f"{plan.selection.pairs} pairs in {len(plan.steps)} steps"
    )
    if plan.lessons.too_long:
        text += (
            f"; {plan.lessons.too_long} pairs left out of every style: longer than "
            f"training.max_length ({plan.settings.training.max_length})"
        )
    return text


def _train(
    plan: Plan, scratch: Path, label: str, seed: int, log: "MetricsLog | None"
) -> TrainResult:
    import torch

    from breakeven.training.checkpoint import remove_checkpoint
    from breakeven.training.model import save_trained, trainable_model, trained_parameters
    from breakeven.training.trainer import make_accelerator, train

    if plan.settings.training.threads:
        torch.set_num_threads(plan.settings.training.threads)
    accelerator = make_accelerator(plan.settings)
    model = trainable_model(plan.base, plan.settings, device=accelerator.device, seed=seed)
    curves = train(
        model,
        [
            [list(map(plan.lessons.of, batch)) for batch in step.micro_batches]
            for step in plan.steps
        ],
        plan.settings,
        plan.schedule,
        accelerator=accelerator,
        device=describe_device(str(accelerator.device)),
        seed=seed,
        scratch=scratch,
        label=label,
        log=log,
    )
    parameters = sum(one.numel() for one in trained_parameters(model).values())
    with atomic_folder(scratch / "finished") as temporary:
        save_trained(model, plan.settings, temporary / "student")
        result = _result(
            plan,
            key=scratch.name,
            curves=curves,
            trained_parameters=parameters,
            held=all_held(scratch),
            digest=digest_path(temporary / "student"),
        )
        write_json(temporary / "result.json", asdict(result))
    remove_checkpoint(scratch)
    return result


def _finished(scratch: Path) -> TrainResult | None:
    """The result of a run that has ended, None where it has not or its weights were touched."""
    folder = scratch / "finished"
    settle_folder(folder)
    if not (folder / "result.json").is_file():
        return None
    row = read_json(folder / "result.json")
    if digest_path(folder / "student") != row["digest"]:
        print(f"{folder}: the weights have changed; training again", file=sys.stderr)
        shutil.rmtree(folder)
        return None
    return TrainResult(**{**row, "usage": usage_from(row["usage"])})


def _result(
    plan: Plan,
    *,
    key: str,
    curves: "Curves",
    trained_parameters: int,
    held: Held,
    digest: str,
) -> TrainResult:
    examples = plan.examples()
    flops = plan.flops_of(examples)
    recent = max(1, len(curves.loss) // 10)
    return TrainResult(
        key=key,
        settings={**plan.settings.as_dict(), "schedule": plan.schedule.as_dict()},
        metrics={
            "steps": len(plan.steps),
            "samples": len(examples),
            "pairs": plan.selection.pairs,
            "passes": plan.selection.passes,
            "trained_parameters": trained_parameters,
            "final_loss": sum(curves.loss[-recent:]) / recent,
            "tokens_per_second": held.tokens / held.usage.device_seconds,
        },
        series=curves.series(),
        tokens=_tokens(plan),
        flops={"train": flops, "train_hardware": flops + _recomputed_flops(plan, examples)},
        details={
            "pairs_too_long": plan.lessons.too_long,
            "pairs_of_corpus": len(plan.lessons.ids) + plan.lessons.too_long,
            "schedule_shortened": plan.schedule.shortened,
        },
        usage=held.usage,
        digest=digest,
    )


def _tokens(plan: Plan) -> dict[str, int]:
    """Tokens as often as they are learnt: in all and by style; end tokens are supervised."""
    counts: Counter[str] = Counter()
    for sample in plan.selection.samples:
        example = plan.lessons.of(sample)
        parts = {
            "prompt": example.labels_start,
            "supervised": len(example.input_ids) - example.labels_start,
            "trained": len(example.input_ids),
        }
        for name, count in parts.items():
            counts[name] += count
            counts[f"{name}_{sample.style}"] += count
    return dict(sorted(counts.items()))


def _recomputed_flops(plan: Plan, examples: Sequence[Example]) -> float:
    """What gradient checkpointing adds: work of the hardware, not of the model."""
    if not plan.settings.training.gradient_checkpointing:
        return 0.0
    read = [len(one.input_ids) - 1 for one in examples]
    return checkpointing_flops(plan.flops_of.architecture, read, plan.flops_of.lora)
