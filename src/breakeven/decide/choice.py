"""The decision: which option to take, from options and a request, without files or models.

The best option is the one of highest accuracy among those whose lifetime cost is within the budget
and whose device-seconds per answer, and wait on a named device, are within their limits; with a
value per correct answer, the one of highest net value, value × queries × accuracy − lifetime cost,
among the same. Ties go to the cheaper option, then to the one listed first. A limit that is not
given does not bind; an option whose cost or time is not known cannot be shown to fit, so it is left
out with the reason.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from breakeven.costs.amounts import Amount
from breakeven.decide.break_even import BreakEven, break_evens
from breakeven.decide.certainty import Extrapolation, extrapolation, win_shares
from breakeven.decide.options import (
    UNITS,
    DecisionRequest,
    Option,
    Unit,
    check_request,
    in_time,
    known,
    lifetime,
    not_served,
    seconds_per_answer,
)
from breakeven.decide.ownership import Ownership, ownership
from breakeven.decide.paid_once import with_teacher_where_known
from breakeven.decide.shortfall import shortfall
from breakeven.frontiers.pareto import on_frontier

NO_DRAWS = "no item-level answers, so nothing to resample"


@dataclass(frozen=True)
class RatedOption:
    """An option under the request. `probability` is that of being the best one.

    `cost` is the lifetime cost in the unit asked for, `net_value` is in money and None where no
    value of a correct answer is given. `owned` is what it costs with all items, whichever of them
    `cost` counts. `why_not` says what keeps the option out.
    """

    option: Option
    costs: dict[Unit, Amount]
    cost: Amount
    seconds: Amount
    net_value: float | None
    owned: Ownership
    fits: bool
    why_not: str | None
    on_frontier: bool = False
    probability: float | None = None


class LadderStep(NamedTuple):
    """A choice on the frontier and what it takes to climb to it from the one before.

    `cost_per_extra_correct` is the extra cost of each further correct answer: the step pays if one
    is worth more. None on the first step, and without queries.
    """

    name: str
    accuracy: float
    cost: float
    cost_per_extra_correct: float | None


@dataclass(frozen=True)
class Decision:
    """What to take. `choice` is None, with a `reason`, where no option fits.

    `rows` follow the options. `ladder` is the frontier of the options that fit, cheapest first.
    `probability` is the share of resamples that make the same choice, None with a reason.
    """

    request: DecisionRequest
    rows: tuple[RatedOption, ...]
    choice: RatedOption | None
    reason: str | None
    probability: float | None
    probability_reason: str | None
    runner_up: RatedOption | None
    extrapolation: Extrapolation | None
    ladder: tuple[LadderStep, ...]
    break_evens: tuple[BreakEven, ...]


def decide(
    options: Sequence[Option], request: DecisionRequest, draws: NDArray[np.uint16] | None = None
) -> Decision:
    """Choose among options; `draws` is (draws, options), see `certainty.rounded_draws`.

    Raises InputError on a request that makes no sense (`check_request`).
    """
    check_request(request, options=options)
    request = with_teacher_where_known(options, request)
    rows = [_row(option, request) for option in options]
    fitting = [index for index, row in enumerate(rows) if row.fits]
    rows = _with_frontier(rows, fitting)
    if draws is not None and fitting:
        rows = _with_probability(rows, fitting, request, draws)
    ranked = sorted(fitting, key=lambda index: _rank(rows[index], index))
    choice = rows[ranked[0]] if ranked else None
    # Not those within the budget: where a dearer one starts to pay is worth knowing beyond it.
    timely = [row.option for row in rows if in_time(row.option, request)]
    return Decision(
        request=request,
        rows=tuple(rows),
        choice=choice,
        reason=None
        if choice
        else shortfall([(r.option, r.cost, r.seconds) for r in rows], request),
        probability=choice.probability if choice else None,
        probability_reason=_no_probability(choice, draws),
        runner_up=_runner_up(rows, ranked),
        extrapolation=_extrapolation(choice, rows),
        ladder=_ladder(rows, fitting, request.queries),
        break_evens=break_evens(timely, request, choice.option if choice else None),
    )


def _row(option: Option, request: DecisionRequest) -> RatedOption:
    costs = {unit: lifetime(option, request, unit) for unit in UNITS}
    seconds, asked = seconds_per_answer(option), costs[request.unit]
    net = None
    if request.value_per_correct is not None and asked.value is not None:
        net = request.value_per_correct * request.queries * option.accuracy - asked.value
    why_not = _why_not(asked, seconds, option.latency, request) or not_served(option, request)
    owned = ownership(option, request)
    return RatedOption(option, costs, asked, seconds, net, owned, why_not is None, why_not)


def _why_not(cost: Amount, seconds: Amount, waits: Amount, request: DecisionRequest) -> str | None:
    """The first thing that keeps an option out, or None."""
    if cost.value is None:
        return f"its cost is not known: {cost.reason}"
    limits = (
        (seconds, request.max_seconds_per_answer, "seconds per answer are", "it takes"),
        (waits, request.max_latency_seconds, "wait is", "one person waits"),
    )
    for found, limit, what, longer in limits:
        if limit is not None and found.value is None:
            return f"its {what} not known: {found.reason}"
        if limit is not None and known(found) > limit:
            return f"{longer} longer than the limit"
    if request.budget is not None and cost.value > request.budget:
        return "it costs more than the budget"
    return None


def _rank(row: RatedOption, index: int) -> tuple[float, float, int]:
    """Sorts the best option first: score, then the cheaper, then the one listed first."""
    score = row.option.accuracy if row.net_value is None else row.net_value
    return -score, known(row.cost), index


def _with_frontier(rows: list[RatedOption], fitting: list[int]) -> list[RatedOption]:
    if not fitting:
        return rows
    costs = [known(rows[index].cost) for index in fitting]
    # Only the order of costs matters, and a cost may be zero: ranks from one do as well.
    ranks = np.unique(costs, return_inverse=True)[1] + 1
    mask = on_frontier(ranks, [rows[index].option.accuracy for index in fitting])
    members = {index for index, member in zip(fitting, mask, strict=True) if member}
    return [replace(row, on_frontier=index in members) for index, row in enumerate(rows)]


def _with_probability(
    rows: list[RatedOption], fitting: list[int], request: DecisionRequest, draws: NDArray[np.uint16]
) -> list[RatedOption]:
    costs = [known(rows[index].cost) for index in fitting]
    value = request.value_per_correct
    value_of_all = None if value is None else value * request.queries
    # Costs are held as measured, so that a resample changes what is best and never what fits.
    shares = dict(zip(fitting, win_shares(draws[:, fitting], costs, value_of_all), strict=True))
    return [replace(row, probability=shares.get(index)) for index, row in enumerate(rows)]


def _no_probability(choice: RatedOption | None, draws: NDArray[np.uint16] | None) -> str | None:
    if choice is None:
        return "no option fits"
    return NO_DRAWS if draws is None else None


def _runner_up(rows: list[RatedOption], ranked: list[int]) -> RatedOption | None:
    """The option that is best most often where the choice is not; by score without resamples."""
    others = [rows[index] for index in ranked[1:]]
    return max(others, key=lambda row: row.probability or 0.0, default=None)


def _extrapolation(choice: RatedOption | None, rows: list[RatedOption]) -> Extrapolation | None:
    if choice is None:
        return None
    priced = [(row.option, row.cost.value) for row in rows if row.cost.value is not None]
    return extrapolation(choice.option, known(choice.cost), priced)


def _ladder(rows: list[RatedOption], fitting: list[int], queries: float) -> tuple[LadderStep, ...]:
    members = [(known(rows[i].cost), i) for i in fitting if rows[i].on_frontier]
    steps: list[LadderStep] = []
    for cost, index in sorted(members):
        option, each = rows[index].option, None
        if steps:
            more = queries * (option.accuracy - steps[-1].accuracy)
            # Without queries nothing is answered, and no price of an answer can be told.
            each = (cost - steps[-1].cost) / more if more > 0 else None
        steps.append(LadderStep(option.name, option.accuracy, cost, each))
    return tuple(steps)
