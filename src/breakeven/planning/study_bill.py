"""The bill of a study: every cell priced, what is done subtracted, and totals."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from breakeven.costs.prices import PRICE_KEY, known_price
from breakeven.planning.done_cells import DoneWork, done_work
from breakeven.planning.earlier_run import EarlierRun
from breakeven.planning.expected_work import PlannedCell
from breakeven.planning.planned_devices import PlannedDevice
from breakeven.planning.rates import AssumedUtilisation, Calibration, Rate, rate_of


class BillLine(NamedTuple):
    """One cell with its price: device-seconds at its rate, and what it has taken if it is done."""

    cell: PlannedCell
    rate: Rate
    done_work: DoneWork | None

    @property
    def device_seconds(self) -> float:
        """What the whole cell is expected to hold a device for."""
        return self.cell.work.flops / self.rate.flops_per_second

    @property
    def seconds_to_pay(self) -> float:
        """What is still to be paid of it."""
        return 0.0 if self.done_work else self.device_seconds

    def as_dict(self) -> dict[str, Any]:
        """The line as JSON."""
        work = self.cell.work
        return {
            "stage": self.cell.stage,
            "cell": list(self.cell.cell),
            "style": self.cell.style,
            "read_tokens": round(work.read_tokens),
            "new_tokens": round(work.new_tokens),
            "flops": work.flops if self.cell.counts_flops else None,
            "device_seconds": self.device_seconds if self.cell.counts_flops else None,
            "calibrated": self.rate.calibrated,
            "done": self.done_work is not None,
            "spent_flops": self.done_work.flops if self.done_work else None,
            "spent_device_seconds": self.done_work.device_seconds if self.done_work else None,
            "basis": self.cell.basis,
        }


class Total(NamedTuple):
    """Sums over lines; seconds and money of what is still to be paid."""

    cells: int
    done: int
    read_tokens: float
    new_tokens: float
    flops: float
    device_hours: float
    device_hours_to_pay: float
    money_to_pay: float | None

    def as_dict(self) -> dict[str, float | int | None]:
        """The total as JSON."""
        return self._asdict()


def bill_lines(
    earlier_run: EarlierRun,
    cells: Iterable[PlannedCell],
    device: PlannedDevice,
    utilisation: AssumedUtilisation,
    calibration: Calibration,
) -> list[BillLine]:
    """A line for every cell."""
    return [
        BillLine(
            cell, rate_of(cell, device, utilisation, calibration), done_work(earlier_run, cell)
        )
        for cell in cells
    ]


def total(lines: Sequence[BillLine], price_per_device_hour: float | None) -> Total:
    """The sum of lines; without a price, or at one of zero, there is no money."""
    to_pay = sum(line.seconds_to_pay for line in lines) / 3600
    price = known_price(price_per_device_hour, PRICE_KEY)
    return Total(
        cells=len(lines),
        done=sum(line.done_work is not None for line in lines),
        read_tokens=sum(line.cell.work.read_tokens for line in lines),
        new_tokens=sum(line.cell.work.new_tokens for line in lines),
        flops=sum(line.cell.work.flops for line in lines),
        device_hours=sum(line.device_seconds for line in lines) / 3600,
        device_hours_to_pay=to_pay,
        money_to_pay=price.times(to_pay).value,
    )


def by_stage(lines: Sequence[BillLine]) -> Mapping[str, list[BillLine]]:
    """Lines by stage, in the order of the pipeline."""
    found: dict[str, list[BillLine]] = {}
    for line in lines:
        found.setdefault(line.cell.stage, []).append(line)
    return found


def by_student(lines: Sequence[BillLine]) -> Mapping[tuple[str, str], list[BillLine]]:
    """Training and answering lines by student and arm."""
    found: dict[tuple[str, str], list[BillLine]] = {}
    for line in lines:
        # Teacher and bases belong to no arm: their work is shared.
        if line.cell.stage in ("train", "answer"):
            student, arm = str(line.cell.cell[0]), str(line.cell.cell[1])
            found.setdefault((student, arm), []).append(line)
    return found
