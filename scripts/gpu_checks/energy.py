"""Does the energy meter agree with power times time?"""

import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch

from breakeven.costs.devices import metered
from gpu_checks.bench import Bench, SkippedError

ENERGY_TOLERANCE = 0.1


def check_energy(bench: Bench) -> dict[str, Any]:
    """The project's meter against power, read ten times a second, times time.

    H100: matrix products for 2 s, until power is steady, and for 6 s: 8 s.
    """
    if bench.device.kind != "cuda":
        with metered(bench.device) as meter:
            time.sleep(bench.sizes.energy_seconds)
        reason = meter.usage.energy_joules.reason
        raise SkippedError(
            f"power is read through NVML, which needs a GPU; {reason or ''}".rstrip("; ")
        )
    power = power_reader(bench)
    left = torch.rand(4096, 4096, device=bench.torch_device).to(torch.bfloat16)

    def multiply(seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for _ in range(50):  # 10 ms, so that the queue stays short
                torch.mm(left, left)
            torch.cuda.synchronize()

    multiply(2.0)
    with sampled(power, 0.1) as samples, metered(bench.device) as meter:
        multiply(bench.sizes.energy_seconds)
    joules, seconds = meter.usage.energy_joules, meter.usage.device_seconds
    if joules.value is None:
        raise SkippedError(str(joules.reason))
    watts = statistics.mean(samples)
    ratio = joules.value / (watts * seconds)
    return {
        "joules": joules.value,
        "seconds": seconds,
        "mean_watts": watts,
        "power_samples": len(samples),
        "energy_over_power_times_time": ratio,
        "tolerance": ENERGY_TOLERANCE,
        "passed": abs(ratio - 1) <= ENERGY_TOLERANCE,
    }


def power_reader(bench: Bench) -> Callable[[], float]:
    """What reads the board's power in watts."""
    try:
        import pynvml
    except ImportError as error:
        raise SkippedError("NVML is not installed (nvidia-ml-py)") from error
    pynvml.nvmlInit()
    uuid = f"GPU-{torch.cuda.get_device_properties(bench.device.index).uuid}"
    handle = pynvml.nvmlDeviceGetHandleByUUID(uuid)
    return lambda: pynvml.nvmlDeviceGetPowerUsage(handle) / 1e3


@contextmanager
def sampled(read: Callable[[], float], every_seconds: float) -> Iterator[list[float]]:
    """What `read` gives while the block runs, at even intervals."""
    samples: list[float] = []
    stop = threading.Event()

    def sample() -> None:
        while not stop.wait(every_seconds):
            samples.append(read())

    thread = threading.Thread(target=sample, daemon=True)
    thread.start()
    try:
        yield samples
    finally:
        stop.set()
        thread.join()
