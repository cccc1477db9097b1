"""Some steps of a training, in seconds of the processor.

`lay` puts a project of one student and one arm into a folder, with the steps that the peer is to
take too; `python -m benchmarks.training` in that folder trains it and prints what it took.
"""

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.floor import seconds_at_ceiling
from breakeven.core.files import digest_path, write_json
from breakeven.core.layout import pairs_path
from breakeven.models.pointer import BasePointer, write_pointer
from breakeven.params import Params
from breakeven.prompts.source_prompts import load_prompts
from breakeven.rows.pair import Pair, write_pairs
from breakeven.rows.traces import with_trace

if TYPE_CHECKING:
    from breakeven.train.plan import CellPlan

ARM, STUDENT, STEPS = "reasoning", "student", Path("steps.json")


class Size(NamedTuple):
    """How a training is timed: `steps` of `sequences` examples after those of the `warm_up`."""

    method: str
    sequences: int
    steps: int
    warm_up: int


def lay(params: Params, base: Path, size: Size) -> None:
    """The project of a training in the current folder."""
    method, sequences, steps, warm_up = size
    training = {"method": method, "batch_tokens": None, "batch_sequences": sequences}
    tree = params.model_dump(mode="json", exclude_none=True)
    tree["training"] = {**tree["training"], **training}
    tree["training"] = {key: one for key, one in tree["training"].items() if one is not None}
    tree["arms"] = {ARM: {"corpus": "bare", "reasoning_share": 1.0}}
    tree["students"] = {
        STUDENT: {
            "base": {"kind": "folder", "path": "base"},
            "learning_rates": {"ift": 1e-4, "reasoning": 1e-4},
        }
    }
    write_json(Path("params.json"), tree)
    Path("base").symlink_to(base.resolve())
    write_pointer(STUDENT, BasePointer("folder", "base", digest_path(Path("base"))))
    write_corpora(params)
    plan = _plan()
    taken = plan.steps[: warm_up + steps]
    rows = [
        {"input_ids": list(one.input_ids), "labels_start": one.labels_start}
        for step in taken
        for one in map(plan.examples.of, step.samples)
    ]
    write_json(
        STEPS, {"method": method, "sequences": sequences, "warm_up": warm_up, "examples": rows}
    )


def main() -> None:
    """Train the folder's project; print seconds, tokens and the floor."""
    from breakeven.models.linear_layers import fast_linear_layers
    from breakeven.train.cell_training import cell_pass_sizes
    from breakeven.train.losses import gated_head
    from breakeven.train.plan import ExampleSteps
    from breakeven.train.processes import make_accelerator
    from breakeven.train.trained_model import trainable_model
    from breakeven.train.trainer import TrainingRun

    laid, plan = json.loads(STEPS.read_text()), _plan()
    warm_up, total = laid["warm_up"], len(laid["examples"]) // laid["sequences"]
    accelerator = make_accelerator(plan.settings)
    cut = ExampleSteps(plan, cell_pass_sizes(plan, accelerator))
    steps = [cut[number] for number in range(total)]
    model = trainable_model(plan.base, plan.settings, device=accelerator.device, seed=0)
    run = TrainingRun(
        model, plan.settings, plan.schedule, accelerator=accelerator, seed=0, scratch=Path()
    )
    with gated_head(model) as gate, fast_linear_layers(model):
        for step in steps[:warm_up]:
            run.take_step(step, gate)
        started = time.process_time()
        for step in steps[warm_up:]:
            run.take_step(step, gate)
        seconds = time.process_time() - started
    learnt = [one for step in steps[warm_up:] for batch in step for one in batch]
    lengths = [len(one.input_ids) for one in learnt]
    flops = plan.count_flops(learnt)
    assert flops is not None  # the shapes of these bases are known
    told = {"seconds": seconds, "tokens": sum(lengths), "floor_seconds": seconds_at_ceiling(flops)}
    print(json.dumps(told))


def _plan() -> "CellPlan":
    from breakeven.train.plan import plan_cell

    tree = json.loads(Path("params.json").read_text())
    plan = plan_cell(Params.model_validate(tree), STUDENT, ARM, 0)
    assert plan is not None  # the arm is trained
    return plan


def write_corpora(params: Params) -> None:
    """The pairs of `params`, as their solver would give them."""
    for name, corpus in params.corpora.items():
        prompts = [one for row in corpus.sources for one in load_prompts(row, params.sources[row])]
        pairs = [
            Pair(
                id=one.id,
                source=one.source,
                content=one.content,
                prompt=one.prompt,
                reasoning=with_trace(one.solution or "", one.reference or ""),
                ift=one.reference or "",
                prompt_tokens=None,
                reasoning_tokens=None,
                ift_tokens=None,
            )
            for one in prompts
        ]
        write_pairs(pairs_path(name), pairs)


if __name__ == "__main__":
    main()
