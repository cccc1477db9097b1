"""Devices that a study can be planned for: their memory, and the FLOPs a second that they reach."""

from typing import NamedTuple

from breakeven.costs.devices import DeviceKind
from breakeven.costs.dtypes import Dtype, best_dtype
from breakeven.costs.hardware import Hardware
from breakeven.costs.roofline import ASSUMED, Achieved
from breakeven.costs.training_time import TRAINING_DTYPE
from breakeven.params.pricing import Pricing
from breakeven.serving.study_hardware import study_hardware, study_speed

HERE = "here"
NO_PRICING = Pricing()


class PlannedDevice(NamedTuple):
    """A device: memory in bytes, dense matrix FLOPs a second, and where the figures are from.

    `hardware` is its row of the table, None of this machine, and `achieved` what it is taken to
    reach of that. What a table of devices holds are GPUs.
    """

    name: str
    memory_bytes: float
    flops_per_second: float
    dtype: Dtype
    source: str
    hardware: Hardware | None = None
    achieved: Achieved = ASSUMED
    kind: DeviceKind = "cuda"

    def as_dict(self) -> dict[str, str | float]:
        """The figures as JSON."""
        return {
            "name": self.name,
            "memory_bytes": self.memory_bytes,
            "flops_per_second": self.flops_per_second,
            "dtype": self.dtype,
            "source": self.source,
        }


def planned_device(name: str, pricing: Pricing = NO_PRICING) -> PlannedDevice:
    """A device by its name, or this machine's own as `here`.

    Raises:
        InputError: the name is neither in the table nor in `costs.hardware`.
    """
    if name.lower() == HERE:
        return _this_machine()
    row = study_hardware(pricing, name)
    dtype: Dtype = TRAINING_DTYPE
    return PlannedDevice(
        row.name, row.memory_bytes, row.peak(dtype), dtype, row.source, row, study_speed(pricing)
    )


def _this_machine() -> PlannedDevice:
    """The accelerator there is, or the processor, with the matrix products that it was seen do."""
    import psutil
    import torch

    from breakeven.costs.ceiling import measured_ceiling
    from breakeven.costs.devices import describe_device

    if torch.cuda.is_available():
        device = describe_device("cuda")
        memory = float(torch.cuda.get_device_properties(0).total_memory)
    else:
        device = describe_device("cpu")
        memory = float(psutil.virtual_memory().total)
    dtype = best_dtype(device.kind)
    # Measured, for no table has every processor, and what one is sold with is rarely reached.
    ceiling = measured_ceiling(device, dtype)
    return PlannedDevice(
        device.name,
        memory,
        ceiling.flops_per_second,
        dtype,
        "matrix products measured here",
        kind=device.kind,
    )
