"""Do predicted seconds of answers hold for models and batches that no fit has seen?"""

import importlib
import math
import shutil
from functools import partial
from pathlib import Path
from typing import Any

from breakeven.costs.serving_work import FORMATS
from breakeven.planning.serving_speed import LENGTHS
from gpu_checks.bench import Bench, SkippedError, free_memory, write_base


def check_serving(bench: Bench) -> dict[str, Any]:
    """Predicted against measured seconds of answers, over sizes, batches and lengths.

    The numbers of the roofline are fitted to the batches that `breakeven plan --calibrate` times
    and judged on others, as scripts/serving_speed.py does it on a CPU. H200: 114 layers of the four
    models, 0.15 ms a token each, 720 tokens to fit and 552 to judge, twice: 45 s; the first tokens
    and 144 records: 30 s; models of 5 GB to make, write and load: 20 s.
    """
    try:
        importlib.import_module("scipy")
    except ImportError as error:
        raise SkippedError("the roofline is fitted by scipy, which is not installed") from error
    from breakeven.costs.measured_hardware import measured_hardware
    from breakeven.planning.serving_speed import timed_answers
    from serving_speed import JUDGED_BATCHES, JUDGED_LENGTHS, judged_answers

    sizes, seen, judged = bench.sizes, [], []
    for name, shape in sizes.served.items():
        folder = bench.scratch / f"served-{name}"
        write_base(folder, shape, bench.torch_device)
        free_memory()
        timed = partial(
            timed_answers,
            folder,
            device=bench.device.kind,
            dtype=bench.dtype,
            threads=1,
            repeats=1,
        )
        seen += timed(batches=sizes.served_batches, lengths=LENGTHS)
        judged += timed(batches=JUDGED_BATCHES, lengths=JUDGED_LENGTHS)
        shutil.rmtree(folder)
    hardware = measured_hardware(bench.device, bench.dtype, math.inf, 1)
    found = judged_answers(seen, judged, hardware, FORMATS[bench.dtype])
    for row in found["answers"]:
        row["model"] = Path(row["model"]).parent.name.removeprefix("served-")
    # A machine that does other work besides, or answers of milliseconds, say nothing.
    passed = found["within_a_quarter"] == found["judged"] or bench.device.kind != "cuda"
    return {**found, "passed": passed}
