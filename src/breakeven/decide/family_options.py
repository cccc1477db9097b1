"""Options of one family from `Results`, with the resampled accuracies that go with them."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from breakeven.core.errors import InputError, did_you_mean
from breakeven.costs.amounts import Amount, absent
from breakeven.costs.bill import NO_COST, Bill, Cost, absent_cost
from breakeven.costs.token_prices import TokenPrices
from breakeven.decide.choice import NO_DRAWS
from breakeven.decide.options import Option, cost_of, option_bill
from breakeven.decide.serving import ServedStudy, unpaid
from breakeven.findings.groups import Group, groups
from breakeven.findings.scored_results import ScoredResults, resampled_accuracies, shared_seeds
from breakeven.findings.votes import vote_curves
from breakeven.params.cells import Cell
from breakeven.results.axes import TOKENS, axis_of_tokens
from breakeven.results.cell_results import Results
from breakeven.results.served import NO_TOKENS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Bills = Mapping[Cell, Bill]
# Prices of the tokens of a teacher or a judge, by the item of the bill.
Services = Mapping[str, TokenPrices]
# Means of equal scores may differ in their last bits; a billionth is far below one answer.
DECIMALS = 9
# The page carries every resample of every option; of 1,000 a share is known to 1.6 points.
MOST_DRAWS = 1000


class FamilyOptions(NamedTuple):
    """The options of a family; `draws` is (draws, options), or None with a `reason`.

    `resampled` says what the draws hold: items, and training runs where there are several seeds.
    """

    options: tuple[Option, ...]
    draws: "NDArray[np.uint16] | None"
    reason: str | None
    resampled: str = "items, of these trained models only"


def family_options(
    scored: ScoredResults,
    family: str,
    *,
    bills: Bills | None = None,
    served: ServedStudy | None = None,
    services: Services | None = None,
    draws: int = 2000,
    seed: int = 0,
) -> FamilyOptions:
    """Every (student, arm, decoding) of a family but controls, the smallest student first.

    But also for arms that were not taught the family while others were.

    Where a decoding has several samples, the vote of 2, 4, … of them is an option of its own, if
    all tasks of the family can be voted on. At most `MOST_DRAWS` resamples are made.
    Seeds are averaged. `bills`, by (student, arm, seed), give what teacher, tuning and judge cost,
    which is not known without; what `services` are paid by the token is money by their prices, on
    any device. Of a study that is `served` somewhere, seconds of training and
    answering are modelled there. Raises InputError on an unknown family.
    """
    results = scored.results
    if family not in results.families():
        raise InputError(
            f"decide: --family: value is {family!r}; {did_you_mean(family, results.families())}"
        )
    chosen = option_groups(results, family)
    options = group_options(chosen, bills or {}, served, services)
    drawn = _draws(scored, chosen, min(draws, MOST_DRAWS), seed)
    reason = None if drawn is not None else NO_DRAWS
    seeds = len(shared_seeds(chosen))
    if seeds < 2:
        return FamilyOptions(options, drawn, reason)
    return FamilyOptions(options, drawn, reason, f"items and of training runs, by {seeds} seeds")


def group_options(
    chosen: Sequence[Group],
    bills: Bills,
    served: ServedStudy | None = None,
    services: Services | None = None,
) -> tuple[Option, ...]:
    """The groups of a family as options, in their order."""
    # A name holds the decoding only where there is a choice of them.
    several = len({group.cells[0].decoding for group in chosen}) > 1
    return tuple(_option(group, bills, several, served, services or {}) for group in chosen)


def option_groups(results: Results, family: str) -> list[Group]:
    """What there is to choose from for a family, the smallest student first."""
    every = [
        group
        for style in ("base", "ift", "mixed", "reasoning")
        for group in groups(results, style, family=family)
    ]
    every += [vote for group in every for vote in _votes(results, group)]
    # Stable: within a size the styles keep their order, and ties go to the option listed first.
    return sorted(every, key=lambda group: group.size_b or float("inf"))


def _votes(results: Results, group: Group) -> list[Group]:
    """The votes of a group's samples, on the whole of its family; one vote is the group itself."""
    cell = group.cells[0]
    return [
        vote
        for curve in vote_curves(results, group)
        if curve.decoding == cell.decoding
        for samples, vote in curve.shown.items()
        if samples > 1 and vote.cells[0].items == cell.items
    ]


def _option(
    group: Group,
    bills: Bills,
    several_decodings: bool,
    served: ServedStudy | None,
    services: Services,
) -> Option:
    cell = group.cells[0]
    name = f"{cell.student} {cell.arm}" + (f" ({cell.decoding})" if several_decodings else "")
    training, answer = _training(group, name), _answer(group, name)
    teacher = _mean_cost(group, bills, lambda bill: bill.teacher, "the teacher's cost")
    judging = _mean_cost(group, bills, lambda bill: bill.judging, "the judge's cost")
    tuning = _mean_cost(group, bills, lambda bill: bill.tuning, "the tuning's cost")
    paid = {
        item: prices.of(cost)
        for item, cost in (("teacher", teacher), ("judging", judging))
        if (prices := services.get(item)) is not None
    }
    if (by_token := _by_token(group)) is not None:
        paid["answering"] = by_token
    waits: dict[str, Any] = {}
    if served is not None:
        # Nothing that was measured on another device is added to what is modelled on this one.
        steps = served.steps(group)
        if cell.style != "base":
            if not unpaid(training):
                waits["training_by"] = "flops" if steps is None else "steps"
            training = served.training(training, steps)
        tuning = served.tuning(tuning, training)
        teacher = served.other(teacher, "the teacher's work")
        judging = served.other(judging, "the judge's work")
        answer, latency, batch, most = served.option(group, answer.flops, name)
        waits |= {"latency": latency, "batch": batch, "most_at_once": most}
    return Option(
        name=name,
        student=cell.student,
        arm=cell.arm,
        style=cell.style,
        accuracy=round(group.accuracy, DECIMALS),
        bill=option_bill(
            training=training, answer=answer, teacher=teacher, judging=judging, tuning=tuning
        ),
        size_parameters=cell.size_parameters,
        decoding=cell.decoding,
        paid=paid,
        **waits,
    )


def _training(group: Group, name: str) -> Cost:
    """The mean training of a seed; an untrained arm takes none."""
    if group.cells[0].style == "base":
        return NO_COST
    return cost_of(
        _amount(group, "train_flops", f"{name}: training FLOPs are not known"),
        _amount(group, "train_device_seconds", f"{name}: device-seconds of training not known"),
        _amount(group, "train_energy_joules", f"{name}: joules of training not known"),
    )


def _answer(group: Group, name: str) -> Cost:
    return cost_of(
        _amount(group, "inference_flops", f"{name}: inference FLOPs are not known"),
        _amount(group, "device_seconds", f"{name}: device-seconds of an answer not known"),
        _amount(group, "energy_joules", f"{name}: joules of an answer not known"),
    )


def _by_token(group: Group) -> Amount | None:
    """Money of the mean answer by the prices of its tokens; None where these have none."""
    points = [one for cell in group.cells for one in cell.served if one.hardware == TOKENS]
    if not points:
        return None
    money = group.mean(axis_of_tokens().name)
    if money is None:
        return absent(next(filter(None, (one.money_reason for one in points)), NO_TOKENS))
    return Amount(money)


def _amount(group: Group, field: str, reason: str) -> Amount:
    value = group.mean(field)
    return absent(reason) if value is None else Amount(value)


def _mean_cost(group: Group, bills: Bills, item: Callable[[Bill], Cost], what: str) -> Cost:
    of_cells = [bills.get(Cell(cell.student, cell.arm, cell.seed)) for cell in group.cells]
    costs = [item(bill) for bill in of_cells if bill is not None]
    if len(costs) < len(of_cells):
        return absent_cost(f"{what} is not known")
    # The mean of the seeds: an option is one training, whichever it is.
    total = costs[0]
    for cost in costs[1:]:
        total += cost
    return total.times(1 / len(costs))


def _draws(
    scored: ScoredResults, chosen: Sequence[Group], draws: int, seed: int
) -> "NDArray[np.uint16] | None":
    """Family scores on resampled items (and seeds, where there are several), paired; or None."""
    from breakeven.decide.certainty import rounded_draws

    drawn = resampled_accuracies(scored, chosen, draws, seed)
    return None if drawn is None else rounded_draws(drawn)
