"""How fast a device multiplies matrices, measured, and the share of it that a model reaches."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

from breakeven.costs.amounts import Amount, absent
from breakeven.costs.devices import Device
from breakeven.errors import InputError
from breakeven.files import read_json, write_json
from breakeven.scratch import scratch_folder

_LARGEST_MATRIX = 8192
# A product this long is past the overheads of a call, so that a larger one is hardly faster.
_LONG_SECONDS = 0.05
_REPEATS = 5


@dataclass(frozen=True)
class Ceiling:
    """The best rate seen in products of square matrices. `threads` are those of a CPU, else 1."""

    device: str
    dtype: str
    threads: int
    flops_per_second: float
    matrix_size: int


def measured_ceiling(device: Device, dtype: str = "float32") -> Ceiling:
    """The measured matmul ceiling of a device, kept in `.work/ceilings/` for the next time.

    The key is device name, dtype, threads and the version of PyTorch; it takes a second or so to
    measure. On a busy machine the ceiling comes out too low. Raises InputError on an unknown dtype.
    """
    import torch

    threads = torch.get_num_threads() if device.kind == "cpu" else 1
    key = {
        "device": device.name,
        "kind": device.kind,
        "dtype": dtype,
        "threads": threads,
        "torch": torch.__version__,
    }
    file = scratch_folder("ceilings", key) / "ceiling.json"
    if file.is_file():
        return Ceiling(**read_json(file))
    size, rate = _fastest_product(device, dtype)
    ceiling = Ceiling(device.name, dtype, threads, rate, size)
    write_json(file, asdict(ceiling))
    return ceiling


def utilisation(model_flops: Amount, device_seconds: float, ceiling: Ceiling) -> Amount:
    """Model-FLOPs utilisation: the model's FLOPs a second as a share of the measured ceiling."""
    if device_seconds <= 0:
        return absent("no device time was measured")
    return model_flops.times(1 / (device_seconds * ceiling.flops_per_second))


def _fastest_product(device: Device, dtype: str) -> tuple[int, float]:
    """Size and FLOP/s of the fastest square product, doubling sizes until one takes long."""
    best_size, best_rate, size = 0, 0.0, 256
    while size <= _LARGEST_MATRIX:
        multiply = _product(device, dtype, size)
        multiply()
        seconds = min(_timed(multiply) for _ in range(_REPEATS))
        rate = 2 * size**3 / seconds
        if rate > best_rate:
            best_size, best_rate = size, rate
        if seconds > _LONG_SECONDS:
            break
        size *= 2
    return best_size, best_rate


def _product(device: Device, dtype: str, size: int) -> Callable[[], None]:
    """A call that multiplies two matrices of that size and waits for the result."""
    import torch

    kind = getattr(torch, dtype, None)
    if not isinstance(kind, torch.dtype) or not kind.is_floating_point:
        raise InputError(f"dtype: value is {dtype!r}; use float32, bfloat16 or float16")
    where = f"cuda:{device.index}" if device.kind == "cuda" else device.kind
    left = torch.rand(size, size, device=where).to(kind)
    out = torch.empty_like(left)

    def multiply() -> None:
        torch.mm(left, left, out=out)
        if device.kind == "cuda":
            torch.cuda.synchronize(device.index)
        elif device.kind == "mps":
            torch.mps.synchronize()

    return multiply


def _timed(call: Callable[[], None]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start
