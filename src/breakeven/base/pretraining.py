"""Pre-training of a small base model on generated plain text, resumable at any moment.

Used by `python -m breakeven.base.tabletop assets/tabletop` and by the `base` stage for a student
that is built from nothing.
"""

import math
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from transformers import PreTrainedTokenizerFast, Qwen2ForCausalLM

from breakeven.base.plain_text import TextMix
from breakeven.base.tabletop_shapes import Qwen2Shape, qwen2_config
from breakeven.base.token_stream import StreamPosition, rows_from
from breakeven.core.files import atomic_folder
from breakeven.core.progress import Progress
from breakeven.costs.exact import train_flops
from breakeven.costs.families import architecture_from_config
from breakeven.models.checkpoint import load_checkpoint, save_checkpoint

# What a kill costs at most.
CHECKPOINT_SECONDS = 60.0


@dataclass(frozen=True)
class PretrainingSettings:
    """What a base is trained on and how; everything here changes the weights.

    The rate rises over `warmup_share` of the steps, stays, and falls to nothing over the last
    `decay_share`.
    """

    tokens: int
    learning_rate: float = 3e-3
    seed: int = 0
    mix: TextMix = field(default_factory=TextMix)
    row_tokens: int = 256
    batch_rows: int = 8
    warmup_share: float = 0.05
    decay_share: float = 0.4
    weight_decay: float = 0.01
    max_gradient_norm: float = 1.0

    @property
    def steps(self) -> int:
        """Optimizer steps, at least one."""
        return max(1, round(self.tokens / (self.row_tokens * self.batch_rows)))

    def as_dict(self) -> dict[str, Any]:
        """Every setting by name, for keys, cards and records."""
        return asdict(self)


class Pretrained(NamedTuple):
    """What a pre-training run used and reached.

    `losses` holds (tokens seen, mean loss since the entry before), in nats a token.
    """

    parameters: int
    tokens: int
    train_flops: float
    final_loss: float
    device_seconds: float
    losses: list[tuple[int, float]]


def pretrain(
    shape: Qwen2Shape,
    tokenizer: PreTrainedTokenizerFast,
    settings: PretrainingSettings,
    *,
    scratch: Path,
    out: Path,
    start: Path | None = None,
    threads: int = 1,
    label: str = "base",
) -> Pretrained:
    """Train a base, resuming from `scratch` if it holds a checkpoint, and write it to `out`.

    It begins from nothing, or from the weights of the folder `start`. `scratch` must be used for
    one shape, one start and one set of settings only. `out` gets float16 safetensors, config and
    tokenizer; it appears whole or not at all. A run that was killed and resumed ends with the same
    weights as one that was not.
    """
    torch.set_num_threads(threads)
    # Decides the first weights; the text has a generator of its own.
    torch.manual_seed(settings.seed)
    model = (
        Qwen2ForCausalLM(qwen2_config(shape, tokenizer))
        if start is None
        else Qwen2ForCausalLM.from_pretrained(start, dtype=torch.float32, local_files_only=True)
    )
    run = _PretrainingRun(model, tokenizer, settings, scratch)
    run.train(label)
    with atomic_folder(out) as folder:
        # Half precision: four bases are kept in the repository, in eight megabytes together.
        model.to(torch.float16).save_pretrained(folder)
        tokenizer.save_pretrained(folder)
    architecture = architecture_from_config(model.config.to_dict(), str(out))
    rows = settings.steps * settings.batch_rows
    return Pretrained(
        parameters=model.num_parameters(),
        tokens=rows * settings.row_tokens,
        train_flops=rows * train_flops(architecture, settings.row_tokens),
        final_loss=run.losses[-1][1],
        device_seconds=run.device_seconds,
        losses=run.losses,
    )


def learning_rate_share(step: int, settings: PretrainingSettings) -> float:
    """Share of the peak rate at a step (from 0): linear warm-up, constant, linear decay."""
    warmup = math.ceil(settings.steps * settings.warmup_share)
    decay = math.ceil(settings.steps * settings.decay_share)
    rising = (step + 1) / warmup if warmup else 1.0
    falling = (settings.steps - step) / decay if decay else 1.0
    return min(1.0, rising, falling)


class _PretrainingRun:
    """The state of one run: model, optimizer, place in the text, losses and seconds so far."""

    LOSS_ENTRIES = 200

    def __init__(
        self,
        model: Qwen2ForCausalLM,
        tokenizer: PreTrainedTokenizerFast,
        settings: PretrainingSettings,
        scratch: Path,
    ) -> None:
        self.model, self.tokenizer = model, tokenizer
        self.settings, self.scratch = settings, scratch
        self.optimizer = torch.optim.AdamW(
            model.parameters(),
            lr=settings.learning_rate,
            betas=(0.9, 0.98),
            weight_decay=settings.weight_decay,
            fused=True,
        )
        self.parameters = dict(model.named_parameters())
        state = load_checkpoint(scratch, self.parameters, self.optimizer) or {}
        self.step: int = state.get("step", 0)
        self.position = StreamPosition(*state.get("position", ()))
        self.device_seconds: float = state.get("device_seconds", 0.0)
        # JSON has no tuples.
        self.losses: list[tuple[int, float]] = [tuple(entry) for entry in state.get("losses", [])]
        self.recent: list[float] = state.get("recent", [])

    def train(self, label: str) -> None:
        """Every step that is left, with a checkpoint now and then."""
        saved = time.monotonic()
        batches = self._batches()
        with Progress(label, total=self.settings.steps, done=self.step) as progress:
            while self.step < self.settings.steps:
                started = time.monotonic()
                loss = self._train_step(next(batches))
                self.device_seconds += time.monotonic() - started
                self._note(loss)
                progress.advance(f"loss {loss:.3f}")
                if time.monotonic() - saved > CHECKPOINT_SECONDS:
                    self.save()
                    saved = time.monotonic()
        self.save()

    def save(self) -> None:
        """A checkpoint from which `train` goes on as if nothing had happened."""
        state = {
            "step": self.step,
            "position": list(self.position),
            "device_seconds": self.device_seconds,
            "losses": [list(entry) for entry in self.losses],
            "recent": self.recent,
        }
        save_checkpoint(self.scratch, self.parameters, self.optimizer, state)

    def _batches(self) -> Iterator[torch.Tensor]:
        rows = rows_from(
            self.position,
            self.settings.mix,
            self.tokenizer,
            seed=self.settings.seed,
            length=self.settings.row_tokens,
        )
        while True:
            batch = list(islice(rows, self.settings.batch_rows))
            # Behind the last row that was taken, not behind the last that was trained on: the two
            # are one wherever a checkpoint is written, between two steps.
            self.position = batch[-1][1]
            yield torch.from_numpy(np.stack([row for row, _ in batch]))

    def _train_step(self, batch: torch.Tensor) -> float:
        share = learning_rate_share(self.step, self.settings)
        for group in self.optimizer.param_groups:
            group["lr"] = self.settings.learning_rate * share
        loss = self.model(input_ids=batch, labels=batch, use_cache=False).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.settings.max_gradient_norm)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.step += 1
        return float(loss.detach())

    def _note(self, loss: float) -> None:
        self.recent.append(loss)
        # A mean of all steps since the last entry: a single step's loss is mostly the batch's own.
        every = max(1, self.settings.steps // self.LOSS_ENTRIES)
        if len(self.recent) == every or self.step == self.settings.steps:
            tokens = self.step * self.settings.batch_rows * self.settings.row_tokens
            self.losses.append((tokens, sum(self.recent) / len(self.recent)))
            self.recent = []
