"""Whether the gain from reasoning is where a task takes several steps in a row."""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from breakeven.findings.direction import Direction, direction_of
from breakeven.findings.groups import Group, group_pairs
from breakeven.findings.run_spread import Part, prior_variance
from breakeven.findings.scored_results import ScoredResults, TaskScores, task_scores

Format = Literal["open", "multiple-choice", "any"]


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


class GainsOf(NamedTuple):
    """Whose gains: a student's reasoning arm over one of its plain arms, in tasks of one format."""

    student: str
    plain: str
    reasoning: str
    format: Format


class SerialGains(NamedTuple):
    """The mean gain on tasks with serial steps, on those without, and the gap."""

    of: GainsOf
    serial_tasks: int
    flat_tasks: int
    serial: MeanGain
    flat: MeanGain
    gap: MeanGain
    seed_reason: str | None

    @property
    def gains(self) -> dict[str, MeanGain]:
        """The three by the name of their test."""
        return {
            "|".join(("serial", *self.of, name)): gain
            for name, gain in (("serial", self.serial), ("flat", self.flat), ("gap", self.gap))
        }

    def corrected(self, adjusted: Mapping[str, float | None], level: float) -> "SerialGains":
        """The same after correction; `adjusted` holds p by the name of a test."""
        found = [gain.corrected(adjusted.get(key), level) for key, gain in self.gains.items()]
        return self._replace(serial=found[0], flat=found[1], gap=found[2])


def serial_gains(
    scored: ScoredResults, depths: Mapping[str, bool | None]
) -> tuple[SerialGains, ...]:
    """The gains of every student, from the smallest, each plain arm and format by itself.

    A format needs tasks of both kinds, with an error. Tasks weigh the same; what has one content
    in two families is one cluster.
    """
    families: dict[GainsOf, list[tuple[Group, Group]]] = {}
    for pair in group_pairs(scored.results):
        plain, thinking = (group.cells[0] for group in pair)
        of = GainsOf(plain.student, plain.arm, thinking.arm, format_of(plain.family))
        families.setdefault(of, []).append(pair)
    order = scored.results.students()
    found = []
    for of in sorted(families, key=lambda one: (order.index(one.student), one.format != "open")):
        tasks = [_Task(*pair, one) for pair in families[of] for one in task_scores(scored, pair)]
        kinds = [[t for t in tasks if depths.get(t.scores.task) is kind] for kind in (True, False)]
        gains = _gains(scored, of, *kinds) if all(kinds) else None
        if gains is not None:
            found.append(gains)
    return tuple(found)


class _Task(NamedTuple):
    """The scores of two groups on a task."""

    plain: Group
    reasoning: Group
    scores: TaskScores


def format_of(family: str) -> Format:
    """Families of a study end in their format; others, which were imported, are one."""
    ending = family.rpartition("-")[2]
    return "open" if ending == "open" else "multiple-choice" if ending == "mc" else "any"


def _gains(
    scored: ScoredResults, of: GainsOf, serial: Sequence[_Task], flat: Sequence[_Task]
) -> SerialGains | None:
    every = [*serial, *flat]
    # One mean over tasks needs the same training seeds in each.
    if len({task.scores.correct.shape[1] for task in every}) > 1:
        return None
    weights = {
        "serial": [1 / len(serial)] * len(serial) + [0.0] * len(flat),
        "flat": [0.0] * len(serial) + [1 / len(flat)] * len(flat),
        "gap": [1 / len(serial)] * len(serial) + [-1 / len(flat)] * len(flat),
    }
    found = {name: _weighed(scored, every, weight) for name, weight in weights.items()}
    gains = {name: one[0] for name, one in found.items() if one is not None}
    if len(gains) < len(found) or found["gap"] is None:
        return None
    return SerialGains(
        of,
        len(serial),
        len(flat),
        gains["serial"],
        gains["flat"],
        gains["gap"],
        found["gap"][1],
    )


def _weighed(
    scored: ScoredResults, tasks: Sequence[_Task], weights: Sequence[float]
) -> tuple[MeanGain, str | None] | None:
    """The weighted sum of the tasks' gains; None where it has no error."""
    from breakeven.statistics.strata import Stratum, mean_of_strata

    used = [(task, weight) for task, weight in zip(tasks, weights, strict=True) if weight]
    asked = [
        Part(group, task.scores.task, sign * weight)
        for task, weight in used
        for group, sign in ((task.reasoning, 1.0), (task.plain, -1.0))
    ]
    mean = mean_of_strata(
        [
            # mean_of_strata divides by the number of strata, and these are a sum.
            Stratum((one.correct[1] - one.correct[0]) * weight * len(used), one.clusters)
            for (_, _, one), weight in used
        ],
        prior_variance=prior_variance(scored, asked),
    )
    one = mean.estimate
    if one.value is None or one.low is None or one.high is None:
        return None
    if one.standard_error is None or mean.p_value is None:
        return None
    freedom = float("inf") if one.degrees_of_freedom is None else one.degrees_of_freedom
    gain = MeanGain(one.value, one.low, one.high, one.standard_error, freedom, mean.p_value)
    return gain, mean.seed_reason
