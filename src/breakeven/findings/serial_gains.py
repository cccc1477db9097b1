"""Whether the gain from reasoning is where a task takes several steps in a row."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from breakeven.findings.direction import Direction, direction_of
from breakeven.findings.groups import Group, comparable, groups
from breakeven.findings.scored_results import ScoredResults, TaskScores, task_scores


class MeanGain(NamedTuple):
    """A mean gain over tasks, as a fraction, with its 95% interval and what was decided of it.

    `detectable` is the gain that would have shown with 80% power. Before correction
    `adjusted_p_value` and `detectable` are None and nothing is decided.
    """

    value: float
    low: float
    high: float
    standard_error: float
    degrees_of_freedom: float
    p_value: float
    adjusted_p_value: float | None = None
    direction: Direction = "undecided"
    detectable: float | None = None

    def corrected(self, adjusted_p_value: float | None, level: float) -> "MeanGain":
        """The same after correction; `level` is the p that an undecided one had to reach."""
        from breakeven.statistics.power import detectable_from_error

        found = detectable_from_error(self.standard_error, self.degrees_of_freedom, alpha=level)
        return self._replace(
            adjusted_p_value=adjusted_p_value,
            direction=direction_of(adjusted_p_value, self.value),
            detectable=found.value,
        )


class SerialGains(NamedTuple):
    """One student's mean gain on tasks with serial steps, on those without, and the gap."""

    student: str
    serial_tasks: int
    flat_tasks: int
    serial: MeanGain
    flat: MeanGain
    gap: MeanGain
    seed_reason: str | None


def serial_gains(scored: ScoredResults, depths: Mapping[str, bool | None]) -> SerialGains | None:
    """The largest student's gains; None where either kind of task is missing or has no error.

    Tasks weigh the same; what has one content in two formats is one cluster, in any family.
    """
    # The largest student whose tasks can be compared speaks for the study: no student is picked by
    # its gain.
    for student in reversed(scored.results.students()):
        tasks = [
            task for pair in _style_pairs(scored, student) for task in task_scores(scored, pair)
        ]
        kinds = [[t for t in tasks if depths.get(t.task) is kind] for kind in (True, False)]
        if all(kinds):
            found = _gains(student, *kinds)
            if found is not None:
                return found
    return None


def _style_pairs(scored: ScoredResults, student: str) -> list[tuple[Group, Group]]:
    """IFT and reasoning of a student, one pair a family (its first)."""
    found = []
    for family in scored.results.families():
        plain, thinking = (
            [group for group in every if group.cells[0].student == student]
            for every in (
                groups(scored.results, "ift", family=family),
                groups(scored.results, "reasoning", family=family),
            )
        )
        pairs = [(ift, own) for own in thinking for ift in plain if comparable(ift, own)]
        found += pairs[:1]
    return found


def _gains(
    student: str, serial: Sequence[TaskScores], flat: Sequence[TaskScores]
) -> SerialGains | None:
    every = [*serial, *flat]
    # One mean over tasks needs the same training seeds in each.
    if len({task.correct.shape[1] for task in every}) > 1:
        return None
    weights = {
        "serial": [1 / len(serial)] * len(serial) + [0.0] * len(flat),
        "flat": [0.0] * len(serial) + [1 / len(flat)] * len(flat),
        "gap": [1 / len(serial)] * len(serial) + [-1 / len(flat)] * len(flat),
    }
    found = {name: _weighed(every, weight) for name, weight in weights.items()}
    gains = {name: one[0] for name, one in found.items() if one is not None}
    if len(gains) < len(found) or found["gap"] is None:
        return None
    return SerialGains(
        student,
        len(serial),
        len(flat),
        gains["serial"],
        gains["flat"],
        gains["gap"],
        found["gap"][1],
    )


def _weighed(
    tasks: Sequence[TaskScores], weights: Sequence[float]
) -> tuple[MeanGain, str | None] | None:
    """The weighted sum of the tasks' gains; None where it has no error."""
    from breakeven.statistics.strata import Stratum, mean_of_strata

    used = [(task, weight) for task, weight in zip(tasks, weights, strict=True) if weight]
    mean = mean_of_strata(
        [
            # mean_of_strata divides by the number of strata, and these are a sum.
            Stratum((task.correct[1] - task.correct[0]) * weight * len(used), task.clusters)
            for task, weight in used
        ]
    )
    one = mean.estimate
    if one.value is None or one.low is None or one.high is None:
        return None
    if one.standard_error is None or mean.p_value is None:
        return None
    freedom = float("inf") if one.degrees_of_freedom is None else one.degrees_of_freedom
    gain = MeanGain(one.value, one.low, one.high, one.standard_error, freedom, mean.p_value)
    return gain, mean.seed_reason
