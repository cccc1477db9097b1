"""One trained cell, from its pairs to its weights: resumable, and never done twice."""

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from breakeven.core.errors import InputError, MachineError
from breakeven.core.files import (
    atomic_folder,
    digest_path,
    recover_folder,
    write_json,
)
from breakeven.core.layout import student_folder
from breakeven.core.locks import held
from breakeven.core.out_of_memory import is_out_of_memory
from breakeven.core.scratch import SCRATCH, scratch_folder
from breakeven.core.sealed import tell_damaged, write_sealed
from breakeven.costs.devices import describe_device
from breakeven.costs.dtypes import best_dtype, chosen_dtype
from breakeven.models.memory_check import require_memory, this_device
from breakeven.params import Params
from breakeven.train.batches import PassSizes
from breakeven.train.pass_sizes import pass_sizes
from breakeven.train.plan import CellPlan, ExampleSteps, plan_cell
from breakeven.train.process_rank import is_distributed, is_main_process, started_by_stage
from breakeven.train.system_samples import sampled
from breakeven.train.train_result import TrainResult, measured_result, read_result
from breakeven.train.usage_log import read_run_usage

if TYPE_CHECKING:
    from accelerate import Accelerator
    from transformers import PreTrainedModel

    from breakeven.train.trainer import Curves, MetricsLog

_TRAINING = "training"
_FINISHED = Path("finished")
_RESULT = _FINISHED / "result.json"

# Takes the key of a training and opens what logs its metrics while it runs.
OpenMetricsLog = Callable[[str], AbstractContextManager["MetricsLog | None"]]
# Starts several processes that train what this one has planned, and waits for them.
LaunchProcesses = Callable[[], None]


def train_cell(
    params: Params,
    student: str,
    arm: str,
    seed: int,
    *,
    open_log: OpenMetricsLog | None = None,
    launch: LaunchProcesses | None = None,
) -> TrainResult | None:
    """Train a cell and write its adapter or weights; None where the arm is not trained.

    A killed run goes on from its last checkpoint and ends with the same bytes as an undisturbed
    one; a finished one is taken from scratch. `open_log` and `launch` are called only where there
    is work, and `launch` then does it instead of this process. Of several processes that train
    together, the first writes; where a stage waits for them, the stage does.

    Raises:
        InputError: as `plan_cell`, or the loss is no number any more.
        MachineError: an arm of the student does not fit into the device's memory, by reckoning or
            as it turns out.
    """
    folder = student_folder(student, arm, seed)
    plan = plan_cell(params, student, arm, seed)
    if plan is None:
        with atomic_folder(folder) as temporary:
            write_json(temporary / "untrained.json", {"student": student, "arm": arm, "seed": seed})
        return None
    label = f"train {student} {arm} {seed}"
    result = train_plan(
        params, student, plan, label=label, seed=seed, open_log=open_log, launch=launch
    )
    if is_main_process() and not started_by_stage():
        # A copy: DVC removes the output before it runs the stage again, and scratch stays.
        with atomic_folder(folder) as temporary:
            shutil.copytree(finished_weights(plan), temporary, dirs_exist_ok=True)
    return result


def train_plan(
    params: Params,
    student: str,
    plan: CellPlan,
    *,
    label: str,
    seed: int,
    open_log: OpenMetricsLog | None = None,
    launch: LaunchProcesses | None = None,
) -> TrainResult:
    """Train what was planned for a student, or take it from scratch; raises as `train_cell`."""
    scratch = scratch_folder(_TRAINING, plan.key)
    # Two arms may come to one training; of several processes that train together none waits.
    alone = is_distributed() or started_by_stage()
    with nullcontext() if alone else held(scratch / "lock", label):
        return _train_or_find(
            params, student, plan, scratch, label=label, seed=seed, open_log=open_log, launch=launch
        )


def _train_or_find(
    params: Params,
    student: str,
    plan: CellPlan,
    scratch: Path,
    *,
    label: str,
    seed: int,
    open_log: OpenMetricsLog | None,
    launch: LaunchProcesses | None,
) -> TrainResult:
    # An accelerator imports torch, which one process needs only where there is work.
    accelerator = _accelerator(plan) if is_distributed() else None
    result = _finished_result(plan, scratch, accelerator)
    if result is None:
        require_memory(params, student, plan.count_flops.architecture)
        if launch is not None:
            launch()
            result = read_result(plan, scratch / _RESULT)
        else:
            if is_main_process():
                print(f"{label}: {_summary(plan)}", file=sys.stderr, flush=True)
            result = _train(plan, scratch, accelerator, label=label, seed=seed, open_log=open_log)
    return result


def training_folder(key: str) -> Path:
    """Where scratch keeps a training, by the key of its result."""
    return SCRATCH / _TRAINING / key


def finished_weights(plan: CellPlan) -> Path:
    """Where scratch keeps the adapter or weights of a plan that has been trained."""
    return scratch_folder(_TRAINING, plan.key) / _FINISHED / "student"


def _summary(plan: CellPlan) -> str:
    text = (
        f"{len(plan.selection.samples)} samples of {plan.selection.pairs} pairs in "
        f"{len(plan.steps)} steps"
    )
    if plan.examples.too_long:
        text += (
            f"; {plan.examples.too_long} pairs left out of every style: longer than "
            f"training.max_length ({plan.settings.training.max_length})"
        )
    return text


def _train(
    plan: CellPlan,
    scratch: Path,
    accelerator: "Accelerator | None",
    *,
    label: str,
    seed: int,
    open_log: OpenMetricsLog | None,
) -> TrainResult:
    from breakeven.models.checkpoint import remove_checkpoint
    from breakeven.train.processes import is_sharded
    from breakeven.train.trained_model import trainable_model
    from breakeven.train.trainer import train

    accelerator = accelerator or _accelerator(plan)
    sizes = cell_pass_sizes(plan, accelerator)
    with (
        _explained_memory_error(sizes.limit),
        open_log(scratch.name) if open_log and is_main_process() else nullcontext() as log,
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
            ExampleSteps(plan, sizes),
            plan.settings,
            plan.schedule,
            accelerator=accelerator,
            device=describe_device(str(accelerator.device)),
            seed=seed,
            scratch=scratch,
            label=label,
            log=sampled(log, scratch, accelerator.device),
        )
    _write_finished(plan, scratch, model, curves, accelerator)
    accelerator.wait_for_everyone()  # all read what the first one writes
    if is_main_process():
        remove_checkpoint(scratch)
    return read_result(plan, scratch / _RESULT)


def cell_pass_sizes(plan: CellPlan, accelerator: "Accelerator") -> PassSizes:
    """How the steps of a cell are cut on the devices of this process."""
    device = describe_device(str(accelerator.device))
    # Processes must cut alike, whatever memory each has, and cannot halve what does not fit.
    alone = device.kind == "cuda" and accelerator.num_processes == 1
    return pass_sizes(
        plan.settings,
        plan.count_flops.architecture,
        kind=device.kind,
        dtype=chosen_dtype(plan.settings.training.dtype, best_dtype(device.kind)),
        have_bytes=this_device().total_bytes if alone else None,
    )


@contextmanager
def _explained_memory_error(tokens: int) -> Iterator[None]:
    """One line where making passes smaller is no remedy or, with several processes, not possible.

    `tokens` are the most of one pass.
    """
    try:
        yield
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        raise MachineError(
            f"params.yaml: training.micro_batch_tokens: value is {tokens}; memory has run out; use "
            "a lower one, training.gradient_checkpointing: true, or the method lora or qlora"
        ) from error


def _accelerator(plan: CellPlan) -> "Accelerator":
    import torch

    from breakeven.train.processes import make_accelerator

    if plan.settings.training.threads:
        torch.set_num_threads(plan.settings.training.threads)
    return make_accelerator(plan.settings)


def _write_finished(
    plan: CellPlan,
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
    # Every process must take part in gathering, whoever keeps what is gathered.
    gathered = gather_state(model, keep=first) if is_sharded(accelerator) else None
    if not first:
        return
    with atomic_folder(scratch / _FINISHED) as temporary:
        save_trained(model, plan.settings, temporary / "student", gathered)
        result = measured_result(
            plan,
            key=scratch.name,
            curves=curves,
            trained_parameters=sum(one.numel() for one in trained_parameters(model).values()),
            used=read_run_usage(scratch),
            processes={"processes": accelerator.num_processes, "sharded": gathered is not None},
            digest=digest_path(temporary / "student"),
        )
        write_sealed(temporary / _RESULT.name, asdict(result))


def _finished_result(
    plan: CellPlan, scratch: Path, accelerator: "Accelerator | None"
) -> TrainResult | None:
    """The result of a run that has ended; of several processes the first looks for all."""
    if accelerator is None:
        return _read_finished(plan, scratch)
    from breakeven.train.processes import from_main_process

    # One alone: it removes a result that was touched, which the others might still have seen.
    return from_main_process(accelerator, lambda: _read_finished(plan, scratch))


def _read_finished(plan: CellPlan, scratch: Path) -> TrainResult | None:
    """The result of a run that has ended, None where it has not or what it left was touched."""
    folder, weights = scratch / _FINISHED, scratch / _FINISHED / "student"
    recover_folder(folder)
    if not folder.exists():
        return None
    try:
        result = read_result(plan, scratch / _RESULT)
        # Of this training, too: folders that changed places are whole, each by itself.
        if result.key == scratch.name and digest_path(weights) == result.digest:
            return result
    except InputError:  # no result, or no weights
        pass
    tell_damaged(folder, "training again")
    shutil.rmtree(folder)
    return None
