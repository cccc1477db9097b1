"""Devices that a study can be planned for: their memory, and the FLOPs a second that they reach."""

import csv
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from breakeven.core.errors import InputError, did_you_mean
from breakeven.costs.dtypes import Dtype, best_dtype

HERE = "here"


class PlannedDevice(NamedTuple):
    """A device: memory in bytes, dense matrix FLOPs a second, and where the figures are from."""

    name: str
    memory_bytes: float
    flops_per_second: float
    dtype: Dtype
    source: str


def planned_device(name: str) -> PlannedDevice:
    """A device by its name, or this machine's own as `here`.

    Raises:
        InputError: the name is not in the table.
    """
    if name.lower() == HERE:
        return _this_machine()
    table = {row.name.lower(): row for row in device_table()}
    if name.lower() not in table:
        allowed = [HERE, *(row.name for row in table.values())]
        raise InputError(f"--device: value is {name!r}; {did_you_mean(name, allowed)}")
    return table[name.lower()]


@cache
def device_table() -> tuple[PlannedDevice, ...]:
    """Every device of the table."""
    text = files("breakeven.planning").joinpath("devices.csv").read_text(encoding="utf-8")
    return tuple(
        PlannedDevice(
            row["name"],
            float(row["memory_gb"]) * 1e9,
            float(row["dense_flops_per_second"]),
            "float32" if row["dtype"] == "float32" else "bfloat16",
            row["source"],
        )
        for row in csv.DictReader(text.splitlines())
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
        device.name, memory, ceiling.flops_per_second, dtype, "matrix products measured here"
    )
