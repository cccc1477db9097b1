"""What the page's calculator knows of devices: the numbers behind `--device`, and no formula more.

A mean answer on a device is a `BatchCurve`, whose few numbers travel; `served.js` computes with
them what `decide.serving` does. What options have in common is said once: the linear layers of a
student by device, prompts by their lengths, reasons by their number.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from breakeven.costs.amounts import Amount
from breakeven.costs.architecture import Architecture
from breakeven.costs.batch_curve import BatchCurve
from breakeven.costs.query_costs import MOST_AT_ONCE, Lengths, ServedOn
from breakeven.decide.columns import in_columns
from breakeven.decide.family_options import Bills, group_options
from breakeven.decide.serving import ServedStudy, answers_to_a_query
from breakeven.findings.groups import Group
from breakeven.results.served import CellKey


@dataclass(frozen=True)
class Devices:
    """The devices that a page offers, and what is served on them.

    `lengths` are those of the answers, `shapes` the students' architectures.
    """

    places: Sequence[ServedOn]
    shapes: Mapping[str, Architecture | str]
    lengths: Mapping[CellKey, Lengths] = field(default_factory=dict)


class PageDevices:
    """Collects families one after another; `data` is JSON-ready and holds what they share."""

    def __init__(self, devices: Devices, bills: Bills) -> None:
        self._bills = bills
        self._studies = [
            ServedStudy(place, devices.shapes, by_item=devices.lengths) for place in devices.places
        ]
        self._served: dict[str, list[list[list[Any]]]] = {}
        self._models: list[dict[str, list[float]]] = [{} for _ in devices.places]
        self._prompts: dict[tuple[tuple[float, float], ...], int] = {}
        self._reasons: dict[str, int] = {}

    def add(self, family: str, groups: Sequence[Group]) -> None:
        """By device and option of a family: its curve, and the seconds of all that is paid once."""
        self._served[family] = [self._on(number, groups) for number in range(len(self._studies))]

    def data(self) -> dict[str, Any]:
        """All of it; empty where no device tells anything of any option."""
        known = any(self._models)
        return {
            "served": {
                family: list(map(in_columns, places)) for family, places in self._served.items()
            }
            if known
            else {},
            "devices": [
                {
                    "name": study.place.hardware.name,
                    "count": study.place.devices,
                    "price": study.place.hardware.hourly_price.value,
                    "models": models,
                }
                for study, models in zip(self._studies, self._models, strict=True)
                if known
            ],
            "prompts": [list(zip(*prompts, strict=True)) for prompts in self._prompts],
            "reasons": list(self._reasons) if known else [],
            "most_at_once": MOST_AT_ONCE,
        }

    def _on(self, number: int, groups: Sequence[Group]) -> list[list[Any]]:
        study = self._studies[number]
        options = group_options(groups, self._bills, study)
        rows = []
        for group, option in zip(groups, options, strict=True):
            bill = option.bill
            once = [bill.training, bill.tuning, bill.teacher, bill.judging]
            rows.append(
                [
                    self._curve(number, group, study.curve(group)),
                    *(self._amount(cost.device_seconds) for cost in once),
                    option.training_by,
                ]
            )
        return rows

    def _curve(self, number: int, group: Group, curve: BatchCurve | str) -> list[Any] | int:
        """Student, answers to a query, steps, attention, begun, prompts, most; or why none."""
        if isinstance(curve, str):
            return self._reason(curve)
        student = group.cells[0].student
        self._models[number][student] = list(curve.model)
        prompts = tuple(zip(curve.prompts.tolist(), curve.weights.tolist(), strict=True))
        place = self._prompts.setdefault(prompts, len(self._prompts))
        samples = answers_to_a_query(group)
        return [student, samples, curve.steps, curve.attention, curve.begun, place, curve.most]

    def _amount(self, amount: Amount) -> list[float | int | None]:
        """Its value, or None and the number of its reason."""
        if amount.value is None:
            return [None, self._reason(str(amount.reason))]
        return [amount.value]

    def _reason(self, reason: str) -> int:
        return self._reasons.setdefault(reason, len(self._reasons))
