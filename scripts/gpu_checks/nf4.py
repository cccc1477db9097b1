"""Does training on a base of 4 bits learn, within its memory?"""

import importlib
from typing import Any

from gpu_checks.bench import Bench, SkippedError
from gpu_checks.training_runs import MEMORY_TOLERANCE, measured_training, peak_bytes

# What rounding to 4 bits may change of the loss before the first step, as a share.
FIRST_LOSS_TOLERANCE = 0.05


def check_nf4(bench: Bench) -> dict[str, Any]:
    """A QLoRA training: finite, near the loss of LoRA at first, within the planned memory.

    H100: loading, rounding 0.36e9 weights, 13 steps of 0.15 s: 8 s; LoRA's, if not yet run, 5 s.
    """
    try:
        importlib.import_module("bitsandbytes")
    except ImportError as error:
        raise SkippedError("bitsandbytes is not installed") from error
    lora, found = measured_training(bench, "lora"), measured_training(bench, "qlora")
    shift = abs(found["losses"][0] / lora["losses"][0] - 1)
    row: dict[str, Any] = {
        "losses": found["losses"],
        "losses_of_lora": lora["losses"],
        "first_loss_shift": shift,
        "step_seconds": found["seconds"],
        "step_seconds_of_lora": lora["seconds"],
        "predicted_bytes": found["predicted"].total,
    }
    passed = shift <= FIRST_LOSS_TOLERANCE and found["losses"][-1] < found["losses"][0]
    if bench.device.kind == "cuda":
        row["measured_bytes"] = peak_bytes(found["usage"])
        ratio = row["measured_bytes"] / row["predicted_bytes"]
        passed = passed and abs(ratio - 1) <= MEMORY_TOLERANCE
    return {**row, "passed": passed}
