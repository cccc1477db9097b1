"""The rates of this device, and how near a step of decoding comes to them."""

import math
import statistics
from typing import Any

from breakeven.costs.hardware import Hardware, hardware_table
from breakeven.costs.roofline import ASSUMED, Achieved, Serving, pass_seconds
from breakeven.costs.serving_work import FORMATS, decode_work
from gpu_checks.answers import measure_decoding
from gpu_checks.bench import Bench

# Nothing runs faster than its floor, but for the spread of what the floor is made of.
FLOOR_TOLERANCE = 0.1


def check_ceilings(bench: Bench) -> dict[str, Any]:
    """Rates that the others are measured against.

    H100: products up to 8192 × 8192 × 8192, 1.1 TFLOP at 45 TFLOP/s in float32, 6 times, and all
    smaller ones: 1 s. Copies of 2 GB, 13 times at 3 TB/s: 0.02 s. With first kernels: 5 s.
    """
    rates = {dtype: bench.ceiling(dtype).flops_per_second for dtype in ("float32", "bfloat16")}
    return {
        "matmul_flops_per_second": rates,
        "matrix_sizes": {dtype: bench.ceiling(dtype).matrix_size for dtype in rates},
        "copy_bytes_per_second": bench.bandwidth(),
        "passed": True,
    }


def check_roofline(bench: Bench) -> dict[str, Any]:
    """Seconds of a step of decoding against its floor by bandwidth and peak, measured here.

    `layer_seconds` is the fixed time of a layer that explains what is above the floor. H100: what
    the check of decoding has measured, 0 s; 35 s alone.
    """
    measured = bench.once("decoding", lambda: measure_decoding(bench))
    here = Hardware(
        name=bench.device.name,
        memory_bytes=math.inf,
        bandwidth_bytes_per_second=bench.bandwidth(),
        peak_flops_per_second={bench.dtype: bench.ceiling(bench.dtype).flops_per_second},
        source="measured",
    )
    known = next((one for one in hardware_table() if one.name in bench.device.name), None)
    numbers, shape, steps = FORMATS[bench.dtype], bench.architecture, bench.sizes.new_tokens - 1
    rows = {}
    for batch, (ours, _) in measured["decoded"].items():
        context = statistics.mean(map(len, measured["prompts"][:batch]))
        work = decode_work(shape, numbers, batch=batch, context=context, steps=steps)
        floor = Serving(shape, here, numbers, achieved=Achieved(1.0, 1.0, 0.0))
        floor_seconds = pass_seconds(floor, work, steps) / steps
        seconds = (ours.seconds - ours.first_seconds) / steps
        assumed = known and pass_seconds(Serving(shape, known, numbers), work, steps) / steps
        rows[f"batch {batch}"] = {
            "step_seconds": seconds,
            "floor_seconds": floor_seconds,
            "measured_over_floor": seconds / floor_seconds,
            "layer_seconds": (seconds - floor_seconds) / shape.layers,
            "predicted_seconds_of_a_server": assumed,
        }
    # A small model on a CPU is read from caches, which are faster than memory.
    judged = bench.device.kind == "cuda"
    above = all(row["measured_over_floor"] >= 1 - FLOOR_TOLERANCE for row in rows.values())
    return {"server_shares": ASSUMED._asdict(), **rows, "passed": above or not judged}
