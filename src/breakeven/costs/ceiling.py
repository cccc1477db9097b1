"""How fast a device multiplies matrices, measured, and the share of it that a model reaches.

    ceiling = find_ceiling(usage.device, "float32", threads=1)
    ceiling.share(Amount(flops), usage.device_seconds)

A stage measures after its own work, so that neither slows the other.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass
from typing import Any, Literal, NamedTuple

from breakeven.core.errors import InputError, MachineError
from breakeven.core.out_of_memory import is_out_of_memory
from breakeven.core.scratch import scratch_folder
from breakeven.core.sealed import read_sealed, write_sealed
from breakeven.costs.amounts import Amount, absent
from breakeven.costs.devices import Device, describe_device
from breakeven.costs.products import numpy_is_faster, numpy_product, one_numpy_thread

# Two of these in float32 are half a gigabyte.
_LARGEST_MATRIX = 8192
# A product this long is past the overheads of a call, so that a larger one is hardly faster.
_LONG_SECONDS = 0.02
_REPEATS = 5


@dataclass(frozen=True)
class Ceiling:
    """The best rate seen in products of square matrices. `threads` are those of a CPU, else 1."""

    device: str
    dtype: str
    threads: int
    flops_per_second: float
    matrix_size: int


class DeviceCeiling(NamedTuple):
    """The ceiling of the device that some work ran on, or the reason why there is none."""

    ceiling: Ceiling | None
    reason: str = ""

    def share(self, model_flops: Amount, device_seconds: float) -> Amount:
        """What a model reached of it; absent with a reason. Devices add up in their seconds."""
        if self.ceiling is None:
            return absent(self.reason)
        return utilisation(model_flops, device_seconds, self.ceiling)

    def as_details(self) -> dict[str, Any]:
        """The ceiling for the details of a record; nothing where there is none."""
        return {"ceiling": asdict(self.ceiling)} if self.ceiling else {}


def find_ceiling(device: Device, dtype: str, threads: int | None) -> DeviceCeiling:
    """The ceiling of a device that has done its work, as it computed; measured once, then kept.

    None, with the reason, where the number of a CPU's threads is not known, or this machine has no
    such device, or no memory left on it.
    """
    if device.kind == "cpu" and threads is None:
        return DeviceCeiling(None, "how many threads computed is not known")
    try:
        here = describe_device(device.kind if device.kind != "cuda" else f"cuda:{device.index}")
    except MachineError:
        here = None
    if here is None or here.name != device.name:
        return DeviceCeiling(None, f"the work ran on {device.name}, which is not in this machine")
    try:
        return DeviceCeiling(measured_ceiling(here, dtype, threads))
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        return DeviceCeiling(None, f"{device.name} has no memory left to measure its ceiling with")


def measured_ceiling(device: Device, dtype: str = "float32", threads: int | None = None) -> Ceiling:
    """The measured matmul ceiling of a device, kept in `.work/ceilings/` for the next time.

    `threads` are a CPU's, PyTorch's own number where it is None. The products are by the library
    that models are computed with. The key is device name, dtype, threads, the version of PyTorch
    and the library where it is NumPy's; it takes a second or so to measure. On a busy machine the
    ceiling comes out too low. Raises InputError on an unknown dtype.
    """
    import torch

    # A ceiling in more threads than the work had would make its share too small.
    count = (threads or torch.get_num_threads()) if device.kind == "cpu" else 1
    key = {
        "device": device.name,
        "kind": device.kind,
        "dtype": dtype,
        "threads": count,
        "torch": torch.__version__,
    }
    by_numpy = products_by(device.kind, dtype, count) == "numpy"
    if by_numpy:
        key["products"] = "numpy"
    file = scratch_folder("ceilings", key) / "ceiling.json"
    kept = read_sealed(file)
    if kept is not None:
        return Ceiling(**kept)
    with (
        _threads(count if device.kind == "cpu" else None),
        one_numpy_thread() if by_numpy else nullcontext(),
    ):
        size, rate = _fastest_product(device, dtype, numpy_product if by_numpy else torch.mm)
    ceiling = Ceiling(device.name, dtype, count, rate, size)
    write_sealed(file, asdict(ceiling))
    return ceiling


def products_by(kind: str, dtype: str, threads: int) -> Literal["numpy", "torch"]:
    """The library that linear layers multiply by on such a device of this machine."""
    alone = kind == "cpu" and dtype == "float32" and threads == 1
    return "numpy" if alone and numpy_is_faster() else "torch"


def utilisation(model_flops: Amount, device_seconds: float, ceiling: Ceiling) -> Amount:
    """Model-FLOPs utilisation: the model's FLOPs a second as a share of the measured ceiling."""
    if device_seconds <= 0:
        return absent("no device time was measured")
    return model_flops.times(1 / (device_seconds * ceiling.flops_per_second))


@contextmanager
def _threads(count: int | None) -> Iterator[None]:
    """PyTorch's threads for the block; as they are where `count` is None."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(count or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _fastest_product(
    device: Device, dtype: str, multiply_with: Callable[..., object]
) -> tuple[int, float]:
    """Size and FLOP/s of the fastest square product, doubling sizes until one takes long."""
    best_size, best_rate, size = 0, 0.0, 256
    while size <= _LARGEST_MATRIX:
        multiply = _product(device, dtype, size, multiply_with)
        # The first product of a size allocates and chooses a kernel: it is not timed.
        multiply()
        # The fastest, for other processes can only slow one down.
        seconds = min(_timed(multiply) for _ in range(_REPEATS))
        rate = 2 * size**3 / seconds
        if rate > best_rate:
            best_size, best_rate = size, rate
        if seconds > _LONG_SECONDS:
            break
        size *= 2
    return best_size, best_rate


def _product(
    device: Device, dtype: str, size: int, multiply_with: Callable[..., object]
) -> Callable[[], None]:
    """A call that multiplies two matrices of that size and waits for the result."""
    import torch

    kind = getattr(torch, dtype, None)
    if not isinstance(kind, torch.dtype) or not kind.is_floating_point:
        raise InputError(f"dtype: value is {dtype!r}; use float32, bfloat16 or float16")
    where = f"cuda:{device.index}" if device.kind == "cuda" else device.kind
    # A generator of its own: nobody's random numbers depend on whether a ceiling was measured.
    generator = torch.Generator(where).manual_seed(0)
    left = torch.rand(size, size, device=where, generator=generator).to(kind)
    out = torch.empty_like(left)

    def multiply() -> None:
        multiply_with(left, left, out=out)
        if device.kind == "cuda":
            torch.cuda.synchronize(device.index)
        elif device.kind == "mps":
            torch.mps.synchronize()

    return multiply


def _timed(call: Callable[[], None]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start
