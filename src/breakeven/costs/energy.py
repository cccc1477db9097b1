"""Energy that a device drew while a block ran, from the counters of the machine.

NVIDIA: total energy of the board since the driver loaded (NVML, Volta and newer). CPU: package
domains of RAPL under /sys/class/powercap, which newer kernels let only root read. Both count all
that runs on the device, other processes too. Without a counter the energy is absent, never zero.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from breakeven.costs.amounts import Amount, absent

POWERCAP = Path("/sys/class/powercap")
# A package counter wraps after some 260 kJ: even at 1 kW it does so less than once in this time.
_POLL_SECONDS = 60.0

Joules = Callable[[], Amount]


@contextmanager
def metered_energy(kind: str, index: int = 0, powercap: Path = POWERCAP) -> Iterator[Joules]:
    """Give a function that tells the joules drawn since the block was entered."""
    if kind == "cpu":
        with _rapl(powercap) as joules:
            yield joules
    elif kind == "cuda":
        yield _nvml(index)
    else:
        yield lambda: absent(f"no energy counter is known for a device of kind {kind}")


@contextmanager
def _rapl(powercap: Path) -> Iterator[Joules]:
    zones = sorted(powercap.glob("intel-rapl:*[0-9]"))
    # Zones with two colons are parts of a package (cores, memory), counted in it already.
    packages = [zone for zone in zones if zone.name.count(":") == 1]
    if not packages:
        yield lambda: absent(f"no RAPL counter under {powercap}")
        return
    try:
        counter = RaplCounter(packages)
    except OSError as error:
        reason = f"RAPL counter is not readable: {error.strerror} ({error.filename})"
        yield lambda: absent(reason)
        return
    stop = threading.Event()
    poller = threading.Thread(target=_poll, args=(counter, stop), daemon=True)
    poller.start()
    try:
        yield lambda: Amount(counter.joules())
    finally:
        stop.set()
        poller.join()


def _poll(counter: "RaplCounter", stop: threading.Event) -> None:
    while not stop.wait(_POLL_SECONDS):
        counter.joules()


class RaplCounter:
    """Sum of package counters in joules since it was made, through their wrapping around.

    Read it more often than a counter wraps. Raises OSError where a counter is not readable.
    """

    def __init__(self, packages: list[Path]) -> None:
        self._lock = threading.Lock()
        self._packages = packages
        self._ranges = [_microjoules(zone / "max_energy_range_uj") for zone in packages]
        self._last = self._read()
        self._total = 0

    def _read(self) -> list[int]:
        return [_microjoules(zone / "energy_uj") for zone in self._packages]

    def joules(self) -> float:
        """Joules since the counter was made."""
        with self._lock:
            now = self._read()
            for before, after, size in zip(self._last, now, self._ranges, strict=True):
                self._total += after - before if after >= before else after - before + size
            self._last = now
            return self._total / 1e6


def _microjoules(file: Path) -> int:
    return int(file.read_text(encoding="ascii"))


def _nvml(index: int) -> Joules:
    try:
        import pynvml
        import torch

        pynvml.nvmlInit()
        # By identity, not by index: CUDA_VISIBLE_DEVICES renumbers what NVML does not.
        uuid = f"GPU-{torch.cuda.get_device_properties(index).uuid}"
        handle = pynvml.nvmlDeviceGetHandleByUUID(uuid)
        start = pynvml.nvmlDeviceGetTotalEnergyConsumption(handle)
    except ImportError:
        return lambda: absent("NVML is not installed (nvidia-ml-py)")
    except pynvml.NVMLError as error:
        reason = f"NVML has no energy counter for this device: {error}"
        return lambda: absent(reason)
    return lambda: Amount((pynvml.nvmlDeviceGetTotalEnergyConsumption(handle) - start) / 1e3)
