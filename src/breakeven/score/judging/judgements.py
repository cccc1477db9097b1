"""The judges' verdicts on all that rules leave open, and what the record says of them."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from breakeven.costs.bill import NO_COST, Cost
from breakeven.params import Grading
from breakeven.rows.grade import UNPARSED, Grade, parsed_grade
from breakeven.score.judging.judge_costs import cost_by_table, cost_to_json, reply_costs, total_cost
from breakeven.score.judging.judge_prompts import PROMPTS_DIGEST, Case
from breakeven.score.judging.jury import JudgeVotes, Verdict, Vote, judge_votes, majority
from breakeven.score.judging.open_cases import CasesForJudges

_GRADES: Mapping[Verdict, Grade] = {
    "right": parsed_grade(True),
    "wrong": parsed_grade(False),
    "none": UNPARSED,
    "undecided": UNPARSED,
}


class Judgements(NamedTuple):
    """Grades by table and row, the cost of judging by table, and the record's details.

    `cost` is that of all replies, those of audited cases with them: they decide no row.
    """

    grades: Mapping[int, Mapping[int, Grade]]
    costs: Mapping[int, Cost]
    cost: Cost
    details: dict[str, Any]


def judge_cases(settings: Grading, selected: CasesForJudges) -> Judgements:
    """Have every judge vote on every case, open or audited.

    Raises:
        InputError, MachineError: a judge cannot be asked; the replies so far are kept.
    """
    # Open cases first: the agreement below is counted over them alone.
    opened = dict.fromkeys(row.case for row in selected.open_rows)
    cases = list({**opened, **dict.fromkeys(case for case, _ in selected.audited.values())})
    votes_by_judge = {
        name: judge_votes(name, judge, cases) for name, judge in settings.judges.items()
    }
    votes = list(zip(*(one.votes for one in votes_by_judge.values()), strict=True))
    verdicts = {case: majority(cast) for case, cast in zip(cases, votes, strict=True)}
    grades: dict[int, dict[int, Grade]] = defaultdict(dict)
    for row in selected.open_rows:
        grades[row.table][row.row] = _GRADES[verdicts[row.case]]
    by_judge, tables = _costs(settings, selected, cases, votes_by_judge)
    details = {
        "texts": PROMPTS_DIGEST,
        "models": {name: judge.model for name, judge in settings.judges.items()},
        "rows": len(selected.open_rows),
        **_agreement(votes[: len(opened)]),
        "verdicts": dict(Counter(verdicts[case] for case in opened)),
        "malformed": {name: one.votes.count("malformed") for name, one in votes_by_judge.items()},
        "with_rules": _with_rules(selected, verdicts),
        "costs": {name: cost_to_json(cost) for name, cost in by_judge.items()},
    }
    return Judgements(grades, tables, total_cost(by_judge.values()), details)


def _costs(
    settings: Grading,
    selected: CasesForJudges,
    cases: Sequence[Case],
    votes_by_judge: Mapping[str, JudgeVotes],
) -> tuple[dict[str, Cost], dict[int, Cost]]:
    """What each judge took, and what judging each table took."""
    numbers = {case: number for number, case in enumerate(cases)}
    by_judge: dict[str, Cost] = {}
    tables: dict[int, Cost] = {}
    for name, one in votes_by_judge.items():
        costs = reply_costs(name, settings.judges[name], one)
        by_judge[name] = total_cost(costs)
        for table, cost in cost_by_table(selected.open_rows, numbers, one, costs).items():
            tables[table] = tables.get(table, NO_COST) + cost
    return by_judge, tables


def _agreement(votes: Sequence[Sequence[Vote]]) -> dict[str, int]:
    """How the judges agreed on the open cases.

    `disagreements` are cases in which two judges spoke and said different things, `unanimous` those
    in which all spoke and said one thing. A malformed reply does not speak.
    """
    spoken = [set(cast) - {"malformed"} for cast in votes]
    decided = sum(majority(cast) != "undecided" for cast in votes)
    return {
        "asked": len(votes),
        "majority": decided,
        "undecided": len(votes) - decided,
        "unanimous": sum(len(set(cast)) == 1 and "malformed" not in cast for cast in votes),
        "disagreements": sum(len(said) > 1 for said in spoken),
    }


def _with_rules(selected: CasesForJudges, verdicts: Mapping[Case, Verdict]) -> dict[str, int]:
    """How the judges' verdicts on audited cases compare with those of the rules."""
    # Wrong and without an answer score the same, so that they neither agree nor differ.
    pairs = Counter((correct, verdicts[case]) for case, correct in selected.audited.values())
    return {
        "asked": pairs.total(),
        "agreed": pairs[True, "right"] + pairs[False, "wrong"],
        "right_by_rules_only": pairs[True, "wrong"] + pairs[True, "none"],
        "right_by_judges_only": pairs[False, "right"],
        "wrong_by_rules_none_by_judges": pairs[False, "none"],
        "undecided": pairs[True, "undecided"] + pairs[False, "undecided"],
    }
