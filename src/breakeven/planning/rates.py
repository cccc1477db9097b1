"""How fast a device does a study's work: as calibrated on it, or a share of its peak, assumed."""

from collections.abc import Mapping
from typing import NamedTuple

from breakeven.costs.training_time import training_seconds
from breakeven.planning.expected_work import PlannedCell
from breakeven.planning.planned_devices import PlannedDevice


class AssumedUtilisation(NamedTuple):
    """Model-FLOPs utilisation that is assumed where nothing was calibrated."""

    training: float
    answering: float


class Rate(NamedTuple):
    """FLOPs a second of one kind of work, and whether that was measured on the device."""

    flops_per_second: float
    calibrated: bool


# Student, stage, style.
RateKey = tuple[str, str, str]
# To FLOPs a second, as a calibration measured them.
Calibration = Mapping[RateKey, float]


def rate_of(
    cell: PlannedCell,
    device: PlannedDevice,
    utilisation: AssumedUtilisation,
    calibration: Calibration,
) -> Rate:
    """The rate that a cell is expected to run at.

    A calibrated student counts for its own cells, whatever the arm of that style. A training on a
    device of the table takes its steps where these take longer than its FLOPs.
    """
    measured = calibration.get((str(cell.cell[0]), cell.stage, cell.style))
    if measured is not None:
        return Rate(measured, calibrated=True)
    # Bases and teachers are never calibrated: a base is trained, a teacher writes as students do.
    if cell.stage not in ("base", "train"):
        return Rate(device.flops_per_second * utilisation.answering, calibrated=False)
    flops, share = cell.work.flops, utilisation.training
    if device.hardware is None or not flops:
        return Rate(device.flops_per_second * share, calibrated=False)
    seconds = training_seconds(
        device.hardware, flops=flops, steps=cell.steps, achieved=device.achieved, share=share
    )
    return Rate(flops / seconds, calibrated=False)
