"""Options as they would be served on a named device: modelled money and wait, from their tokens."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, get_args

import numpy as np

from breakeven.costs.amounts import Amount, absent
from breakeven.costs.architecture import Architecture
from breakeven.costs.batch_curve import BatchCurve, batch_curve
from breakeven.costs.bill import Cost
from breakeven.costs.exact import Method
from breakeven.costs.query_costs import Lengths, ServedOn
from breakeven.costs.training_time import OptimizerSteps, training_seconds
from breakeven.decide.options import cost_of
from breakeven.findings.groups import Group
from breakeven.results.cell_results import Results
from breakeven.results.served import NO_TOKENS, CellKey, lengths_by_cell, mean_lengths

NO_WAIT = "the wait for several samples is not modelled"


class ServedOption(NamedTuple):
    """What an answer of an option takes on the device, and what one person waits for it.

    `batch` answers at once, None where these do not fit; `most_at_once` do, None where not one does
    or nothing is known.
    """

    answer: Cost
    latency: Amount
    batch: int | None
    most_at_once: int | None


def unpaid(cost: Cost) -> bool:
    """Whether nobody here paid for a cost's time: zero seconds, stated as such, on any device."""
    return cost.device_seconds.value == 0


def answers_to_a_query(group: Group) -> int:
    """How many answers each query of a group takes: several where samples are voted on."""
    of_samples = group.cells[0].of_samples
    return of_samples.samples if of_samples else 1


@dataclass(frozen=True)
class ServedStudy:
    """A study's answers on a device: `batch` at a time, or as many as end within a latency.

    With neither, as many as fit. Lengths are those of the answers by item, where these are known.
    """

    place: ServedOn
    shapes: Mapping[str, Architecture | str]
    batch: int | None = None
    latency_seconds: float | None = None
    by_item: Mapping[CellKey, Lengths] = field(default_factory=dict)
    _curves: dict[tuple[str, ...], BatchCurve | str] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def option(self, group: Group, flops: Amount, name: str) -> ServedOption:
        """A group's mean answer, its seeds taken together; `flops` are counted as ever."""
        curve = self.curve(group)
        most = None if isinstance(curve, str) else curve.most
        batch = curve if isinstance(curve, str) else self._batch(curve)
        if isinstance(curve, str) or isinstance(batch, str):
            reason = f"{name}: {batch}"
            return ServedOption(self._cost(flops, absent(reason)), absent(reason), None, most)
        samples = answers_to_a_query(group)
        latency = Amount(curve.seconds(batch))
        if samples > 1:
            latency = absent(f"{name}: {NO_WAIT}")
        seconds = Amount(samples * curve.device_seconds(batch))
        return ServedOption(self._cost(flops, seconds), latency, batch, most)

    def training(self, cost: Cost, steps: OptimizerSteps | None) -> Cost:
        """A training on one such device; by its FLOPs alone where its steps are not known."""
        flops = cost.flops
        if unpaid(cost):
            return self._cost(flops, cost.device_seconds)
        if flops.value is None:
            return self._cost(flops, flops)
        place = self.place
        seconds = training_seconds(
            place.hardware, flops=flops.value, steps=steps, achieved=place.achieved
        )
        return self._cost(flops, Amount(seconds))

    def tuning(self, cost: Cost, training: Cost) -> Cost:
        """The trainings that a rate was chosen by: as many seconds a FLOP as the training itself.

        They are of the same student, in steps of as many tokens.
        """
        if not training.flops.value or training.device_seconds.value is None:
            return self.training(cost, None)
        each = training.device_seconds.value / training.flops.value
        return self._cost(cost.flops, cost.flops.times(each))

    def steps(self, group: Group) -> OptimizerSteps | None:
        """The steps of a group's mean training, None where they are not known."""
        cell, steps = group.cells[0], group.mean("train_steps")
        shape = self.shapes.get(cell.student)
        method = next((one for one in get_args(Method) if one == cell.method), None)
        if steps is None or method is None or not isinstance(shape, Architecture):
            return None
        return OptimizerSteps(shape, steps, method)

    def other(self, cost: Cost, whose: str) -> Cost:
        """Work of a teacher or a judge: its FLOPs, and no seconds of another device."""
        nothing = unpaid(cost) and cost.flops.value in (0, None)
        reason = absent(f"{whose} is not modelled on {self.place.hardware.name}")
        return self._cost(cost.flops, cost.device_seconds if nothing else reason)

    def _cost(self, flops: Amount, seconds: Amount) -> Cost:
        """Modelled seconds; what was metered elsewhere tells no joules of this device."""
        name = self.place.hardware.name
        return cost_of(flops, seconds, absent(f"energy is not modelled on {name}"))

    def curve(self, group: Group) -> BatchCurve | str:
        """A group's mean answer at every batch; or why there is none."""
        cell = group.cells[0]
        key = (cell.student, cell.arm, cell.decoding, cell.family)
        if key not in self._curves:
            self._curves[key] = self._curve(group)
        return self._curves[key]

    def _curve(self, group: Group) -> BatchCurve | str:
        shape = self.shapes.get(group.cells[0].student, "its architecture is not known")
        lengths = self._lengths(group)
        if isinstance(shape, str) or lengths is None:
            return shape if isinstance(shape, str) else NO_TOKENS
        return batch_curve(self.place.serving(shape), lengths)

    def _batch(self, curve: BatchCurve) -> int | str:
        """How many answers at once: what was asked for, or what keeps the limit on the wait."""
        if self.batch is not None and self.batch > curve.most:
            return f"{self.place.hardware.name} holds at most {curve.most} of its answers at once"
        if self.batch is not None:
            return self.batch
        if self.latency_seconds is None:
            return curve.most
        # One that is too slow alone has its seconds too: by how much it is too slow is told.
        return curve.within(self.latency_seconds) or 1

    def _lengths(self, group: Group) -> Lengths | None:
        """Those of all seeds, each with the same weight."""
        parts = []
        for cell in group.cells:
            decoding = cell.of_samples.decoding if cell.of_samples else cell.decoding
            key = (cell.student, cell.arm, cell.seed, decoding, cell.family)
            one = self.by_item.get(key)
            # A vote's own means are those of all its samples together.
            if one is None and cell.of_samples is None:
                one = mean_lengths(cell)
            if one is None:
                return None
            parts.append(one)
        prompt, new, weights = map(np.concatenate, zip(*parts, strict=True))
        return Lengths(prompt, new, weights / len(parts))


def served_study(
    results: Results,
    shapes: Mapping[str, Architecture | str],
    place: ServedOn,
    *,
    batch: int | None,
    latency_seconds: float | None,
) -> ServedStudy:
    """The study's answers there, with their lengths."""
    by_item = {} if results.items is None else lengths_by_cell(results.items)
    return ServedStudy(place, shapes, batch, latency_seconds, by_item)
