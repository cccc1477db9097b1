"""What the training process and its GPU were at, every ten seconds of a training.

A sample is a line of scratch, from which the record of the cell is made, and goes to whoever
watches the training live. MLflow's own sampler writes to the store by itself, from a thread beside
other writers, and to a run that `track` replaces.
"""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from breakeven.core.sealed import read_sealed_line, sealed_line

if TYPE_CHECKING:
    import torch

    from breakeven.train.trainer import MetricsLog

EVERY_SECONDS = 10.0
_FILE = "system.jsonl"
_GROUP = "system"

Sampler = Callable[[], dict[str, float]]


class SampledLog:
    """A log of metrics that also gets a sample of the system, which it keeps in `folder`."""

    def __init__(self, log: "MetricsLog", folder: Path, sampler: Sampler) -> None:
        self._log, self._file, self._sampler = log, folder / _FILE, sampler
        self._sample_at = time.monotonic() + EVERY_SECONDS

    def log(self, step: int, metrics: Mapping[str, float]) -> None:
        """Pass on the metrics of a step, with a sample where it is time for one."""
        now = time.monotonic()
        if now < self._sample_at:
            self._log.log(step, metrics)
            return
        self._sample_at = now + EVERY_SECONDS
        sample = {f"{_GROUP}/{name}": value for name, value in self._sampler().items()}
        if sample:
            row = {"step": step, "time_ms": time.time_ns() // 1_000_000, "values": sample}
            # The line break comes first: a line that a kill cut short must not spoil this one.
            with self._file.open("ab") as handle:
                handle.write(b"\n" + sealed_line(row))
        self._log.log(step, {**metrics, **sample})


def sampled(log: "MetricsLog | None", folder: Path, device: "torch.device") -> "MetricsLog | None":
    """`log` with samples of the system; without a log, or without psutil, none are taken."""
    if log is None:
        return None
    sampler = _process_sampler(device)
    return log if sampler is None else SampledLog(log, folder, sampler)


def read_samples(folder: Path) -> dict[str, list[list[float]]]:
    """Series of a training's samples, for a record: step, value, Unix time in milliseconds.

    Steps that a resumed training did again are told once, as the live curves tell them.
    """
    file, last = folder / _FILE, -1
    series: dict[str, list[list[float]]] = {}
    for line in file.read_bytes().split(b"\n") if file.is_file() else ():
        row = read_sealed_line(line)
        if row is None or row["step"] <= last:
            continue
        last = row["step"]
        for name, value in row["values"].items():
            series.setdefault(name, []).append([last, value, row["time_ms"]])
    return series


def _process_sampler(device: "torch.device") -> Sampler | None:
    """What samples this process, its machine and its GPU since the sample before; None if unable.

    Names are MLflow's where a number is the same as of its sampler. A process's share of the
    processor is of one core: two busy cores are 200%.
    """
    try:
        import psutil
    except ImportError:
        return None
    process, gpu = psutil.Process(), _gpu_sampler(device)
    # The first reading of each is of no time.
    process.cpu_percent()
    psutil.cpu_percent()

    def sample() -> dict[str, float]:
        return {
            "process_cpu_percentage": process.cpu_percent(),
            "process_memory_megabytes": process.memory_info().rss / 1e6,
            "cpu_utilization_percentage": psutil.cpu_percent(),
            **gpu(),
        }

    return sample


def _gpu_sampler(device: "torch.device") -> Sampler:
    """What samples the GPU of a CUDA device; nothing of another device, or without NVML."""
    if device.type != "cuda":
        return dict
    try:
        import pynvml
        import torch

        index = torch.cuda.current_device()
        pynvml.nvmlInit()
        # By identity, not by index: CUDA_VISIBLE_DEVICES renumbers what NVML does not.
        uuid = f"GPU-{torch.cuda.get_device_properties(index).uuid}"
        handle = pynvml.nvmlDeviceGetHandleByUUID(uuid)
    except ImportError:
        return dict
    except pynvml.NVMLError:
        return dict

    def sample() -> dict[str, float]:
        try:
            return {
                f"gpu_{index}_utilization_percentage": float(
                    pynvml.nvmlDeviceGetUtilizationRates(handle).gpu
                ),
                f"gpu_{index}_memory_usage_megabytes": (
                    pynvml.nvmlDeviceGetMemoryInfo(handle).used / 1e6
                ),
            }
        except pynvml.NVMLError:
            return {}  # a driver that is reloaded ends no training

    return sample
