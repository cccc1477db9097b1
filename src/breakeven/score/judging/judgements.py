"""The judges' verdicts on all that rules leave open, and what the record says of them."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from breakeven.costs.bill import NO_COST, Cost
from breakeven.params import Grading
from breakeven.rows.grade import UNPARSED, Grade, parsed_grade
from breakeven.score.judging.judge_costs import by_table, cost_to_json, reply_costs, total
from breakeven.score.judging.judge_prompts import TEXTS_DIGEST, Case
from breakeven.score.judging.jury import Ballot, Verdict, Vote, ballot, verdict
from breakeven.score.judging.open_cases import Docket

_GRADES: Mapping[Verdict, Grade] = {
    "right": parsed_grade(True),
    "wrong": parsed_grade(False),
    "none": UNPARSED,
    "undecided": UNPARSED,
}


class Hearing(NamedTuple):
    """Grades by table and row, the cost of judging by table, and the record's details.

    `cost` is that of all replies, those of audited cases with them: they decide no row.
    """

    grades: Mapping[int, Mapping[int, Grade]]
    costs: Mapping[int, Cost]
    cost: Cost
    details: dict[str, Any]


def hear(settings: Grading, docket: Docket) -> Hearing:
    """Have every judge vote on every case, open or audited.

    Raises:
        InputError, MachineError: a judge cannot be asked; the replies so far are kept.
    """
    opened = dict.fromkeys(row.case for row in docket.open)
    cases = list({**opened, **dict.fromkeys(case for case, _ in docket.audit.values())})
    ballots = {name: ballot(name, judge, cases) for name, judge in settings.judges.items()}
    votes = list(zip(*(one.votes for one in ballots.values()), strict=True))
    verdicts = {case: verdict(cast) for case, cast in zip(cases, votes, strict=True)}
    grades: dict[int, dict[int, Grade]] = defaultdict(dict)
    for row in docket.open:
        grades[row.table][row.row] = _GRADES[verdicts[row.case]]
    by_judge, tables = _spent(settings, docket, cases, ballots)
    details = {
        "texts": TEXTS_DIGEST,
        "models": {name: judge.model for name, judge in settings.judges.items()},
        "rows": len(docket.open),
        **_agreement(votes[: len(opened)]),
        "verdicts": dict(Counter(verdicts[case] for case in opened)),
        "malformed": {name: one.votes.count("malformed") for name, one in ballots.items()},
        "with_rules": _with_rules(docket, verdicts),
        "costs": {name: cost_to_json(cost) for name, cost in by_judge.items()},
    }
    return Hearing(grades, tables, total(by_judge.values()), details)


def _spent(
    settings: Grading, docket: Docket, cases: Sequence[Case], ballots: Mapping[str, Ballot]
) -> tuple[dict[str, Cost], dict[int, Cost]]:
    """What each judge took, and what judging each table took."""
    numbers = {case: number for number, case in enumerate(cases)}
    by_judge: dict[str, Cost] = {}
    tables: dict[int, Cost] = {}
    for name, one in ballots.items():
        costs = reply_costs(name, settings.judges[name], one)
        by_judge[name] = total(costs)
        for table, cost in by_table(docket.open, numbers, one, costs).items():
            tables[table] = tables.get(table, NO_COST) + cost
    return by_judge, tables


def _agreement(votes: Sequence[Sequence[Vote]]) -> dict[str, int]:
    """How the judges agreed on the open cases.

    `disagreements` are cases in which two judges spoke and said different things, `unanimous` those
    in which all spoke and said one thing. A malformed reply does not speak.
    """
    spoken = [set(cast) - {"malformed"} for cast in votes]
    decided = sum(verdict(cast) != "undecided" for cast in votes)
    return {
        "asked": len(votes),
        "majority": decided,
        "undecided": len(votes) - decided,
        "unanimous": sum(len(set(cast)) == 1 and "malformed" not in cast for cast in votes),
        "disagreements": sum(len(said) > 1 for said in spoken),
    }


def _with_rules(docket: Docket, verdicts: Mapping[Case, Verdict]) -> dict[str, int]:
    """How the judges' verdicts on audited cases compare with those of the rules."""
    pairs = Counter((correct, verdicts[case]) for case, correct in docket.audit.values())
    return {
        "asked": pairs.total(),
        "agreed": pairs[True, "right"] + pairs[False, "wrong"],
        "right_by_rules_only": pairs[True, "wrong"] + pairs[True, "none"],
        "right_by_judges_only": pairs[False, "right"],
        "wrong_by_rules_none_by_judges": pairs[False, "none"],
        "undecided": pairs[True, "undecided"] + pairs[False, "undecided"],
    }
