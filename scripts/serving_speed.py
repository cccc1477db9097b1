"""Predicted against measured seconds of answers on this machine: sizes × batches × lengths.

    python scripts/serving_speed.py                       # the tabletop's bases, one thread
    python scripts/serving_speed.py --rounds 3 --json assets/tabletop/t500k assets/tabletop/t2m

The numbers of `costs.roofline.Achieved` are fitted to the batches and lengths that `breakeven plan
--calibrate` times, and judged on others, none of which the fit has seen: `error`. `error_not_seen`
is what a batch is off by where the fit has seen the other models' alone.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

import psutil
import torch

from breakeven.costs.ceiling import products_by
from breakeven.costs.devices import describe_device
from breakeven.costs.dtypes import best_dtype
from breakeven.costs.hardware import Hardware
from breakeven.costs.measured_hardware import measured_hardware
from breakeven.costs.roofline_fit import (
    TimedAnswers,
    errors_of,
    fit_achieved,
    held_out_errors,
)
from breakeven.costs.serving_work import FORMATS, NumberFormat
from breakeven.planning.serving_speed import BATCHES, LENGTHS, timed_answers

SIZES = ("t30k", "t120k", "t500k", "t2m")
# None of them is timed for the fit.
JUDGED_BATCHES = (4, 32, 96)
JUDGED_LENGTHS = ((64, 24), (20, 100), (200, 60))


def main() -> None:
    """Time, fit, judge, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=1, help="of all; the least seconds count")
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

    def timed(batches: Sequence[int], lengths: Sequence[tuple[int, int]]) -> list[TimedAnswers]:
        return [
            one
            for folder in folders
            for one in timed_answers(
                folder,
                device=where,
                dtype=dtype,
                threads=asked.threads,
                batches=batches,
                lengths=lengths,
            )
        ]

    rounds = [
        (timed(BATCHES, LENGTHS), timed(JUDGED_BATCHES, JUDGED_LENGTHS))
        for _ in range(asked.rounds)
    ]
    seen, judged = (_least(runs) for runs in zip(*rounds, strict=True))
    found = judged_answers(seen, judged, hardware, FORMATS[dtype])
    summary = {"products": products_by(where, dtype, asked.threads), **found}
    rows = summary.pop("answers")
    if asked.json:
        print(json.dumps({**summary, "answers": rows}))
        return
    for row in rows:
        print(*(f"{value:>10.3g}" if isinstance(value, float) else value for value in row.values()))
    for name, value in summary.items():
        print(f"{name}: {value}")


def _least(runs: Sequence[Sequence[TimedAnswers]]) -> list[TimedAnswers]:
    return [min(same, key=lambda one: one.seconds) for same in zip(*runs, strict=True)]


def judged_answers(
    seen: Sequence[TimedAnswers],
    judged: Sequence[TimedAnswers],
    hardware: Hardware,
    numbers: NumberFormat,
) -> dict[str, Any]:
    """What is fitted to the answers that are `seen`, and how far off it is on those `judged`."""
    fit = fit_achieved(seen, hardware, numbers)
    errors = errors_of(judged, hardware, numbers, fit.achieved)
    several = len({one.shape for one in seen}) > 1
    unseen = held_out_errors(seen, judged, hardware, numbers) if several else None
    answers = [
        {
            "model": one.shape.name,
            "batch": one.batch,
            "prompt_tokens": one.prompt_tokens,
            "new_tokens": one.new_tokens,
            "measured_seconds": one.seconds,
            "predicted_seconds": one.seconds * (1 + error),
            "error": error,
            **({} if unseen is None else {"error_not_seen": unseen[place]}),
        }
        for place, (one, error) in enumerate(zip(judged, errors, strict=True))
    ]
    return {
        "device": hardware.name,
        "bandwidth_bytes_per_second": hardware.bandwidth_bytes_per_second,
        "peak_flops_per_second": next(iter(hardware.peak_flops_per_second.values())),
        "achieved": fit.achieved._asdict(),
        "seen_worst_error": max(map(abs, fit.errors)),
        "judged": len(errors),
        **_told("", errors),
        **({} if unseen is None else _told("_not_seen", unseen)),
        "answers": answers,
    }


def _told(which: str, errors: Sequence[float]) -> dict[str, float]:
    sizes = [abs(error) for error in errors]
    return {
        f"within_a_quarter{which}": sum(size <= 0.25 for size in sizes),
        f"median_error{which}": median(sizes),
        f"worst_error{which}": max(sizes),
    }


if __name__ == "__main__":
    main()
