"""The device of this machine as a row of the table: its peak and its bandwidth, both measured.

    measured_hardware(describe_device("cpu"), "float32", memory_bytes=16e9, threads=1)

The bandwidth is that of copying an array which no cache holds, as in STREAM's copy (McCalpin 1995):
each byte is read once and written once. It is kept in `.work/bandwidths/`.
"""

import time
from typing import TYPE_CHECKING

from breakeven.core.files import read_json, write_json
from breakeven.core.scratch import scratch_folder
from breakeven.costs.ceiling import measured_ceiling, products_by
from breakeven.costs.devices import Device
from breakeven.costs.hardware import Hardware

if TYPE_CHECKING:
    import torch

# Several times what the caches of a processor or an accelerator hold.
_COPIED_BYTES = {"cpu": 2**28, "cuda": 2**30, "mps": 2**28}
_REPEATS = 7


def measured_hardware(
    device: Device, dtype: str, memory_bytes: float, threads: int | None = None
) -> Hardware:
    """What this machine's device reaches with so many threads (PyTorch's own number by default)."""
    ceiling = measured_ceiling(device, dtype, threads)
    library = products_by(device.kind, dtype, ceiling.threads)
    return Hardware(
        name=device.name,
        memory_bytes=memory_bytes,
        bandwidth_bytes_per_second=measured_bandwidth(device, ceiling.threads),
        peak_flops_per_second={dtype: ceiling.flops_per_second},
        source=f"matrix products by {library} and copies measured here",
    )


def measured_bandwidth(device: Device, threads: int) -> float:
    """Bytes a second read and written by the fastest of a few copies; measured once, then kept.

    On a busy machine it comes out too low.
    """
    import torch

    key = {
        "device": device.name,
        "kind": device.kind,
        "threads": threads,
        "torch": torch.__version__,
    }
    file = scratch_folder("bandwidths", key) / "bandwidth.json"
    if file.is_file():
        return float(read_json(file)["bytes_per_second"])
    where = f"cuda:{device.index}" if device.kind == "cuda" else device.kind
    before = torch.get_num_threads()
    torch.set_num_threads(threads if device.kind == "cpu" else before)
    try:
        size = _COPIED_BYTES[device.kind]
        source = torch.ones(size // 4, dtype=torch.float32, device=where)
        target = torch.empty_like(source)
        seconds = min(_copy_seconds(source, target, device) for _ in range(_REPEATS))
    finally:
        torch.set_num_threads(before)
    rate = 2 * size / seconds
    write_json(file, {**key, "bytes_per_second": rate})
    return rate


def _copy_seconds(source: "torch.Tensor", target: "torch.Tensor", device: Device) -> float:
    import torch

    start = time.perf_counter()
    target.copy_(source)
    if device.kind == "cuda":
        torch.cuda.synchronize(device.index)
    elif device.kind == "mps":
        torch.mps.synchronize()
    return time.perf_counter() - start
