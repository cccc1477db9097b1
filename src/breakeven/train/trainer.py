"""The loop that trains a model: steps, schedule, clipping, checkpoints, curves.

A loop on accelerate and not transformers' Trainer: the loss is normalised over a whole optimizer
step, logits are computed only where there are labels, a resumed run ends with the same bytes, and
a process starts 2 to 3 seconds sooner.
"""

import gc
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import torch
from torch import Tensor

from breakeven.core.errors import InputError, MachineError
from breakeven.core.interrupts import interrupted_afterwards
from breakeven.core.out_of_memory import is_out_of_memory
from breakeven.core.progress import Progress
from breakeven.costs.devices import Device, metered
from breakeven.models.checkpoint import load_checkpoint, save_checkpoint
from breakeven.models.linear_layers import fast_linear_layers
from breakeven.models.memory import piece_tokens
from breakeven.models.sharding import gather_tensor
from breakeven.rendering import Example
from breakeven.train.loss_in_pieces import ends_in_its_head
from breakeven.train.losses import (
    HeadGate,
    collate,
    collate_packed,
    gated_head,
    summed_loss,
)
from breakeven.train.memory_room import MemoryRoom
from breakeven.train.micro_batches import ForwardPass, forward_passes
from breakeven.train.packing import check_packing, uses_flash
from breakeven.train.processes import is_sharded
from breakeven.train.schedule import FittedSchedule
from breakeven.train.trained_model import trained_parameters
from breakeven.train.usage_log import ProcessUsage, append_usage

if TYPE_CHECKING:
    from accelerate import Accelerator

    from breakeven.params.cells import TrainingSettings

# How often the use of the device is written down, so that a kill loses little of it.
_USAGE_SECONDS = 5.0


class DivergedError(InputError):
    """The loss or its gradient is no number any more: the learning rate is too high."""


# A step as the loop takes it: micro-batches of examples.
StepExamples = Sequence[Sequence[Example]]


class Steps(Protocol):
    """All steps of a run, each put together when it is asked for."""

    def __len__(self) -> int: ...

    def __getitem__(self, number: int, /) -> StepExamples: ...


class MetricsLog(Protocol):
    """Takes the metrics of each step while a training runs."""

    def log(self, step: int, metrics: Mapping[str, float]) -> None:
        """Note the metrics of a step; must return at once."""


@dataclass
class Curves:
    """What is known of each step, by its number; `halvings` as `MemoryRoom` keeps them."""

    step: int = 0
    loss: list[float] = field(default_factory=list)
    learning_rate: list[float] = field(default_factory=list)
    gradient_norm: list[float] = field(default_factory=list)
    halvings: list[list[int]] = field(default_factory=list)

    def series(self) -> dict[str, list[list[float]]]:
        """Rows of step and value, for a record."""
        named: dict[str, list[Any]] = {
            "loss": self.loss,
            "learning_rate": self.learning_rate,
            "gradient_norm": self.gradient_norm,
        }
        return {
            name: [[step, value] for step, value in enumerate(values)]
            for name, values in named.items()
        }


def train(
    model: torch.nn.Module,
    steps: Steps,
    settings: "TrainingSettings",
    schedule: FittedSchedule,
    *,
    accelerator: "Accelerator",
    device: Device,
    seed: int,
    scratch: Path,
    label: str,
    log: MetricsLog | None = None,
) -> Curves:
    """Train `model` in place through every step that its checkpoint in `scratch` has not done.

    Every process of a run calls it; only the first shows progress, logs and writes checkpoints.

    Raises:
        InputError: the loss is no number any more, or the model cannot be trained packed.
        MachineError: one sequence alone does not fit into memory; the steps before it are kept.
    """
    run = TrainingRun(
        model, settings, schedule, accelerator=accelerator, seed=seed, scratch=scratch
    )
    with (
        gated_head(model) as gate,
        fast_linear_layers(model),
        _progress_shown(run, label, len(steps), log) as show,
    ):
        if settings.training.packing:
            run.check_packing(gate)
        run.allow_pieces(gate)

        def train_for(seconds: float) -> None:
            until = time.monotonic() + seconds
            while run.step < len(steps):
                examples = steps[run.step]
                with interrupted_afterwards():
                    metrics = run.take_step(examples, gate)
                show(metrics)
                if run.step % settings.training.checkpoint_steps == 0:
                    run.save()
                if time.monotonic() >= until:
                    return

        # Once at least, also where the checkpoint is of the last step: the log must not be empty.
        finished = False
        while not finished:
            before = run.tokens
            try:
                with metered(device) as meter:
                    train_for(_USAGE_SECONDS)
            except (KeyboardInterrupt, MachineError):
                # Several processes are not interrupted at one step, and would wait for each other.
                if accelerator.num_processes == 1:
                    run.save()
                raise
            finally:
                first_here = accelerator.is_local_main_process
                used = ProcessUsage(meter.usage, run.tokens - before, counts_machine=first_here)
                append_usage(scratch, used, accelerator.process_index)
            finished = run.step == len(steps)
    accelerator.wait_for_everyone()  # all have noted what they used
    return run.curves


@contextmanager
def _progress_shown(
    run: "TrainingRun", label: str, total: int, log: MetricsLog | None
) -> Iterator[Callable[[Mapping[str, float]], None]]:
    """What takes the metrics of each step: the first process shows them, the others nothing."""
    if not run.accelerator.is_main_process:
        yield lambda _metrics: None
        return
    with Progress(label, total=total, done=run.step) as progress:

        def show(metrics: Mapping[str, float]) -> None:
            progress.advance(f"loss {metrics['loss']:.3f}")
            if log is not None:
                log.log(run.step - 1, metrics)

        yield show


class TrainingRun:
    """Model, optimizer and curves of one run."""

    def __init__(
        self,
        model: torch.nn.Module,
        settings: "TrainingSettings",
        schedule: FittedSchedule,
        *,
        accelerator: "Accelerator",
        seed: int,
        scratch: Path,
    ) -> None:
        self.settings, self.schedule = settings, schedule
        self.accelerator, self.seed, self.scratch = accelerator, seed, scratch
        self.optimizer = make_optimizer(trained_parameters(model), settings, accelerator.device)
        self.model, self.prepared_optimizer = accelerator.prepare(model, self.optimizer)
        # Only now: sharding has put other parameters in the place of those before.
        self.parameters = trained_parameters(model)
        state = load_checkpoint(
            scratch, self.parameters, self.optimizer, speaks=accelerator.is_main_process
        )
        self.curves = Curves(**state) if state else Curves()
        # With what the checkpoint knows: a run that is resumed cuts as it did before.
        self.room = MemoryRoom(self.curves.halvings, packing=settings.training.packing)
        self.tokens = 0  # by this process, for its speed
        self.vocabulary = len(model.get_input_embeddings().weight)  # type: ignore[operator]
        self.flash = uses_flash(model)
        self.collate = (
            partial(collate_packed, flash=self.flash) if settings.training.packing else collate
        )

    @property
    def step(self) -> int:
        """Steps done."""
        return self.curves.step

    def take_step(self, examples: StepExamples, gate: HeadGate) -> dict[str, float]:
        """One optimizer step; its metrics."""
        rate = self.settings.learning_rate * self.schedule.share(self.step)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        rows = [one for batch in examples for one in batch]
        # Of the whole step, on whichever process: micro-batches must not weigh by their number.
        tokens = sum(len(one.input_ids) - one.labels_start for one in rows)
        loss = self._backward_step(examples, tokens, gate)
        norm = self.accelerator.clip_grad_norm_(
            list(self.parameters.values()), self.settings.training.max_gradient_norm
        )
        self.prepared_optimizer.step()
        self.prepared_optimizer.zero_grad()
        return self._append_metrics(float(loss), rate, float(gather_tensor(norm)), tokens)

    def check_packing(self, gate: HeadGate) -> None:
        """Raise InputError where the model would let packed sequences see each other."""
        check_packing(
            self.model,
            gate,
            vocabulary=self.vocabulary,
            flash=self.flash,
            device=self.accelerator.device,
        )

    def allow_pieces(self, gate: HeadGate) -> None:
        """Let the loss of many tokens be computed in pieces, where that is the model's own loss.

        Not where several processes train together: sharding waits for the gradient of the logits.
        """
        if self.accelerator.num_processes > 1:
            return
        gate.positions = None
        if ends_in_its_head(self.model, self.accelerator.device):
            gate.piece_tokens = piece_tokens(self.vocabulary)

    def save(self) -> None:
        """A checkpoint of the steps done."""
        save_checkpoint(
            self.scratch,
            self.parameters,
            self.optimizer,
            asdict(self.curves),
            writes=self.accelerator.is_main_process,
        )
        self.accelerator.wait_for_everyone()

    def _backward_step(self, examples: StepExamples, tokens: int, gate: HeadGate) -> Tensor:
        """Add up the gradient of the step's mean loss over all processes; that loss.

        Where memory runs out, all of the step is done again in smaller passes. Not so where several
        processes train together: the others are on their way into a collective operation that waits
        for this one's gradients (or, sharded, its weights), and nothing calls them back.
        """
        accelerator, trained = self.accelerator, self.tokens
        while True:
            # Seeded by the step, so that dropout is the same after a resume without keeping its
            # state. The factor keeps runs of up to a million steps apart.
            torch.manual_seed(self.seed * 1_000_003 + self.step)
            passes = forward_passes(
                self.room.cut(examples),
                process=accelerator.process_index,
                processes=accelerator.num_processes,
            )
            losses = []  # stay on the device: reading a number from it would wait for each pass
            try:
                for number, one in enumerate(passes, start=1):
                    # Copies of the model exchange gradients once a step, with the last pass.
                    with self._without_gradient_sync() if number < len(passes) else nullcontext():
                        losses.append(self._backward(one, tokens, gate))
            except Exception as error:
                if accelerator.num_processes > 1 or not is_out_of_memory(error):
                    raise
            else:
                loss = torch.stack(losses).sum()
                return accelerator.reduce(loss, "sum") if accelerator.num_processes > 1 else loss
            # Not in the clause above: the error held the frames, and they what was computed.
            self.optimizer.zero_grad()
            self.tokens = trained
            gc.collect()
            self.room.halve(self.step, one.examples)

    def _without_gradient_sync(self) -> AbstractContextManager[None]:
        """While it lasts, gradients add up in this process; sharded ones have no room for that."""
        if self.accelerator.num_processes == 1 or is_sharded(self.accelerator):
            return nullcontext()
        return self.accelerator.no_sync(self.model)

    def _backward(self, one: ForwardPass, tokens: int, gate: HeadGate) -> Tensor:
        """Add the gradient of the step's mean loss that this pass has a part in."""
        batch = self.collate(one.examples).to(self.accelerator.device)
        loss = summed_loss(self.model, batch, gate) / tokens
        if not one.contributes:
            # Still to be gone back through: DDP and FSDP wait for the gradients of every process.
            loss = 0.0 * loss
        else:
            self.tokens += sum(len(each.input_ids) for each in one.examples)
        # Processes take the mean of their gradients; a step's gradient is their sum.
        self.accelerator.backward(loss * self.accelerator.num_processes)
        return loss.detach()

    def _append_metrics(
        self, loss: float, rate: float, norm: float, tokens: int
    ) -> dict[str, float]:
        if not (math.isfinite(loss) and math.isfinite(norm)):
            raise DivergedError(
                f"params.yaml: training.learning_rate: value is {self.settings.learning_rate:g}; "
                f"the loss is {loss} with gradient norm {norm} at step {self.step}; use a lower one"
            )
        self.curves.loss.append(loss)
        self.curves.learning_rate.append(rate)
        self.curves.gradient_norm.append(norm)
        self.curves.step += 1
        return {
            "loss": loss,
            "learning_rate": rate,
            "gradient_norm": norm,
            "supervised_tokens": tokens,
        }


def make_optimizer(
    parameters: Mapping[str, torch.nn.Parameter], settings: "TrainingSettings", device: torch.device
) -> torch.optim.AdamW:
    """AdamW, fused where `device` has a kernel; weight decay on matrices, not norms and biases."""
    matrices = [one for one in parameters.values() if one.ndim > 1]
    vectors = [one for one in parameters.values() if one.ndim <= 1]
    training = settings.training
    groups = [
        {"params": group, "weight_decay": decay}
        for group, decay in ((matrices, training.weight_decay), (vectors, 0.0))
        if group
    ]
    return torch.optim.AdamW(
        groups,
        lr=settings.learning_rate,
        betas=training.adam_betas,
        fused=device.type in ("cpu", "cuda"),
    )
