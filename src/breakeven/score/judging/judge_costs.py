"""What judges' replies cost: each, and shared out over the tables whose rows they decide."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from breakeven.costs.amounts import Amount
from breakeven.costs.architecture import Architecture
from breakeven.costs.bill import NO_COST, Cost, absent_cost, generation_cost
from breakeven.costs.model_shapes import load_architecture
from breakeven.params import Judge

if TYPE_CHECKING:  # the report reads costs, and sends no requests
    from breakeven.score.judging.judge_prompts import Case
    from breakeven.score.judging.judge_replies import Reply
    from breakeven.score.judging.jury import Ballot
    from breakeven.score.judging.open_cases import OpenRow

_RECORDED = ("read_tokens", "new_tokens", "flops")


def reply_costs(name: str, judge: Judge, ballot: "Ballot") -> list[Cost]:
    """The cost of every reply of a ballot, in its order.

    Raises InputError where `judge.architecture` names no known model.
    """
    shape = load_architecture(judge.architecture) if judge.architecture else None
    return [_cost(name, shape, reply) for reply, _ in ballot.replies]


def by_table(
    rows: "Iterable[OpenRow]",
    cases: "Mapping[Case, int]",
    ballot: "Ballot",
    costs: Iterable[Cost],
) -> dict[int, Cost]:
    """What one judge's replies cost each table.

    That of a reply is split evenly over the rows that it decides, so that tables add up to what the
    verdicts cost. A reply that decides none, as one of the audit, is in no table.
    """
    tables: dict[int, Counter[int]] = defaultdict(Counter)
    for row in rows:
        tables[cases[row.case]][row.table] += 1
    spent: dict[int, Cost] = {}
    for (_, served), cost in zip(ballot.replies, costs, strict=True):
        counts = sum((tables[case] for case in served if case in tables), Counter[int]())
        for table, count in counts.items():
            share = cost.times(count / counts.total())
            spent[table] = spent[table] + share if table in spent else share
    return spent


def total(costs: Iterable[Cost]) -> Cost:
    """All costs together; nothing at all where there is none."""
    return sum(costs, NO_COST)


def cost_to_json(cost: Cost) -> dict[str, Any]:
    """The quantities of a cost that a judge has; `absent` holds the reasons of those not known."""
    amounts = {name: getattr(cost, name) for name in _RECORDED}
    return {
        **{name: amount.value for name, amount in amounts.items()},
        "absent": {name: amount.reason for name, amount in amounts.items() if amount.reason},
    }


def cost_from_json(values: Mapping[str, Any]) -> Cost:
    """The cost that `cost_to_json` wrote; what a judge's server runs on is not metered."""
    reasons = values["absent"]
    if not reasons and not values["read_tokens"]:
        return NO_COST
    known = {name: Amount(values[name], reasons.get(name)) for name in _RECORDED}
    return replace(absent_cost("what judges run on is not metered"), **known)


def _cost(name: str, shape: Architecture | None, reply: "Reply") -> Cost:
    if reply.prompt_tokens is None or reply.new_tokens is None:
        return absent_cost(f"the server of judge {name} counts no tokens")
    return generation_cost(shape, [reply.prompt_tokens], [reply.new_tokens])
