"""Predicted against measured seconds of answers on this machine: sizes × batches × lengths.

    python scripts/serving_speed.py                       # the tabletop's bases, one thread
    python scripts/serving_speed.py --json assets/tabletop/t500k assets/tabletop/t2m

The four numbers of `costs.roofline.Achieved` are fitted to all batches; "not seen" is the error of
a model's batches where the fit has seen the other models' alone.
"""

import argparse
import json
from pathlib import Path
from statistics import median
from typing import Any

import psutil
import torch

from breakeven.costs.devices import describe_device
from breakeven.costs.dtypes import best_dtype
from breakeven.costs.measured_hardware import measured_hardware
from breakeven.costs.roofline_fit import fit_achieved, held_out_errors
from breakeven.costs.serving_work import FORMATS
from breakeven.planning.serving_speed import timed_answers

SIZES = ("t30k", "t120k", "t500k", "t2m")


def main() -> None:
    """Time, fit, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    folders = asked.folders or [Path("assets/tabletop") / name for name in SIZES]
    where = "cuda" if torch.cuda.is_available() else "cpu"
    dtype = best_dtype(where)
    memory = (
        torch.cuda.get_device_properties(0).total_memory
        if where == "cuda"
        else psutil.virtual_memory().total
    )
    hardware = measured_hardware(describe_device(where), dtype, float(memory), asked.threads)
    timed = [
        one
        for folder in folders
        for one in timed_answers(folder, device=where, dtype=dtype, threads=asked.threads)
    ]
    fit = fit_achieved(timed, hardware, FORMATS[dtype])
    unseen = held_out_errors(timed, hardware, FORMATS[dtype])
    rows = [
        {
            "model": one.shape.name,
            "batch": one.batch,
            "prompt_tokens": one.prompt_tokens,
            "new_tokens": one.new_tokens,
            "measured_seconds": one.seconds,
            "predicted_seconds": one.seconds * (1 + error),
            "error": error,
            "error_not_seen": other,
        }
        for one, error, other in zip(timed, fit.errors, unseen, strict=True)
    ]
    summary: dict[str, Any] = {
        "device": hardware.name,
        "bandwidth_bytes_per_second": hardware.bandwidth_bytes_per_second,
        "peak_flops_per_second": hardware.peak(dtype),
        "achieved": fit.achieved._asdict(),
        "within_a_quarter": sum(abs(error) <= 0.25 for error in fit.errors) / len(timed),
        "median_error": median(map(abs, fit.errors)),
        "worst_error": max(map(abs, fit.errors)),
        "median_error_not_seen": median(map(abs, unseen)),
        "worst_error_not_seen": max(map(abs, unseen)),
    }
    if asked.json:
        print(json.dumps({**summary, "answers": rows}))
        return
    for row in rows:
        print(*(f"{value:>10.3g}" if isinstance(value, float) else value for value in row.values()))
    for name, value in summary.items():
        print(f"{name}: {value}")


if __name__ == "__main__":
    main()
