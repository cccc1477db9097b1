"""Accuracy against cost, panel by panel: points, the frontier, and the fits with their bands."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from breakeven.findings.groups import Group
from breakeven.report.lifetimes import LifetimeAxis
from breakeven.report.view import ArmView, PanelKey, StudyView
from breakeven.results.axes import CostAxis
from breakeven.results.cell_results import ENERGY
from breakeven.statistics.estimates import Estimate

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from breakeven.frontiers.saturation import SaturationFit

CostKind = Literal["inference", "training", "lifetime", "tokens", "device_seconds", "energy"]
FITTED_STYLES = ("ift", "reasoning")
# A band's ends need no more: each draw is a search of its own, and 100 take 0.3 s a curve.
BAND_DRAWS = 100
GRID = 48


# A cost that was counted or measured, or money or seconds where answers are served.
Axis = CostKind | CostAxis | LifetimeAxis


class CostPoint(NamedTuple):
    """One group on a cost axis.

    `probability` of being on the frontier, `hull_probability` of being on its hull, and `leads`,
    the share of draws in which no other group of the panel is more accurate (ties to the first),
    are None without draws. The hull is of what a query costs, and None on the others: a query may
    go to either of two students, and a training is paid whole.
    """

    group: Group
    arm: ArmView
    cost: float
    estimate: Estimate
    on_frontier: bool
    probability: float | None
    on_hull: bool | None
    hull_probability: float | None
    leads: float | None

    @property
    def accuracy(self) -> float:
        """Accuracy as a fraction."""
        return self.group.accuracy if self.estimate.value is None else self.estimate.value


class FittedCurve(NamedTuple):
    """An arm's saturating fit on a grid of costs; all but `arm` and `reason` empty without one.

    `low` and `high` are a pointwise band: the range of equally good fits and, where there are
    draws, 95% of the curves of resampled items (and training runs, with several seeds). Past
    `largest` (the dearest point fitted) the curve is extrapolated, up to `factor` times. `miss` is
    the mean error at a size left out of the fit, with four more sizes.
    """

    arm: ArmView
    costs: tuple[float, ...]
    best: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    largest: float
    factor: float
    miss: float | None
    reason: str | None


class CostPanel(NamedTuple):
    """One panel of a frontier figure; `reason` says why there are no points."""

    key: PanelKey
    points: tuple[CostPoint, ...]
    curves: tuple[FittedCurve, ...]
    reason: str | None

    @property
    def frontier(self) -> list[CostPoint]:
        """Points on the frontier by ascending cost."""
        return sorted((p for p in self.points if p.on_frontier), key=lambda p: p.cost)

    @property
    def hull(self) -> list[CostPoint]:
        """Points on the hull of the frontier by ascending cost; none where there is no hull."""
        return [point for point in self.frontier if point.on_hull]


def cost_of(group: Group, kind: Axis, queries: float | None = None) -> float | None:
    """FLOPs of a group: a query, its training, or its lifetime at `queries`; None if unknown.

    On another axis the tokens of an answer, the device-seconds or joules of a query as measured,
    or its money or seconds where answers are served.

    An untrained group took no training: it has no place on a training axis, and its lifetime is
    its answers.
    """
    if isinstance(kind, CostAxis):
        return group.mean(kind.name)
    if isinstance(kind, LifetimeAxis):
        return kind.costs.get(group)
    train, answer = group.mean("train_flops"), group.mean("inference_flops")
    if kind == "lifetime" and group.cells[0].style == "base":
        train = 0.0
    if kind in _MEASURED:
        cost = group.mean(_MEASURED[kind])
    elif kind == "training":
        cost = train
    elif train is None or answer is None or queries is None:
        cost = None
    else:
        cost = train + queries * answer
    # The axis is logarithmic: what costs nothing has no place on it.
    return cost if cost is not None and cost > 0 else None


_MEASURED: Mapping[CostKind, str] = {
    "inference": "inference_flops",
    "tokens": "output_tokens",
    "device_seconds": "device_seconds",
    "energy": ENERGY,
}


def cost_panels(
    view: StudyView,
    kind: Axis,
    queries: float | None = None,
    *,
    fits: bool = True,
    sampled: bool = True,
) -> tuple[CostPanel, ...]:
    """Every panel of the study on one cost axis; without `fits`, the points alone.

    Unless `sampled`, no place on the frontier has a probability: draws of a decoding take seconds.
    """
    panels = [_points_of(view, key, kind, queries, sampled=sampled) for key in view.panels]
    if not fits:
        return tuple(panels)
    return tuple(
        panel._replace(curves=_curves(view, panel.key, panel.points)) if panel.points else panel
        for panel in panels
    )


def priced_groups(
    view: StudyView, key: PanelKey, kind: Axis, queries: float | None = None
) -> list[tuple[Group, float]]:
    """The groups of a panel that have a cost, with it, without controls.

    A control is nobody's choice: it must not take a place on the frontier from a style.
    """
    return [
        (group, cost)
        for group in view.panel_groups(key)
        if group.cells[0].style != "control" and (cost := cost_of(group, kind, queries)) is not None
    ]


def _points_of(
    view: StudyView, key: PanelKey, kind: Axis, queries: float | None, *, sampled: bool
) -> CostPanel:
    priced = priced_groups(view, key, kind, queries)
    if not priced:
        known = any(cost_of(one, kind, queries) is not None for one in view.panel_groups(key))
        whose = "no group but controls" if known else "no group"
        return CostPanel(key, (), (), f"{whose} has {_words(kind)}")
    from breakeven.frontiers.pareto import frontier

    # Only what has a cost competes: a group of unknown cost could be anywhere on the frontier.
    chosen = [group for group, _ in priced]
    costs = [cost for _, cost in priced]
    drawn = view.draws(key.family) if sampled else None
    draws = None if drawn is None else drawn.of(chosen)
    pareto = frontier(costs, [group.accuracy for group in chosen], draws)
    arms = {arm.name: arm for arm in view.arms}
    leads = _lead_shares(draws)
    mixes = kind not in ("training", "lifetime") and not isinstance(kind, LifetimeAxis)
    points = tuple(
        CostPoint(
            group,
            arms[group.cells[0].arm],
            cost,
            view.accuracies[group],
            index in pareto.members,
            None if pareto.probability is None else pareto.probability[index],
            index in pareto.hull if mixes else None,
            pareto.hull_probability[index] if mixes and pareto.hull_probability else None,
            None if leads is None else leads[index],
        )
        for index, (group, cost) in enumerate(priced)
    )
    return CostPanel(key, points, (), None)


def _lead_shares(draws: "NDArray[np.float64] | None") -> list[float] | None:
    if draws is None:
        return None
    import numpy as np

    # Ties go to the first, the smallest student of the first arm, so that shares add up to one.
    first = np.bincount(draws.argmax(axis=1), minlength=draws.shape[1])
    return [float(count / len(draws)) for count in first]


_WORDS = {
    "inference": "inference FLOPs",
    "training": "training FLOPs",
    "lifetime": "training and inference FLOPs",
    "tokens": "tokens",
    "device_seconds": "measured device-seconds",
    "energy": "measured joules",
}


def _words(kind: Axis) -> str:
    return _WORDS[kind] if isinstance(kind, str) else kind.name


def _curves(view: StudyView, key: PanelKey, points: Sequence[CostPoint]) -> tuple[FittedCurve, ...]:
    # Untrained students read examples with every question; their cost is nobody's to reach.
    dearest = max((p.cost for p in points if p.arm.style != "base"), default=0.0)
    # Fits need an end: without the teacher's accuracy, nothing is better than all right.
    ceiling = view.results.teacher_accuracy.get(key.family, 1.0)
    return tuple(
        _curve(
            view,
            key,
            arm,
            [p for p in points if p.arm == arm],
            dearest=dearest,
            ceiling=ceiling,
        )
        for arm in view.panel_arms(key)
        if arm.style in FITTED_STYLES and any(p.arm == arm for p in points)
    )


def _curve(
    view: StudyView,
    key: PanelKey,
    arm: ArmView,
    own: Sequence[CostPoint],
    *,
    dearest: float,
    ceiling: float,
) -> FittedCurve:
    """Fit one arm and predict it up to the dearest trained student of its panel."""
    import numpy as np

    from breakeven.frontiers.saturation import (
        extrapolation_factor,
        fit_saturation,
        leave_one_size_out,
    )

    costs, accuracies = [p.cost for p in own], [p.group.accuracy for p in own]
    # The teacher is the ceiling of the study's fit; a student that beats it lifts the ceiling.
    ceiling = min(1.0, max(ceiling, *accuracies, 1e-6))
    fit = fit_saturation(costs, accuracies, ceiling)
    largest = max(costs)
    factor = extrapolation_factor(dearest, costs)
    if fit.curve is None:
        return FittedCurve(arm, (), (), (), (), largest, factor, None, fit.reason)
    grid = np.geomspace(min(costs), max(dearest, largest), GRID)
    best = fit.curve.predict(grid)
    # The union of two bands can lie beside the best curve, which is a fit of the measured points.
    low, high = _band(view, key, own, fit, grid)
    left_out = leave_one_size_out(costs, accuracies, ceiling)
    return FittedCurve(
        arm,
        costs=_floats(grid),
        best=_floats(best),
        low=_floats(np.minimum(low, best)),
        high=_floats(np.maximum(high, best)),
        largest=largest,
        factor=factor,
        miss=left_out.mean_error,
        reason=None,
    )


def _floats(array: "NDArray[np.float64]") -> tuple[float, ...]:
    return tuple(map(float, array))


def _band(
    view: StudyView,
    key: PanelKey,
    own: Sequence[CostPoint],
    fit: "SaturationFit",
    grid: "NDArray[np.float64]",
) -> "tuple[NDArray[np.float64], ...]":
    """Lowest and highest over the fits of about equal error and over resampled items."""
    import numpy as np

    from breakeven.frontiers.saturation import ambiguity_range

    spread = ambiguity_range(fit, grid)
    low, high = np.array(spread.low), np.array(spread.high)
    band = _sampling_band(view, key, own, fit, grid)
    if band is None:
        return low, high
    return np.minimum(low, band[0]), np.maximum(high, band[1])


def _sampling_band(
    view: StudyView,
    key: PanelKey,
    own: Sequence[CostPoint],
    fit: "SaturationFit",
    grid: "NDArray[np.float64]",
) -> "tuple[NDArray[np.float64], ...] | None":
    import numpy as np

    from breakeven.frontiers.saturation import bootstrap_band

    drawn = view.draws(key.family)
    if drawn is None:
        return None
    # The first draws, not a sample of their own: those of the frontier, and so of the same items.
    draws = drawn.of([point.group for point in own])[:BAND_DRAWS]
    band = bootstrap_band([point.cost for point in own], draws, fit.ceiling, grid)
    return np.array(band.low), np.array(band.high)
