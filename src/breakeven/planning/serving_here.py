"""How fast this machine serves: its peak and bandwidth measured, what it reaches fitted, kept."""

from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

from breakeven.core.files import read_json, write_json
from breakeven.costs.devices import describe_device
from breakeven.costs.dtypes import Dtype
from breakeven.costs.hardware import Hardware
from breakeven.costs.measured_hardware import measured_hardware
from breakeven.costs.query_costs import ServedOn
from breakeven.costs.roofline import Achieved
from breakeven.costs.roofline_fit import fit_achieved
from breakeven.costs.serving_work import FORMATS
from breakeven.planning.serving_speed import BATCHES, LENGTHS, timed_answers


class KnownServing(NamedTuple):
    """What this machine was fitted to reach, and by how much the fit misses what was timed.

    Errors are |predicted / measured − 1| over the `timed` batches.
    """

    on: ServedOn
    timed: int
    median_error: float
    worst_error: float


def known_serving(file: Path) -> KnownServing | None:
    """What an earlier calibration fitted; None without one."""
    if not file.is_file():
        return None
    kept = read_json(file)
    on = ServedOn(Hardware(**kept["hardware"]), Achieved(**kept["achieved"]), kept["number_format"])
    return KnownServing(on, kept["timed"], kept["median_error"], kept["worst_error"])


def measure_serving(
    folders: Sequence[Path],
    file: Path,
    *,
    device: str,
    dtype: Dtype,
    threads: int,
    batches: Sequence[int] = BATCHES,
    lengths: Sequence[tuple[int, int]] = LENGTHS,
) -> None:
    """Time answers of the models in `folders`, fit what the device reaches, and write it down."""
    import psutil
    import torch

    memory = psutil.virtual_memory().total
    if device == "cuda":
        memory = torch.cuda.get_device_properties(0).total_memory
    hardware = measured_hardware(describe_device(device), dtype, float(memory), threads)
    timed = [
        one
        for folder in folders
        for one in timed_answers(
            folder,
            device=device,
            dtype=dtype,
            threads=threads,
            batches=batches,
            lengths=lengths,
        )
    ]
    fit = fit_achieved(timed, hardware, FORMATS[dtype])
    errors = [abs(error) for error in fit.errors]
    write_json(
        file,
        {
            "hardware": {
                "name": hardware.name,
                "memory_bytes": hardware.memory_bytes,
                "bandwidth_bytes_per_second": hardware.bandwidth_bytes_per_second,
                "peak_flops_per_second": dict(hardware.peak_flops_per_second),
                "source": hardware.source,
            },
            "achieved": fit.achieved._asdict(),
            "number_format": dtype,
            "timed": len(timed),
            "median_error": median(errors),
            "worst_error": max(errors),
        },
    )
