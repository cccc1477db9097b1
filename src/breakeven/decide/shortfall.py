"""Why no option fits: which limit binds, and by how much."""

from collections.abc import Sequence

from breakeven.costs.amounts import Amount
from breakeven.decide.options import DecisionRequest, Option, Unit, in_time, not_served
from breakeven.words import four_figures

Candidate = tuple[Option, Amount, Amount]
_UNIT_WORDS: dict[Unit, str] = {
    "flops": "FLOPs",
    "device_seconds": "device-seconds",
    "money": "",
    "joules": "J",
}


def cost_in_words(value: float, unit: Unit, currency: str = "") -> str:
    """A cost with its unit; money with the currency's code where one is given."""
    return f"{four_figures(value)} {_UNIT_WORDS[unit] or currency}".rstrip()


def shortfall(candidates: Sequence[Candidate], request: DecisionRequest) -> str:
    """Which limit no option meets, the nearest one to it, and what is missing.

    `candidates` hold an option, its lifetime cost in the request's unit and its seconds per answer.
    """
    limit, budget = request.max_seconds_per_answer, request.budget
    priced = [(cost.value, option) for option, cost, _ in candidates if cost.value is not None]
    if candidates and all(not_served(option, request) for option, _, _ in candidates):
        return _nobody_served(candidates, request)
    if not priced:
        reason = candidates[0][1].reason if candidates else "there is no option"
        return f"no option's cost is known: {reason}"
    # Time first: a larger budget makes no option quicker.
    if limit is not None:
        timed = [(s.value, option) for option, _, s in candidates if s.value is not None]
        if not timed:
            return f"no option's seconds per answer are known: {candidates[0][2].reason}"
        quickest, option = min(timed, key=lambda pair: pair[0])
        if quickest > limit:
            return (
                f"the limit on seconds per answer binds: the quickest option, {option.name}, takes "
                f"{four_figures(quickest)}, {four_figures(quickest - limit)} over the limit of "
                f"{four_figures(limit)}"
            )
    return _wait_binds(candidates, request) or _budget_binds(candidates, request, budget)


def _nobody_served(candidates: Sequence[Candidate], request: DecisionRequest) -> str:
    """Why the device answers with no option; of a batch too large, what would fit of which."""
    nobody = f"no option is served on {request.device}"
    most = {
        option.name: option.most_at_once
        for option, _, _ in candidates
        if option.most_at_once is not None
    }
    if request.batch is None or not most:
        return f"{nobody}: {candidates[0][2].reason}"
    largest, smallest = max(most.values()), min(most.values())
    served = [name for name, fitting in most.items() if fitting == largest]
    others = [option.name for option, _, _ in candidates if option.name not in served]
    said = (
        f"{nobody} with {request.batch:,} answers at once: its memory holds at most {largest:,}, "
        f"of {', '.join(served)}"
    )
    if others:
        said += f", which keeps out {', '.join(others)}"
    # Of the rest nothing is known, or not one answer fits.
    rest = "" if len(most) == len(candidates) else f" but {len(candidates) - len(most)}"
    return said if largest == smallest else f"{said}; with {smallest:,} all{rest} are served"


def _wait_binds(candidates: Sequence[Candidate], request: DecisionRequest) -> str:
    """Why nobody keeps the limit on the wait; empty where somebody does, or there is none."""
    limit = request.max_latency_seconds
    if limit is None:
        return ""
    waits = [
        (option.latency.value, option)
        for option, _, _ in candidates
        if option.latency.value is not None
    ]
    if not waits:
        return f"no option's wait is known: {candidates[0][0].latency.reason}"
    quickest, option = min(waits, key=lambda pair: pair[0])
    if quickest <= limit:
        return ""
    return (
        f"the limit on the wait binds: the quickest option on {request.device}, {option.name}, "
        f"takes {four_figures(quickest)} s, {four_figures(quickest - limit)} over the limit of "
        f"{four_figures(limit)}"
    )


def _budget_binds(
    candidates: Sequence[Candidate], request: DecisionRequest, budget: float | None
) -> str:
    limited = request.max_seconds_per_answer is not None or request.max_latency_seconds is not None
    timely = [
        (cost.value, option)
        for option, cost, _ in candidates
        if cost.value is not None and in_time(option, request)
    ]
    # Some have a known cost and others known seconds; which limit keeps them out cannot be said.
    if not timely or budget is None:
        return "no option has both a known cost and known seconds per answer within the limit"
    cheapest, option = min(timely, key=lambda pair: pair[0])
    costs, over, most = (
        cost_in_words(value, request.unit) for value in (cheapest, cheapest - budget, budget)
    )
    within = " of those within the time limit" if limited else ""
    return (
        f"the budget binds: the cheapest option{within}, {option.name}, costs "
        f"{costs}, {over} over the budget of {most}"
    )
