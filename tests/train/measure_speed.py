"""How fast training is: `python -m tests.train.measure_speed [t500k …] [--arm reasoning]`.

`--packing` and `--micro-batch-tokens N` are those of `training` in params.yaml.

Trains random bases of the tabletop sizes on the corpus of params.yaml for a few steps and prints
processor time, which other processes disturb less than time on the clock. Run it from the
repository root with `OMP_NUM_THREADS=1`; it writes to a temporary folder only.
"""

import argparse
import os
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from benchmarks.training import write_corpora

from breakeven.core.files import digest_path
from breakeven.params import Params, load_params

WARM_UP_STEPS, TIMED_STEPS = 5, 20


class Clock:
    """Processor seconds between laps."""

    def __init__(self) -> None:
        self.last = time.process_time()

    def lap(self) -> float:
        """Seconds since the last lap."""
        before, self.last = self.last, time.process_time()
        return self.last - before


class Speed(NamedTuple):
    """What was measured of one size, in seconds and tokens."""

    plan_seconds: float
    load_seconds: float
    step_seconds: float
    tokens_per_second: float
    passes_per_step: float
    shortest_step_seconds: float


def write_base(student: str) -> None:
    """A random base of a tabletop size."""
    from transformers import Qwen2ForCausalLM

    from breakeven.base.tabletop_shapes import TABLETOP_SHAPES, qwen2_config
    from breakeven.base.tokenizer import build_tokenizer
    from breakeven.models.pointer import BasePointer, write_pointer

    folder, tokenizer = Path("bases") / student, build_tokenizer()
    Qwen2ForCausalLM(qwen2_config(TABLETOP_SHAPES[student], tokenizer)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    write_pointer(student, BasePointer("folder", folder.as_posix(), digest_path(folder)))


def measure(params: Params, student: str, arm: str) -> Speed:
    """Time the parts of one cell's training."""
    from breakeven.train.cell_training import cell_pass_sizes
    from breakeven.train.losses import gated_head
    from breakeven.train.plan import ExampleSteps, plan_cell
    from breakeven.train.processes import make_accelerator
    from breakeven.train.trained_model import trainable_model
    from breakeven.train.trainer import TrainingRun

    clock = Clock()
    plan = plan_cell(params, student, arm, 0)
    assert plan is not None
    plan_seconds = clock.lap()
    accelerator = make_accelerator(plan.settings)
    model = trainable_model(plan.base, plan.settings, device=accelerator.device, seed=0)
    run = TrainingRun(
        model, plan.settings, plan.schedule, accelerator=accelerator, seed=0, scratch=Path()
    )
    load_seconds = clock.lap()
    cut = ExampleSteps(plan, cell_pass_sizes(plan, accelerator))
    steps = [cut[number] for number in range(WARM_UP_STEPS + TIMED_STEPS)]
    with gated_head(model) as gate:
        for step in steps[:WARM_UP_STEPS]:
            run.take_step(step, gate)
        run.tokens = 0
        clock.lap()
        for step in steps[WARM_UP_STEPS:]:
            run.take_step(step, gate)
        seconds, tokens = clock.lap(), run.tokens
        shortest = min((one for batch in steps[0] for one in batch), key=lambda one: len(one[0]))
        for _ in steps:
            run.take_step([[shortest]], gate)
        shortest_seconds = clock.lap() / len(steps)
    return Speed(
        plan_seconds,
        load_seconds,
        seconds / TIMED_STEPS,
        tokens / seconds,
        sum(map(len, steps[WARM_UP_STEPS:])) / TIMED_STEPS,
        shortest_seconds,
    )


def main() -> None:
    """Print one line a size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("students", nargs="*", help="of params.yaml; all by default")
    parser.add_argument("--arm", default="reasoning")
    parser.add_argument("--packing", action="store_true")
    parser.add_argument("--micro-batch-tokens", type=int)
    given = parser.parse_args()
    params = load_params()
    changed = {"packing": given.packing, "micro_batch_tokens": given.micro_batch_tokens}
    params = params.model_copy(update={"training": params.training.model_copy(update=changed)})
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        write_corpora(params)
        clock = Clock()
        import peft
        import torch
        import transformers

        print(f"imports of {torch.__name__}, {transformers.__name__}, {peft.__name__}:", end=" ")
        print(f"{clock.lap():.1f} s; {torch.get_num_threads()} thread")
        for student in given.students or params.students:
            write_base(student)
            speed = measure(params, student, given.arm)
            print(
                f"{student}: plan {speed.plan_seconds:.1f} s, load {speed.load_seconds:.1f} s, "
                f"step {1000 * speed.step_seconds:.0f} ms of {speed.passes_per_step:.1f} passes, "
                f"{speed.tokens_per_second:.0f} tokens/s, "
                f"one-sample step {1000 * speed.shortest_step_seconds:.0f} ms",
                flush=True,
            )


if __name__ == "__main__":
    main()
