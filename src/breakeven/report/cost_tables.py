"""Tables of what the study took: by student and arm, and the whole bill."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from breakeven.core.known_numbers import known_mean
from breakeven.costs.amounts import Amount
from breakeven.costs.bill import ITEMS, NO_COST, Bill, Cost
from breakeven.costs.prices import PRICE_KEY, known_price
from breakeven.report.figures.spec import CsvRow
from breakeven.report.setup_tables import NO_RECORDS, RATE_WORDS, rate_words
from breakeven.report.table import Table, absent_table
from breakeven.report.view import StudyView
from breakeven.study.summary import StudySummary
from breakeven.words import scientific

_ITEM_WORDS = {
    "teacher": "teacher's completions",
    "tuning": "trainings that rates were chosen by",
    "training": "training",
    "answering": "answering the benchmark",
    "judging": "judging",
}
_COST_FIELDS = (
    "train_flops",
    "train_tokens",
    "train_device_seconds",
    "inference_flops",
    "prompt_tokens",
    "thinking_tokens",
    "answer_tokens",
    "device_seconds",
)
_COST_HEADERS = (
    "training FLOPs",
    "tokens",
    "s",
    "FLOPs a query",
    "prompt",
    "thinking",
    "answer",
    "s a query",
)


def cost_table(view: StudyView) -> Table:
    """What a query and a training cost, by student and arm: means over families."""
    body: list[tuple[str, ...]] = []
    rows: list[CsvRow] = []
    metered = any(share is not None for one in view.summary.utilisation.values() for share in one)
    for student in view.results.students():
        for arm in view.arms:
            means = _mean_costs(view, student, arm.name)
            if means is None:
                continue
            shares_of_rate = _mean_utilisation(view.summary, student, arm.name)
            costs, rates = map(scientific, means.values()), map(rate_words, shares_of_rate.values())
            text = _in_order(list(costs), list(rates) if metered else [])
            body.append((student, view.arm_label(arm.name), *text))
            rows.append({"student": student, "arm": arm.name, **means, **shares_of_rate})
    return Table(
        "costs",
        "Cost by student and arm",
        "FLOPs, tokens and device-seconds of training; then of one query, a mean over families: "
        "FLOPs, tokens of prompt, thinking and answer, device-seconds (a batch's are shared by its "
        "queries). A dash was not measured." + (f" {RATE_WORDS}" if metered else ""),
        ("student", "arm", *_in_order(_COST_HEADERS, ["of rate"] * 2 if metered else [])),
        tuple(body),
        tuple(rows),
    )


def _in_order(costs: Sequence[str], rates: Sequence[str]) -> tuple[str, ...]:
    """The costs of training and its rate, then those of a query and its rate, where there are."""
    return (*costs[:3], *rates[:1], *costs[3:], *rates[1:])


def _mean_costs(view: StudyView, student: str, arm: str) -> dict[str, float | None] | None:
    """Costs of a student and arm, means over its families; None where it has no cell."""
    groups = [
        group
        for group in view.every_group
        if (group.cells[0].student, group.cells[0].arm) == (student, arm)
    ]
    if not groups:
        return None
    return {name: known_mean(group.mean(name) for group in groups) for name in _COST_FIELDS}


def _mean_utilisation(summary: StudySummary, student: str, arm: str) -> dict[str, float | None]:
    """Shares of the device's rate, means over seeds."""
    own = [one for key, one in summary.utilisation.items() if key[:2] == (student, arm)]
    return {
        "training_utilisation": known_mean(one.training for one in own),
        "answering_utilisation": known_mean(one.answering for one in own),
    }


def bill_table(summary: StudySummary) -> Table:
    """The whole bill: a line an item, quantities across, reasons for what is absent."""
    name, title = "bill", "The bill of the study"
    if not summary.bills:
        return absent_table(name, title, NO_RECORDS)
    bills = list(summary.bills.values())
    total = bills[0]
    for bill in bills[1:]:
        total += bill
    # Each cell's bill holds the completions that it learnt from; added up, arms that share
    # them would pay for them several times.
    if summary.teacher_cost is not None:
        total = replace(total, teacher=summary.teacher_cost)
    # Trials are of a student and arm, whose seeds share them.
    total = replace(total, tuning=summary.tuning_cost or NO_COST)
    items = [one for one in ITEMS if one != "tuning" or summary.tuning_cost is not None]
    paid = {item: _money(summary, item, getattr(total, item)) for item in ITEMS}
    both = total.training + total.answering, paid["training"] + paid["answering"]
    lines = [
        *((_ITEM_WORDS[item], getattr(total, item), paid[item]) for item in items),
        ("training and answering", *both),
        ("all together", total.total, sum(paid.values(), Amount(0.0))),
    ]
    reasons = dict.fromkeys(_reasons(total, summary.price_per_device_hour))
    return Table(
        name,
        title,
        "Sums over all cells. The teacher is paid once, whichever arms learn from it. "
        + (f"Absent: {'; '.join(reasons)}." if reasons else ""),
        (
            "item",
            "tokens read",
            "tokens generated",
            "FLOPs",
            "device-seconds",
            "GPU-hours",
            "energy, J",
            f"cost, {summary.currency}",
        ),
        tuple((words, *map(scientific, _values(cost, money))) for words, cost, money in lines),
        tuple(
            dict(zip(("item", *_QUANTITIES), (words, *_values(cost, money)), strict=True))
            for words, cost, money in lines
        ),
    )


_QUANTITIES = (
    "read_tokens",
    "new_tokens",
    "flops",
    "device_seconds",
    "gpu_hours",
    "energy_joules",
    "money",
)


def _money(summary: StudySummary, item: str, cost: Cost) -> Amount:
    """By the token where the item is paid so, else by the device-hour."""
    prices = summary.services.get(item)
    return cost.money(summary.price_per_device_hour) if prices is None else prices.of(cost)


def _values(cost: Cost, money: Amount) -> tuple[float | None, ...]:
    amounts = [getattr(cost, name) for name in _QUANTITIES[:-1]]
    return tuple(amount.value for amount in (*amounts, money))


def _reasons(bill: Bill, price: float | None) -> Iterable[str]:
    for item in ITEMS:
        cost = getattr(bill, item)
        for name in _QUANTITIES[:-1]:
            reason = getattr(cost, name).reason
            if reason:
                # A sum joins the reasons of its parts; apart, each is said once.
                yield from reason.split("; ")
    unpriced = known_price(price, PRICE_KEY).reason
    if unpriced:
        yield unpriced
