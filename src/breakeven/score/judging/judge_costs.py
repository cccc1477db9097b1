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
    from breakeven.score.judging.judge_replies import JudgeReply
    from breakeven.score.judging.jury import JudgeVotes
    from breakeven.score.judging.open_cases import OpenRow

_RECORDED = ("read_tokens", "new_tokens", "flops", "cached_tokens")


def reply_costs(name: str, judge: Judge, voted: "JudgeVotes") -> list[Cost]:
    """The cost of every reply of one judge, in their order.

    Raises InputError where `judge.architecture` names no known model.
    """
    shape = load_architecture(judge.architecture) if judge.architecture else None
    return [_cost(name, shape, reply) for reply, _ in voted.replies]


def cost_by_table(
    rows: "Iterable[OpenRow]",
    cases: "Mapping[Case, int]",
    voted: "JudgeVotes",
    costs: Iterable[Cost],
) -> dict[int, Cost]:
    """What one judge's replies cost each table.

    That of a reply is split evenly over the rows that it decides, so that tables add up to what the
    verdicts cost. A reply that decides none, as one of the audit, is in no table.
    """
    rows_by_table: dict[int, Counter[int]] = defaultdict(Counter)
    for row in rows:
        rows_by_table[cases[row.case]][row.table] += 1
    table_costs: dict[int, Cost] = {}
    for (_, served), cost in zip(voted.replies, costs, strict=True):
        # Cases with one ending share a reply, so that one reply may decide rows of many tables.
        decided = (rows_by_table[case] for case in served if case in rows_by_table)
        counts = sum(decided, Counter[int]())
        for table, count in counts.items():
            share = cost.times(count / counts.total())
            table_costs[table] = table_costs.get(table, NO_COST) + share
    return table_costs


def total_cost(costs: Iterable[Cost]) -> Cost:
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
    """The cost that `cost_to_json` wrote; what a judge's server runs on is not metered.

    Earlier records lack `cached_tokens`, which are absent then.
    """
    reasons = values["absent"]
    if not reasons and not values["read_tokens"]:
        return NO_COST
    recorded = {
        name: Amount(values[name], reasons.get(name)) for name in _RECORDED if name in values
    }
    return replace(absent_cost("what judges run on is not metered"), **recorded)


def _cost(name: str, shape: Architecture | None, reply: "JudgeReply") -> Cost:
    if reply.prompt_tokens is None or reply.new_tokens is None:
        return absent_cost(f"the server of judge {name} counts no tokens")
    return generation_cost(shape, reply.prompt_tokens, reply.new_tokens, reply.cached_tokens)
