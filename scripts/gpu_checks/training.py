"""How fast are steps of training, and how much memory do they take?"""

import statistics
from typing import Any

from breakeven.costs.dtypes import BYTES
from breakeven.models.memory import TrainingPlan, training_memory
from gpu_checks.bench import Bench, SkippedError
from gpu_checks.examples import make_examples
from gpu_checks.settings import TRAINING
from gpu_checks.training_runs import (
    MEMORY_TOLERANCE,
    cut_steps,
    measured_training,
    measured_trainings,
    peak_bytes,
    planned_sizes,
    step_seconds,
    training_run,
)

# A step as the project cuts it over the same in one pass: five passes took 5.4 times as long.
CUT_TOLERANCE = 1.3


def check_training_speed(bench: Bench) -> dict[str, Any]:
    """Tokens a second and utilisation of full steps in bfloat16, and what cutting a step costs.

    Measured on an H200: steps of 4096 tokens take 0.11 to 0.31 s, 13 of them and loading for 4
    trainings, and the cut steps of 0.9 s: 35 s.
    """
    ceiling = bench.ceiling("bfloat16").flops_per_second
    rows = {
        name: {
            "step_seconds": one["seconds"],
            "tokens_per_second": one["tokens"] / one["seconds"],
            "model_flops_per_second": one["flops"] / one["seconds"],
            "utilisation_of_ceiling": one["flops"] / one["seconds"] / ceiling,
        }
        for name, one in measured_trainings(bench)
    }
    # More than the ceiling would be a miscounted FLOP or a clock that did not wait.
    cut = cutting_costs(bench)
    passed = all(0 < row["utilisation_of_ceiling"] <= 1 for row in rows.values()) and cut["passed"]
    on_gpu = bench.device.kind == "cuda"
    return {
        "tokens_per_step": bench.sizes.step_tokens,
        **rows,
        "cut": cut,
        "passed": passed if on_gpu else True,
    }


def cutting_costs(bench: Bench) -> dict[str, Any]:
    """A step of examples of mixed lengths as the project cuts it, in one pass, and a pass alone.

    `pass_tokens` is what one more pass costs, in tokens of a full step: at least so much where
    starting kernels is all that a full step takes. `planned_pass_tokens` is what the project takes
    it to be. On a GPU that holds the step in one pass, its own cut must take about as long.
    """
    sizes = bench.sizes
    count = 2 * 2 * sizes.step_tokens // sum(sizes.lengths)
    examples = make_examples(sizes, count, sizes.lengths, seed=3)
    step = cut_steps(bench, examples, sizes.step_tokens)[0]
    planned = planned_sizes(bench, sizes.step_tokens)
    whole = [[one for batch in step for one in batch]]
    shortest = [[min(whole[0], key=lambda one: len(one.input_ids))]]
    padded = len(whole[0]) * max(len(one.input_ids) - 1 for one in whole[0])
    seconds = {}
    with training_run(bench, "lora", "bfloat16", steps=100) as (run, gate):
        for name, one in (("cut", step), ("whole", whole), ("shortest", shortest)):
            step_seconds(run, gate, one, 3)
            seconds[name] = statistics.median(step_seconds(run, gate, one, sizes.timed_steps))
    lora = measured_training(bench, "lora")
    plan = TrainingPlan("lora", padded, TRAINING["lora"]["rank"], compute_bytes=BYTES["bfloat16"])
    memory = bench.memory_bytes
    held = memory is not None and training_memory(bench.architecture, plan).total <= memory
    ratio = seconds["cut"] / seconds["whole"]
    return {
        "examples": len(whole[0]),
        "passes": len(step),
        "step_seconds": seconds["cut"],
        "step_seconds_in_one_pass": seconds["whole"],
        "step_over_one_pass": ratio,
        "tolerance": CUT_TOLERANCE,
        "padded_tokens_in_one_pass": padded,
        "planned_pass_limit": planned.limit,
        "shortest_step_seconds": seconds["shortest"],
        "layer_seconds": seconds["shortest"] / bench.architecture.layers,
        "pass_tokens": seconds["shortest"] / lora["seconds"] * lora["tokens"],
        "planned_pass_tokens": planned.pass_tokens,
        "passed": not held or ratio <= CUT_TOLERANCE,
    }


def check_training_memory(bench: Bench) -> dict[str, Any]:
    """The peak that was planned against the one that was measured, in the same trainings.

    H100: what the check of speed has measured, 0 s; 20 s alone.
    """
    if bench.device.kind != "cuda":
        raise SkippedError(
            "the peak of a training on a CPU is that of the process; "
            "tests/models/measure_memory.py measures it in one of its own"
        )
    rows = {}
    for name, one in measured_trainings(bench):
        measured = peak_bytes(one["usage"])
        ratio = measured / one["predicted"].total
        rows[name] = {
            "measured_bytes": measured,
            "predicted_bytes": one["predicted"].total,
            "predicted_parts": one["predicted"]._asdict(),
            "measured_over_predicted": ratio,
            "passed": abs(ratio - 1) <= MEMORY_TOLERANCE,
        }
    passed = all(row["passed"] for row in rows.values())
    return {"tolerance": MEMORY_TOLERANCE, **rows, "passed": passed}
