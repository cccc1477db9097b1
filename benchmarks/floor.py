"""What the arithmetic of a work takes on one thread of this machine, were there nothing else."""

from breakeven.costs.ceiling import measured_ceiling
from breakeven.costs.devices import describe_device


def seconds_at_ceiling(flops: float) -> float:
    """Seconds of `flops` at the rate of the fastest float32 matrix products, on one thread."""
    return flops / measured_ceiling(describe_device("cpu"), threads=1).flops_per_second
