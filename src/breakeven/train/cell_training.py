"""One trained cell, from its pairs to its weights: resumable, and never done twice."""

import shutil
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from breakeven.core.errors import MachineError
from breakeven.core.files import (
    atomic_folder,
    digest_path,
    read_json,
    recover_folder,
    write_json,
)
from breakeven.core.layout import student_folder
from breakeven.core.scratch import scratch_folder
from breakeven.costs.devices import DeviceUsage, describe_device
from breakeven.costs.exact import checkpointing_flops
from breakeven.models.memory_check import require_memory
from breakeven.params import Params
from breakeven.train.plan import Part, Plan, StepsOfExamples, plan_cell
from breakeven.train.process_rank import is_first, one_of_several, started_by_stage
from breakeven.train.usage_log import HeldByAll, all_held, usage_from

if TYPE_CHECKING:
    from accelerate import Accelerator
    from transformers import PreTrainedModel

    from breakeven.train.trainer import Curves, MetricsLog

# Given the key of a training, what takes its metrics while it runs.
Watch = Callable[[str], AbstractContextManager["MetricsLog | None"]]
# Trains what this process has planned in several others, and waits for them.
Launch = Callable[[], None]


@dataclass(frozen=True)
class TrainResult:
    """What training a cell gave. `key` identifies the training; the rest is for its record.

    What is counted rather than measured, `flops` and what was read, is worked out anew each time:
    scratch may hold the result of an older formula.
    """

    key: str
    settings: Mapping[str, Any]
    metrics: Mapping[str, float]
    series: Mapping[str, Sequence[Sequence[float]]]
    details: Mapping[str, Any]
    usage: DeviceUsage
    digest: str
    tokens: Mapping[str, int] = field(default_factory=dict)
    flops: Mapping[str, float | None] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)


def train_cell(
    params: Params,
    student: str,
    arm: str,
    seed: int,
    *,
    watch: Watch | None = None,
    launch: Launch | None = None,
) -> TrainResult | None:
    """Train a cell and write its adapter or weights; None where the arm is not trained.

    A killed run goes on from its last checkpoint and ends with the same bytes as an undisturbed
    one; a finished one is taken from scratch. `watch` is entered only where there is work, and
    `launch` then does it instead of this process. Of several processes that train together, the
    first writes; where a stage waits for them, the stage does.

    Raises:
        InputError: as `plan_cell`, or the loss is no number any more.
        MachineError: an arm of the student does not fit into the device's memory.
    """
    folder = student_folder(student, arm, seed)
    plan = plan_cell(params, student, arm, seed)
    if plan is None:
        with atomic_folder(folder) as temporary:
            write_json(temporary / "untrained.json", {"student": student, "arm": arm, "seed": seed})
        return None
    label = f"train {student} {arm} {seed}"
    result = train_plan(params, student, plan, label=label, seed=seed, watch=watch, launch=launch)
    if is_first() and not started_by_stage():
        with atomic_folder(folder) as temporary:
            shutil.copytree(finished_weights(plan), temporary, dirs_exist_ok=True)
    return result


def train_plan(
    params: Params,
    student: str,
    plan: Plan,
    *,
    label: str,
    seed: int,
    watch: Watch | None = None,
    launch: Launch | None = None,
) -> TrainResult:
    """Train what was planned for a student, or take it from scratch; raises as `train_cell`."""
    scratch = scratch_folder("training", plan.key)
    accelerator = _accelerator(plan) if one_of_several() else None
    result = _finished(plan, scratch, accelerator)
    if result is None:
        require_memory(params, student, plan.flops_of.architecture)
        if launch is not None:
            launch()
            result = _result_in(plan, scratch)
        else:
            if is_first():
                print(f"{label}: {_announcement(plan)}", file=sys.stderr, flush=True)
            result = _train(plan, scratch, accelerator, label=label, seed=seed, watch=watch)
    return result


def finished_weights(plan: Plan) -> Path:
    """Where scratch keeps the adapter or weights of a plan that has been trained."""
    return scratch_folder("training", plan.key) / "finished" / "student"


def _announcement(plan: Plan) -> str:
    text = (
        f"{len(plan.selection.samples)} samples of {plan.selection.pairs} pairs in "
        f"{len(plan.steps)} steps"
    )
    if plan.lessons.too_long:
        text += (
            f"; {plan.lessons.too_long} pairs left out of every style: longer than "
            f"training.max_length ({plan.settings.training.max_length})"
        )
    return text


def _train(
    plan: Plan,
    scratch: Path,
    accelerator: "Accelerator | None",
    *,
    label: str,
    seed: int,
    watch: Watch | None,
) -> TrainResult:
    from breakeven.models.checkpoint import remove_checkpoint
    from breakeven.train.processes import is_sharded
    from breakeven.train.trained_model import trainable_model
    from breakeven.train.trainer import train

    accelerator = accelerator or _accelerator(plan)
    with (
        _memory_suffices(),
        watch(scratch.name) if watch and is_first() else nullcontext() as log,
    ):
        model = trainable_model(
            plan.base,
            plan.settings,
            device=accelerator.device,
            seed=seed,
            sharded=is_sharded(accelerator),
        )
        curves = train(
            model,
            StepsOfExamples(plan),
            plan.settings,
            plan.schedule,
            accelerator=accelerator,
            device=describe_device(str(accelerator.device)),
            seed=seed,
            scratch=scratch,
            label=label,
            log=log,
        )
    _write_finished(plan, scratch, model, curves, accelerator)
    accelerator.wait_for_everyone()
    if is_first():
        remove_checkpoint(scratch)
    return _result_in(plan, scratch)


@contextmanager
def _memory_suffices() -> Iterator[None]:
    import torch

    try:
        yield
    except torch.OutOfMemoryError as error:
        raise MachineError(
            "training: the device is out of memory; use a lower training.micro_batch_tokens, "
            "training.gradient_checkpointing: true, or the method lora or qlora"
        ) from error


def _accelerator(plan: Plan) -> "Accelerator":
    import torch

    from breakeven.train.processes import make_accelerator

    if plan.settings.training.threads:
        torch.set_num_threads(plan.settings.training.threads)
    return make_accelerator(plan.settings)


def _write_finished(
    plan: Plan,
    scratch: Path,
    model: "PreTrainedModel",
    curves: "Curves",
    accelerator: "Accelerator",
) -> None:
    """Write weights and result; every process calls it, the first one writes."""
    from breakeven.models.sharding import gather_state
    from breakeven.train.processes import is_sharded
    from breakeven.train.trained_model import save_trained, trained_parameters

    first = accelerator.is_main_process
    gathered = gather_state(model, keep=first) if is_sharded(accelerator) else None
    if not first:
        return
    with atomic_folder(scratch / "finished") as temporary:
        save_trained(model, plan.settings, temporary / "student", gathered)
        result = _result(
            plan,
            key=scratch.name,
            curves=curves,
            trained_parameters=sum(one.numel() for one in trained_parameters(model).values()),
            held=all_held(scratch),
            processes={"processes": accelerator.num_processes, "sharded": gathered is not None},
            digest=digest_path(temporary / "student"),
        )
        write_json(temporary / "result.json", asdict(result))


def _finished(plan: Plan, scratch: Path, accelerator: "Accelerator | None") -> TrainResult | None:
    """The result of a run that has ended; of several processes the first looks for all."""
    if accelerator is None:
        return _finished_here(plan, scratch)
    from breakeven.train.processes import from_first

    return from_first(accelerator, lambda: _finished_here(plan, scratch))


def _finished_here(plan: Plan, scratch: Path) -> TrainResult | None:
    """The result of a run that has ended, None where it has not or its weights were touched."""
    folder = scratch / "finished"
    recover_folder(folder)
    if not (folder / "result.json").is_file():
        return None
    result = _result_in(plan, scratch)
    if digest_path(folder / "student") != result.digest:
        print(f"{folder}: the weights have changed; training again", file=sys.stderr)
        shutil.rmtree(folder)
        return None
    return result


def _result_in(plan: Plan, scratch: Path) -> TrainResult:
    """What a run measured, from scratch, and what it counts to, from the plan."""
    row = read_json(scratch / "finished" / "result.json")
    flops, recomputed = plan.flops_of(plan.examples()), _recomputed_flops(plan)
    hardware = None if flops is None or recomputed is None else flops + recomputed
    counted = {
        "tokens": _tokens(plan),
        "flops": {"train": flops, "train_hardware": hardware},
        "inputs": plan.inputs,
        "details": {**row["details"], "corpora": [_part(plan, part) for part in plan.parts]},
    }
    return TrainResult(**{**row, "usage": usage_from(row["usage"]), **counted})


def _result(
    plan: Plan,
    *,
    key: str,
    curves: "Curves",
    trained_parameters: int,
    held: HeldByAll,
    processes: Mapping[str, Any],
    digest: str,
) -> TrainResult:
    recent = max(1, len(curves.loss) // 10)
    return TrainResult(
        key=key,
        settings={**plan.settings.as_dict(), "schedule": plan.schedule.as_dict()},
        metrics={
            "steps": len(plan.steps),
            "samples": len(plan.selection.samples),
            "pairs": plan.selection.pairs,
            "passes": plan.selection.passes,
            "trained_parameters": trained_parameters,
            "final_loss": sum(curves.loss[-recent:]) / recent,
            "tokens_per_second": held.tokens / held.seconds,
        },
        series=curves.series(),
        details={
            "pairs_too_long": plan.lessons.too_long,
            "pairs_of_corpus": len(plan.lessons.ids) + plan.lessons.too_long,
            "schedule_shortened": plan.schedule.shortened,
            **processes,
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


def _part(plan: Plan, part: Part) -> dict[str, Any]:
    """What was learnt of one corpus."""
    samples = part.selection.samples
    return {
        "corpus": part.corpus,
        "pairs": part.selection.pairs,
        "passes": part.selection.passes,
        "pairs_too_long": part.lessons.too_long,
        "samples": len(samples),
        "trained_tokens": sum(map(part.lessons.tokens_of, samples)),
        "train_flops": plan.flops_of(map(part.lessons.of, samples)),
    }


def _recomputed_flops(plan: Plan) -> float | None:
    """What gradient checkpointing adds: work of the hardware, not of the model."""
    if isinstance(plan.flops_of.architecture, str):
        return None
    if not plan.settings.training.gradient_checkpointing:
        return 0.0
    read = [plan.lessons.tokens_of(sample) - 1 for sample in plan.selection.samples]
    return checkpointing_flops(plan.flops_of.architecture, read, plan.flops_of.lora)
