"""The loop that trains a model: steps, schedule, clipping, checkpoints, curves.

A loop on accelerate and not transformers' Trainer: the loss is normalised over a whole optimizer
step, logits are computed only where there are labels, a resumed run ends with the same bytes, and
a process starts 2 to 3 seconds sooner.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import torch
from torch import Tensor

from breakeven.costs.devices import Device, metered
from breakeven.errors import InputError
from breakeven.progress import Progress
from breakeven.rendering import Example
from breakeven.training.checkpoint import load_checkpoint, save_checkpoint
from breakeven.training.held import Held, add_held
from breakeven.training.losses import Batch, HeadGate, collate, gated_head, summed_loss
from breakeven.training.model import compute_dtype, trained_parameters
from breakeven.training.schedule import FittedSchedule
from breakeven.training.settings import Settings

if TYPE_CHECKING:
    from accelerate import Accelerator

# How often what the device was held for is written down, so that a kill loses little of it.
_USAGE_SECONDS = 5.0

# A step as the loop takes it: micro-batches of examples.
StepExamples = Sequence[Sequence[Example]]


class MetricsLog(Protocol):
    """Takes the metrics of each step while a training runs."""

    def log(self, step: int, metrics: Mapping[str, float]) -> None:
        """Note the metrics of a step; must return at once."""


@dataclass
class Curves:
    """What is known of each step, by its number."""

    step: int = 0
    loss: list[float] = field(default_factory=list)
    learning_rate: list[float] = field(default_factory=list)
    gradient_norm: list[float] = field(default_factory=list)
    supervised_tokens: list[int] = field(default_factory=list)

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


def make_accelerator(settings: Settings) -> "Accelerator":
    """The devices of this process, computing in the dtype that suits them."""
    from accelerate import Accelerator
    from accelerate.state import PartialState

    dtype = compute_dtype(settings.training.dtype, PartialState().device)
    return Accelerator(mixed_precision="bf16" if dtype == torch.bfloat16 else "no")


def train(
    model: torch.nn.Module,
    steps: Sequence[StepExamples],
    settings: Settings,
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

    Raises:
        InputError: the loss is no number any more.
    """
    run = Run(model, settings, schedule, accelerator=accelerator, seed=seed, scratch=scratch)
    with gated_head(model) as gate, Progress(label, total=len(steps), done=run.step) as progress:

        def advance_for(seconds: float) -> None:
            until = time.monotonic() + seconds
            while run.step < len(steps):
                metrics = run.advance(steps[run.step], gate)
                progress.advance(f"loss {metrics['loss']:.3f}")
                if log is not None:
                    log.log(run.step - 1, metrics)
                if run.step % settings.training.checkpoint_steps == 0:
                    run.save()
                if time.monotonic() >= until:
                    return

        finished = False
        while not finished:
            before = run.tokens
            try:
                with metered(device) as meter:
                    advance_for(_USAGE_SECONDS)
            finally:
                add_held(scratch, Held(meter.usage, run.tokens - before))
            finished = run.step == len(steps)
    return run.curves


class Run:
    """Model, optimizer and curves of one run."""

    def __init__(
        self,
        model: torch.nn.Module,
        settings: Settings,
        schedule: FittedSchedule,
        *,
        accelerator: "Accelerator",
        seed: int,
        scratch: Path,
    ) -> None:
        self.parameters = trained_parameters(model)
        self.settings, self.schedule = settings, schedule
        self.accelerator, self.seed, self.scratch = accelerator, seed, scratch
        self.optimizer = make_optimizer(self.parameters, settings)
        state = load_checkpoint(scratch, self.parameters, self.optimizer)
        self.curves = Curves(**state) if state else Curves()
        self.tokens = 0  # by this process
        self.model, self.stepper = accelerator.prepare(model, self.optimizer)

    @property
    def step(self) -> int:
        """Steps done."""
        return self.curves.step

    def advance(self, examples: StepExamples, gate: HeadGate) -> dict[str, float]:
        """One optimizer step; its metrics."""
        # Seeded by the step, so that dropout is the same after a resume without keeping its state.
        torch.manual_seed(self.seed * 1_000_003 + self.step)
        rate = self.settings.learning_rate * self.schedule.share(self.step)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        batches = [collate(batch) for batch in examples]
        tokens = sum(len(batch.targets) for batch in batches)
        loss = sum(self._backward(batch, tokens, gate) for batch in batches)
        norm = self.accelerator.clip_grad_norm_(
            list(self.parameters.values()), self.settings.training.max_gradient_norm
        )
        self.stepper.step()
        self.stepper.zero_grad()
        self.tokens += sum(len(one.input_ids) for batch in examples for one in batch)
        return self._note(float(loss), rate, float(norm), tokens)

    def save(self) -> None:
        """A checkpoint of the steps done."""
        save_checkpoint(self.scratch, self.parameters, self.optimizer, asdict(self.curves))

    def _backward(self, batch: Batch, tokens: int, gate: HeadGate) -> Tensor:
        """Add the gradient of the step's mean loss that this micro-batch has a part in."""
        loss = summed_loss(self.model, batch.to(self.accelerator.device), gate) / tokens
        self.accelerator.backward(loss)
        return loss.detach()

    def _note(self, loss: float, rate: float, norm: float, tokens: int) -> dict[str, float]:
        if not torch.isfinite(torch.tensor([loss, norm])).all():
            raise InputError(
                f"params.yaml: training.learning_rate: value is {self.settings.learning_rate:g}; "
                f"the loss is {loss} with gradient norm {norm} at step {self.step}; use a lower one"
            )
        self.curves.loss.append(loss)
        self.curves.learning_rate.append(rate)
        self.curves.gradient_norm.append(norm)
        self.curves.supervised_tokens.append(tokens)
        self.curves.step += 1
        return {
            "loss": loss,
            "learning_rate": rate,
            "gradient_norm": norm,
            "supervised_tokens": tokens,
        }


def make_optimizer(
    parameters: Mapping[str, torch.nn.Parameter], settings: Settings
) -> torch.optim.AdamW:
    """AdamW; weight decay on matrices only, not on norms and biases."""
    matrices = [one for one in parameters.values() if one.ndim > 1]
    vectors = [one for one in parameters.values() if one.ndim <= 1]
    training = settings.training
    groups = [
        {"params": group, "weight_decay": decay}
        for group, decay in ((matrices, training.weight_decay), (vectors, 0.0))
        if group
    ]
    fused = all(one.device.type in ("cpu", "cuda") for one in parameters.values())
    return torch.optim.AdamW(
        groups, lr=settings.learning_rate, betas=training.adam_betas, fused=fused
    )
