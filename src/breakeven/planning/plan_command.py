"""`breakeven plan`: the bill of params.yaml as a table or as JSON."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from breakeven.core.errors import InputError
from breakeven.params import Params
from breakeven.planning.calibration import calibrate, known_calibration
from breakeven.planning.disk_need import DiskNeed, disk_need
from breakeven.planning.expected_study import ExpectedStudy
from breakeven.planning.expected_work import planned_cells
from breakeven.planning.memory_fit import MemoryFit, memory_fits
from breakeven.planning.planned_devices import HERE, PlannedDevice, planned_device
from breakeven.planning.rates import AssumedUtilisation, Calibration
from breakeven.planning.study_bill import BillLine, bill_lines, by_stage, by_student, total
from breakeven.words import human, percent

if TYPE_CHECKING:
    from rich.table import Table


# arXiv 2509.22193, v1: all the compute of the study.
PUBLISHED_H100_HOURS = 70_000


class StudyPlan(NamedTuple):
    """All that a plan says."""

    params: Params
    device: PlannedDevice
    utilisation: AssumedUtilisation
    lines: list[BillLine]
    disk: DiskNeed
    fits: list[MemoryFit]
    price_per_device_hour: float | None

    def as_dict(self) -> dict[str, Any]:
        """The plan as one JSON object."""
        price = self.price_per_device_hour
        return {
            "study": self.params.study,
            "device": self.device._asdict(),
            "assumed_utilisation": self.utilisation._asdict(),
            "currency": self.params.costs.currency,
            "price_per_device_hour": price,
            "total": total(self.lines, price).as_dict(),
            "stages": {
                stage: total(lines, price).as_dict()
                for stage, lines in by_stage(self.lines).items()
            },
            "disk_bytes": {**self.disk._asdict(), "total": self.disk.total},
            "memory": [fit.as_dict() for fit in self.fits],
            "cells": [line.as_dict() for line in self.lines],
        }


def plan_study(
    params: Params,
    *,
    device_name: str = HERE,
    utilisation: AssumedUtilisation,
    calibrated: bool,
    price_per_device_hour: float | None,
) -> StudyPlan:
    """Work out the bill of a study; `calibrated` measures this device first.

    Raises:
        InputError: an unknown device, a base whose shape is not known, calibration for a device
            that is not this one.
    """
    here = device_name.lower() == HERE
    # Rates of this machine say nothing of a device that is only in the table.
    if calibrated and not here:
        raise InputError(f"--calibrate: measures this machine, not {device_name}; leave one out")
    study = ExpectedStudy(params)
    device = planned_device(device_name)
    cells = list(planned_cells(study))
    calibration: Calibration = {}
    if here:
        calibration = calibrate(params) if calibrated else known_calibration(params)
    lines = bill_lines(study.earlier_run, cells, device, utilisation, calibration)
    price = price_per_device_hour
    return StudyPlan(
        params,
        device,
        utilisation,
        lines,
        disk_need(study, lines, device.dtype),
        memory_fits(study, device),
        params.costs.price_per_device_hour if price is None else price,
    )


def print_plan(plan: StudyPlan) -> None:
    """Print the plan as tables, and what it rests on."""
    from rich.console import Console

    # Wide enough for the table as it is: cut names of arms could not be told apart.
    console = Console(highlight=False, markup=False, soft_wrap=True, width=500)
    device = plan.device
    console.print(
        f"{plan.params.study} on {device.name}: {device.flops_per_second / 1e12:,.3g} TFLOP/s "
        f"({device.source})"
    )
    console.print(_table(plan, ("stage",), [((stage,), ls) for stage, ls in _stages(plan)]))
    console.print(_table(plan, ("student", "arm"), list(by_student(plan.lines).items())))
    for fit in plan.fits:
        console.print(fit.sentence)
    console.print(_disk_sentence(plan.disk))
    for sentence in _caveats(plan):
        console.print(sentence)


def _stages(plan: StudyPlan) -> list[tuple[str, list[BillLine]]]:
    return [*by_stage(plan.lines).items(), ("all", plan.lines)]


def _table(
    plan: StudyPlan,
    names: tuple[str, ...],
    groups: Sequence[tuple[tuple[str, ...], list[BillLine]]],
) -> "Table":
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for name in names:
        table.add_column(name)
    money = () if plan.price_per_device_hour is None else (f"to pay, {plan.params.costs.currency}",)
    for name in ("done", "tokens read", "generated", "FLOPs", "device time", "to pay", *money):
        table.add_column(name, justify="right")
    for key, lines in groups:
        table.add_row(*key, *_figures(plan, lines))
    return table


def _figures(plan: StudyPlan, lines: list[BillLine]) -> list[str]:
    summed = total(lines, plan.price_per_device_hour)
    figures = [
        f"{summed.done}/{summed.cells}",
        human(summed.read_tokens),
        human(summed.new_tokens),
        f"{summed.flops:.3g}",
        _hours(summed.device_hours),
        _hours(summed.device_hours_to_pay),
    ]
    return figures if summed.money_to_pay is None else [*figures, f"{summed.money_to_pay:,.2f}"]


def _hours(hours: float) -> str:
    """Hours where there are some, seconds where there are not."""
    return f"{hours:,.1f} h" if hours >= 1 else f"{3600 * hours:,.1f} s"


def _disk_sentence(disk: DiskNeed) -> str:
    parts = (
        ("downloaded bases", disk.bases),
        ("trained students, three copies", disk.students),
        ("one checkpoint", disk.checkpoint),
        ("texts", disk.texts),
    )
    text = ", ".join(f"{words} {size / 1e9:,.2f} GB" for words, size in parts if size)
    return f"Disk: {disk.total / 1e9:,.2f} GB: {text}."


def _caveats(plan: StudyPlan) -> Iterator[str]:
    """What the plan rests on, and what it cannot know."""
    for basis in dict.fromkeys(line.cell.basis for line in plan.lines if line.cell.work.flops):
        yield f"Lengths from {basis}."
    if not all(line.rate.calibrated for line in plan.lines if line.cell.work.flops):
        yield (
            f"Time assumes {percent(plan.utilisation.training, 0)} of the peak in training and "
            f"{percent(plan.utilisation.answering, 0)} in generation where nothing was calibrated; "
            "`breakeven plan --calibrate` on the device measures it."
        )
    unknown = [line.cell for line in plan.lines if not line.cell.counts_flops]
    taught = sum(cell.stage == "distill" for cell in unknown)
    if taught:
        yield f"Not counted: {taught} cells of a teacher whose architecture is not known."
    for reason in dict.fromkeys(cell.basis for cell in unknown if cell.stage != "distill"):
        cells = sum(cell.basis == reason for cell in unknown)
        yield f"Not counted, nor in disk and memory: {cells} cells; {reason}."
    # By its name: no other study has a published bill to stand beside.
    if plan.params.study == "paper":
        yield _beside_the_published_bill(plan)
    if plan.params.grading.judges:
        yield "Not counted: the judges, who are asked only where rules cannot tell."


def _beside_the_published_bill(plan: StudyPlan) -> str:
    """Why this bill is not the published one (docs/plan.md has the parts)."""
    summed = total(plan.lines, None)
    share = summed.flops / (PUBLISHED_H100_HOURS * 3600 * planned_device("H100").flops_per_second)
    return (
        f"The study reports {PUBLISHED_H100_HOURS:,.0f} H100-hours, this bill is "
        f"{summed.device_hours:,.0f} hours. Published is only their sum, so that the difference "
        "cannot be told. Not in this bill: the teacher, a second family of students, answers at "
        "32k tokens, a jury on every answer, the search for learning rates, runs that failed. On "
        f"this bill's FLOPs alone, those hours would be {percent(share)} of the peak."
    )
