"""What a block of work held on a device: seconds, GPU-hours, peak memory, energy.

    device = describe_device("cpu")
    with metered(device) as meter:
        work()
    meter.usage.device_seconds

- `combined_usage(usages)`: several parts of one stage, such as the runs before and after a resume.
- `record_fields(usage)`: the keyword arguments of a `Record`.
"""

import platform
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from breakeven.core.errors import InputError, MachineError
from breakeven.costs.amounts import Amount, absent, largest
from breakeven.costs.energy import Joules, metered_energy

DeviceKind = Literal["cpu", "cuda", "mps"]
_STATUS = Path("/proc/self/status")


@dataclass(frozen=True)
class Device:
    """Where work runs. `index` is PyTorch's number of a CUDA device."""

    name: str
    kind: DeviceKind
    index: int = 0


@dataclass(frozen=True)
class DeviceUsage:
    """What a block of work held.

    `device_seconds` are wall-clock seconds, `gpu_hours` the same on an accelerator (0.0 on a CPU
    is true). `peak_memory_bytes` is the most that PyTorch had allocated on the device; on a CPU
    the most that the process ever had resident, before the block too.
    """

    device: Device
    device_seconds: float
    gpu_hours: float
    peak_memory_bytes: Amount
    energy_joules: Amount


class Meter:
    """Filled in by `metered` when its block ends."""

    def __init__(self) -> None:
        self._usage: DeviceUsage | None = None

    @property
    def usage(self) -> DeviceUsage:
        """What the block held; raises RuntimeError inside the block."""
        if self._usage is None:
            raise RuntimeError("the usage is known once the block of `metered` has ended")
        return self._usage

    def close(self, usage: DeviceUsage) -> None:
        """Take the reading."""
        self._usage = usage


def describe_device(where: str) -> Device:
    """The device that PyTorch calls `where`: cpu, cuda, cuda:1, mps.

    Raises InputError on another name, MachineError where the machine has no such device.
    """
    kind, _, number = where.partition(":")
    if kind == "cpu":
        return Device(_cpu_name(), "cpu")
    if kind not in ("cuda", "mps") or (number and not number.isdigit()):
        raise InputError(f"device: value is {where!r}; use cpu, cuda, cuda:<number> or mps")
    import torch

    if kind == "mps":
        if not torch.backends.mps.is_available():
            raise MachineError("device: mps is not available here; use cpu")
        return Device(f"{_cpu_name()} (mps)", "mps")
    index = int(number or 0)
    if index >= torch.cuda.device_count():
        raise MachineError(
            f"device: {where} is not here, PyTorch sees {torch.cuda.device_count()} CUDA devices; "
            "use cpu or another number"
        )
    return Device(torch.cuda.get_device_name(index), "cuda", index)


@contextmanager
def metered(device: Device) -> Iterator[Meter]:
    """Meter what the block holds on `device`; the reading is taken when it ends, error or not."""
    meter = Meter()
    _reset_peak(device)
    with metered_energy(device.kind, device.index) as joules:
        # CUDA and MPS queue work: what was asked for before the block must not be timed in it.
        _synchronise(device)
        start = time.perf_counter()
        try:
            yield meter
        finally:
            _synchronise(device)
            meter.close(_reading(device, time.perf_counter() - start, joules))


def combined_usage(usages: Sequence[DeviceUsage]) -> DeviceUsage:
    """The usage of parts that ran one after another on one kind of device.

    Raises ValueError where there are none or their kinds differ.
    """
    if len({usage.device.kind for usage in usages}) != 1:
        raise ValueError("usages: use at least one, all of one kind of device")
    energy = usages[0].energy_joules
    for usage in usages[1:]:
        energy += usage.energy_joules
    return DeviceUsage(
        # A training that was resumed may have moved to another device of the kind; the last stands.
        device=usages[-1].device,
        device_seconds=sum(usage.device_seconds for usage in usages),
        gpu_hours=sum(usage.gpu_hours for usage in usages),
        # One after another, so that seconds add up and peaks do not.
        peak_memory_bytes=largest(usage.peak_memory_bytes for usage in usages),
        energy_joules=energy,
    )


def record_fields(usage: DeviceUsage) -> dict[str, Any]:
    """`device`, `device_seconds`, `gpu_hours`, `metrics` and `absent` of a Record."""
    amounts = {
        "peak_memory_bytes": usage.peak_memory_bytes,
        "energy_joules": usage.energy_joules,
    }
    return {
        "device": usage.device.name,
        "device_seconds": {usage.device.kind: usage.device_seconds},
        "gpu_hours": usage.gpu_hours,
        "metrics": {name: amount.value for name, amount in amounts.items()},
        "absent": {name: amount.reason for name, amount in amounts.items() if amount.reason},
    }


def _reading(device: Device, seconds: float, joules: Joules) -> DeviceUsage:
    return DeviceUsage(
        device=device,
        device_seconds=seconds,
        gpu_hours=0.0 if device.kind == "cpu" else seconds / 3600,
        peak_memory_bytes=_peak_memory(device),
        energy_joules=joules(),
    )


def _peak_memory(device: Device) -> Amount:
    if device.kind == "cpu":
        return _resident_peak()
    if device.kind == "mps":
        return absent("PyTorch keeps no peak of memory on mps")
    import torch

    return Amount(float(torch.cuda.max_memory_allocated(device.index)))


def _resident_peak() -> Amount:
    # Not getrusage on Linux: its peak outlives exec, so a small child of a large process would
    # report its parent's.
    if _STATUS.is_file():
        for line in _STATUS.read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return Amount(1024.0 * int(line.split()[1]))
    if sys.platform == "win32":
        return absent("this system tells no resident peak")
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return Amount(float(peak if sys.platform == "darwin" else 1024 * peak))


def _reset_peak(device: Device) -> None:
    if device.kind == "cuda":
        import torch

        torch.cuda.reset_peak_memory_stats(device.index)


def _synchronise(device: Device) -> None:
    """Wait for queued work, which would otherwise be timed in another block."""
    if device.kind == "cpu":
        return
    import torch

    if device.kind == "cuda":
        torch.cuda.synchronize(device.index)
    else:
        torch.mps.synchronize()


def _cpu_name() -> str:
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    # Empty on many Linux systems, where the file above has the name.
    return platform.processor() or platform.machine() or "cpu"
