"""Tables of what a query would cost where it is served, and of pairs whose ranking turns."""

from breakeven.core.known_numbers import known_mean
from breakeven.findings.equal_cost import cost_words
from breakeven.report.figures.flips import flip_rows
from breakeven.report.figures.frontier import MODELLED, NOT_SERVED
from breakeven.report.figures.spec import CsvRow
from breakeven.report.flips import cost_pairs
from breakeven.report.table import Table, absent_table
from breakeven.report.view import StudyView
from breakeven.results.cell_results import CellResult
from breakeven.words import percent, points_interval, scientific, times, whole

_QUERIES = 1000


def served_table(view: StudyView) -> Table:
    """Money and seconds by student, arm, device and way to serve; means over families."""
    name, title = "served", "What a query would cost where it is served (modelled)"
    rows = [row for row in _rows(view) if row["device_seconds"] is not None or row["money"]]
    if not rows:
        return absent_table(name, title, NOT_SERVED)
    return Table(
        name,
        title,
        f"{MODELLED} By device: one person waiting (batch 1), the largest batch whose mean answer "
        "ends within the latency, and the largest batch that fits. Seconds are what one person "
        "waits, on average and for 95% of the answers. Every number of a row is a mean over the "
        "families of tasks, the batch too: no family need be served with it. What is not modelled "
        f"(queues, prefix caching, speculation) is in docs/costs.md.{_served_on(view)}",
        (
            "student",
            "arm",
            "device",
            "way to serve",
            "batch",
            "s an answer",
            "95% within, s",
            f"{view.summary.currency}, {_QUERIES:,} queries",
        ),
        tuple(
            (
                str(row["student"]),
                view.arm_label(str(row["arm"])),
                str(row["hardware"]),
                str(row["point"]),
                whole(_number(row["batch"])),
                scientific(_number(row["seconds"])),
                scientific(_number(row["late_seconds"])),
                scientific(_times(_number(row["money"]), _QUERIES)),
            )
            for row in rows
        ),
        tuple(rows),
    )


def flip_table(view: StudyView) -> Table:
    """What thinking at a small size costs over answering at a larger one, on every axis."""
    name, title = "cost-ratios", "Thinking small over answering large, by axis"
    pairs = cost_pairs(view)
    if not pairs:
        return absent_table(name, title, NOT_SERVED)
    costs = list(dict.fromkeys(cost for pair in pairs for cost in pair.ratios))
    return Table(
        name,
        title,
        "The cost of a query of the first over one of the second; accuracy is the first minus the "
        f"second, in points. All but FLOPs are modelled. {MODELLED}",
        ("family", "thinks", "does not", "accuracy", *map(cost_words, costs), "turns"),
        tuple(
            (
                pair.key.title,
                pair.reasoning.label,
                pair.plain.label,
                points_interval(pair.difference.value, pair.difference.low, pair.difference.high),
                *(times(pair.ratios[cost]) if cost in pair.ratios else "–" for cost in costs),
                "yes" if pair.flips else "no",
            )
            for pair in pairs
        ),
        tuple(row for pair in pairs for row in flip_rows(pair)),
    )


def _rows(view: StudyView) -> list[CsvRow]:
    found: list[CsvRow] = []
    for student in view.results.students():
        for arm in view.arms:
            cells = [
                cell
                for group in view.every_group
                for cell in group.cells
                if (cell.student, cell.arm) == (student, arm.name)
            ]
            places = dict.fromkeys((one.hardware, one.point) for c in cells for one in c.served)
            found.extend(
                {
                    "student": student,
                    "arm": arm.name,
                    "hardware": hardware,
                    "point": point,
                    **{
                        field: known_mean(_at(cell, hardware, point, field) for cell in cells)
                        for field in _FIELDS
                    },
                }
                for hardware, point in places
            )
    return found


_FIELDS = ("batch", "seconds", "late_seconds", "device_seconds", "money")


def _at(cell: CellResult, hardware: str, point: str, field: str) -> float | None:
    one = next((s for s in cell.served if (s.hardware, s.point) == (hardware, point)), None)
    value: float | None = None if one is None else getattr(one, field)
    return value


def _served_on(view: StudyView) -> str:
    """The devices, their prices with day and source, and what is assumed of them."""
    words = []
    for place in view.summary.served_on:
        hardware, price = place.hardware, place.hardware.hourly_price
        paid = (
            f"no price ({price.reason})"
            if price.value is None
            else f"{price.value:g} {view.summary.currency} an hour"
        )
        found = " ".join(filter(None, (hardware.price_source, hardware.price_date)))
        words.append(f"{hardware.name} {paid}{f' ({found})' if found else ''}")
    if not words:
        return ""
    place = view.summary.served_on[0]
    speed = place.achieved
    return (
        f" {'; '.join(words)}. {place.number_format}, {place.devices} to a student; assumed are "
        f"{percent(speed.bandwidth_share, 0)} of the bandwidth, "
        f"{percent(speed.compute_share, 0)} of the peak and "
        f"{1e6 * speed.layer_seconds:g} microseconds a layer."
    )


def _number(value: object) -> float | None:
    return value if isinstance(value, float | int) else None


def _times(value: float | None, factor: float) -> float | None:
    return None if value is None else factor * value
