"""`breakeven plan`: the bill of params.yaml as a table or as JSON."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from breakeven.core.errors import InputError, did_you_mean
from breakeven.costs.prices import PRICE_KEY
from breakeven.costs.query_costs import ServedOn, require_latency
from breakeven.costs.roofline import Achieved
from breakeven.costs.serving_work import FORMATS
from breakeven.params import Params
from breakeven.planning.calibration import calibrate, known_calibration, serving_file
from breakeven.planning.disk_need import DiskNeed, disk_need
from breakeven.planning.expected_study import ExpectedStudy
from breakeven.planning.expected_work import NO_LENGTHS_OF_EXPERTS, PlannedCell, planned_parts
from breakeven.planning.memory_fit import MemoryFit, memory_fits
from breakeven.planning.planned_devices import HERE, PlannedDevice, planned_device
from breakeven.planning.rates import AssumedUtilisation, Calibration
from breakeven.planning.served_answers import ServedArm, served_arms
from breakeven.planning.serving_here import KnownServing, known_serving
from breakeven.planning.study_bill import BillLine, bill_lines, by_stage, by_student, total
from breakeven.serving.study_hardware import study_hardware, study_speed
from breakeven.words import human, percent

if TYPE_CHECKING:
    from rich.table import Table


# arXiv 2509.22193, v1: all the compute of the study.
PUBLISHED_H100_HOURS = 70_000


class ServingOptions(NamedTuple):
    """How `--device` serves answers."""

    number_format: str = "bfloat16"
    devices: int = 1
    latency_seconds: float | None = None

    def on(self, params: Params, device_name: str) -> ServedOn:
        """Where answers are served; raises InputError on an unknown device or format."""
        require_latency(self.latency_seconds, "--latency-seconds")
        if self.number_format not in FORMATS:
            hint = did_you_mean(self.number_format, FORMATS)
            raise InputError(f"--format: value is {self.number_format!r}; {hint}")
        hardware = study_hardware(params.costs, device_name)
        # Before anything is worked out: a format that the device has no peak for ends here.
        hardware.peak(FORMATS[self.number_format].dtype)
        return ServedOn(hardware, study_speed(params.costs), *self)

    def here(self, known: KnownServing | None, price_per_hour: float | None) -> ServedOn | None:
        """This machine as it was calibrated, at the study's price; None where it was not.

        Its format is the one that was timed.
        """
        require_latency(self.latency_seconds, "--latency-seconds")
        if known is None:
            return None
        hardware = replace(known.on.hardware, price_per_hour=price_per_hour, price_key=PRICE_KEY)
        return known.on._replace(hardware=hardware, latency_seconds=self.latency_seconds)


NO_OPTIONS = ServingOptions()
_STEPS = "a training takes at least the time of its steps, which bind small models; "


class StudyPlan(NamedTuple):
    """All that a plan says."""

    params: Params
    device: PlannedDevice
    utilisation: AssumedUtilisation
    lines: list[BillLine]
    disk: DiskNeed
    fits: list[MemoryFit]
    price_per_device_hour: float | None
    served_on: ServedOn | None = None
    served: tuple[ServedArm, ...] = ()
    fitted: KnownServing | None = None

    def as_dict(self) -> dict[str, Any]:
        """The plan as one JSON object."""
        price = self.price_per_device_hour
        return {
            "study": self.params.study,
            "device": self.device.as_dict(),
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
            "served_on": None if self.served_on is None else _served_on(self.served_on),
            "serving_fit": None if self.fitted is None else _fit(self.fitted),
            "served": [arm.as_dict() for arm in self.served],
            "cells": [line.as_dict() for line in self.lines],
        }


def plan_study(
    params: Params,
    *,
    device_name: str = HERE,
    utilisation: AssumedUtilisation,
    calibrated: bool,
    price_per_device_hour: float | None,
    serving: ServingOptions = NO_OPTIONS,
) -> StudyPlan:
    """Work out the bill of a study; `calibrated` measures this device first.

    Raises:
        InputError: an unknown device or format, a base whose shape is not known, calibration for a
            device that is not this one.
    """
    here = device_name.lower() == HERE
    # Rates of this machine say nothing of a device that is only in the table.
    if calibrated and not here:
        raise InputError(f"--calibrate: measures this machine, not {device_name}; leave one out")
    study = ExpectedStudy(params)
    device = planned_device(device_name, params.costs)
    cells = _cells(study)
    calibration: Calibration = {}
    if here:
        calibration = calibrate(params) if calibrated else known_calibration(params)
    lines = bill_lines(study.earlier_run, cells, device, utilisation, calibration)
    price = price_per_device_hour
    if price is None:
        price = params.costs.price_per_device_hour
    fitted = known_serving(serving_file(params)) if here else None
    served_on = serving.here(fitted, price) if here else serving.on(params, device_name)
    return StudyPlan(
        params,
        device,
        utilisation,
        lines,
        disk_need(study, lines, device.dtype),
        memory_fits(study, device),
        price,
        served_on,
        tuple(served_arms(study, lines, served_on)) if served_on else (),
        fitted,
    )


def _cells(study: ExpectedStudy) -> list[PlannedCell]:
    """Every cell of a study; in a terminal it is told which are being worked out."""
    from tqdm import tqdm

    found: list[PlannedCell] = []
    bar = tqdm(planned_parts(study), desc="plan", leave=False, disable=None)
    for part in bar:
        bar.set_postfix_str(part.name)
        found += part.cells
    return found


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
    if plan.served_on is not None:
        console.print(_served_sentence(plan.served_on, plan.params.costs.currency, plan.fitted))
        console.print(_served_table(plan))
        for reason in _served_absences(plan.served):
            console.print(reason)
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
    priced = total(plan.lines, plan.price_per_device_hour).money_to_pay is not None
    money = (f"to pay, {plan.params.costs.currency}",) if priced else ()
    for name in ("done", "tokens read", "generated", "FLOPs", "device time", "to pay", *money):
        table.add_column(name, justify="right")
    for key, lines in groups:
        table.add_row(*key, *_figures(plan, lines))
    return table


def _served_on(on: ServedOn) -> dict[str, Any]:
    """Where answers are served, and what is reached there."""
    return {
        "device": on.hardware.name,
        "number_format": on.number_format,
        "devices": on.devices,
        "price_per_hour": on.hardware.price_per_hour,
        "bandwidth_bytes_per_second": on.hardware.bandwidth_bytes_per_second,
        "source": on.hardware.source,
        **on.achieved._asdict(),
    }


def _fit(fitted: KnownServing) -> dict[str, float]:
    """How well what was timed here is predicted."""
    return {
        "timed_batches": fitted.timed,
        "median_error": fitted.median_error,
        "worst_error": fitted.worst_error,
    }


def _served_sentence(on: ServedOn, currency: str, fitted: KnownServing | None) -> str:
    hardware, achieved = on.hardware, on.achieved
    price = hardware.hourly_price
    paid = f"{price.value:,.4g} {currency} an hour" if price.value is not None else "no price"
    day = f" ({hardware.price_date}, {hardware.price_source})" if hardware.price_source else ""
    return (
        f"Served on {on.devices} x {hardware.name} in {on.number_format}, {paid}{day}; taken to "
        f"reach {percent(achieved.bandwidth_share, 0)} of the bandwidth, "
        f"{percent(achieved.compute_share, 0)} of the peak, {achieved.pass_seconds * 1e6:,.3g} "
        f"microseconds a pass and {achieved.layer_seconds * 1e6:,.3g} a layer"
        f"{_moves_words(achieved)}{_fit_words(fitted)}. "
        "A mean answer:"
    )


def _moves_words(achieved: Achieved) -> str:
    moves, begun = achieved.activation_moves, achieved.batch_layer_seconds
    told = f", and to move a token's numbers {moves:,.3g} times in each" if moves else ""
    return f"{told}; a batch begins in {begun * 1e6:,.3g} a layer" if begun else told


def _fit_words(fitted: KnownServing | None) -> str:
    if fitted is None:
        return ""
    return (
        f", fitted to {fitted.timed} batches timed here, which it misses by "
        f"{percent(fitted.median_error, 0)} in the median and {percent(fitted.worst_error, 0)} at "
        "worst"
    )


def _served_table(plan: StudyPlan) -> "Table":
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for name in ("student", "arms"):
        table.add_column(name)
    columns = ("prompt", "new", "batch", "first token", "answer", "tokens/s", "1,000 queries")
    table.add_column("served")
    for name in columns:
        table.add_column(name, justify="right")
    # Arms that write as much cost as much: one row.
    alike: dict[tuple[str, float, float], list[ServedArm]] = {}
    for arm in plan.served:
        alike.setdefault((arm.student, arm.prompt_tokens, arm.new_tokens), []).append(arm)
    for (student, prompt, new), arms in alike.items():
        names = ", ".join(arm.arm for arm in arms)
        for point in arms[0].points:
            times, money = point.times, point.money.value
            if times is not None:
                table.add_row(
                    *(student, names, point.name, f"{prompt:,.0f}", f"{new:,.0f}"),
                    *(f"{times.batch:,}", f"{times.first_token_seconds:.3g} s"),
                    *(f"{times.seconds:,.3g} s", f"{times.tokens_per_second:,.0f}"),
                    f"{1000 * money:,.4g}" if money is not None else "-",
                )
    return table


def _served_absences(served: Sequence[ServedArm]) -> Iterator[str]:
    """Why rows or their money are missing; each reason once, with who it is about."""
    absent: dict[str, dict[str, None]] = {}
    for arm in served:
        reasons = [arm.reason, *(one.money.reason or "" for one in arm.points)]
        for reason in filter(None, reasons):
            absent.setdefault(reason, {})[f"{arm.student}/{arm.arm}"] = None
    for reason, names in absent.items():
        who = "all" if len(names) == len(served) else ", ".join(names)
        yield f"Not told of {who}: {reason}."


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
            f"{_STEPS if plan.device.hardware else ''}"
            "`breakeven plan --calibrate` on the device measures it."
        )
    unknown = [line.cell for line in plan.lines if not line.cell.counts_flops]
    taught = sum(cell.stage == "distill" for cell in unknown)
    if taught:
        yield f"Not counted: {taught} cells of a teacher whose architecture is not known."
    for reason in dict.fromkeys(cell.basis for cell in unknown if cell.stage != "distill"):
        cells = sum(cell.basis == reason for cell in unknown)
        where = "" if reason == NO_LENGTHS_OF_EXPERTS else ", nor in disk and memory"
        yield f"Not counted{where}: {cells} cells; {reason}."
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
