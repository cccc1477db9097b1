"""The table of routers: what the bound is, and what a learned router makes of it."""

from collections.abc import Sequence
from typing import NamedTuple

from breakeven.findings.routers import LearnedRouter, Routing
from breakeven.frontiers.pareto import on_frontier
from breakeven.report.figures.spec import CsvRow
from breakeven.report.interval_scope import scope_sentence
from breakeven.report.table import Table, absent_table
from breakeven.report.view import StudyView
from breakeven.words import percent, points_interval, scientific

NAME, TITLE = "routing", "Routers: ask IFT or reasoning, question by question"


def routing_table(view: StudyView) -> Table:
    """A row a student and router; a row without a router says why there is none."""
    if not view.routings:
        return absent_table(NAME, TITLE, "no student has both an IFT and a reasoning arm")
    if all(one.plain is None for one in view.routings):
        return absent_table(NAME, TITLE, "; ".join(_reasons(view.routings)))
    dominating = _dominating(view.routings)
    lines = [
        _line(one, router, dominating)
        for one in view.routings
        for router in (*one.routers, *([] if one.routers else [None]))
    ]
    return Table(
        NAME,
        TITLE,
        "Logistic regressions predict how likely each style is right: from the text alone (its "
        "length, words, digits and lines), from the task and its serial steps as well, which only "
        "a study knows, and from the IFT answer's log-probability too; "
        "questions are scored by models that saw none of their content. The gain is the height "
        "above random mixing at equal cost, over all shares: descriptive, each 95% interval by "
        f"itself, no part of the correction of this report. "
        f"{scope_sentence(view, told_by='itself')} The oracle "
        "knows which answer is right: a bound, not a result. Place says whether any student's one "
        "style or router at half is as accurate for less, all as measured.",
        (
            "student",
            "arms",
            "router reads",
            "IFT",
            "reasoning",
            "oracle (bound)",
            "gain over mixing",
            "at half",
            "FLOPs at half",
            "place",
        ),
        tuple(line.body for line in lines),
        tuple(line.row for line in lines),
    )


class _Line(NamedTuple):
    body: tuple[str, ...]
    row: CsvRow


def _reasons(every: Sequence[Routing]) -> list[str]:
    return list(dict.fromkeys(one.reason for one in every if one.reason))


def _line(one: Routing, router: LearnedRouter | None, dominating: "_Places") -> _Line:
    places = (one.plain, one.thinking, one.oracle)
    accuracies = [None if place is None else place.accuracy for place in places]
    mean = None if router is None else router.mean_gain
    half = None if router is None else router.half
    place = dominating.words(one, router) if router else one.reason or "–"
    body = (
        one.student,
        f"{one.arm} − {one.ift_arm}",
        router.reads if router else "none",
        *map(percent, accuracies),
        points_interval(mean.value, mean.low, mean.high) if mean else "–",
        percent(half.accuracy if half else None),
        scientific(half.cost if half else None),
        place,
    )
    row: CsvRow = {
        "corpus": one.corpus,
        "student": one.student,
        "ift_arm": one.ift_arm,
        "arm": one.arm,
        "questions": one.questions,
        "reads": router.reads if router else None,
        "ift_accuracy": accuracies[0],
        "reasoning_accuracy": accuracies[1],
        "oracle_accuracy": accuracies[2],
        "oracle_flops": one.oracle.cost if one.oracle else None,
        "mean_gain": mean.value if mean else None,
        "low": mean.low if mean else None,
        "high": mean.high if mean else None,
        "half_accuracy": half.accuracy if half else None,
        "half_flops": half.cost if half else None,
        "half_gain": half.gain if half else None,
        "half_low": half.low if half else None,
        "half_high": half.high if half else None,
        "place": place,
        "seed_reason": router.seed_reason if router else one.reason,
    }
    return _Line(body, row)


def _name(one: Routing) -> str:
    return f"{one.student} {one.arm} / {one.ift_arm}"


class _Places(NamedTuple):
    """Names, costs and accuracies of both ends and every router at half, of all students."""

    names: list[str]
    costs: list[float]
    accuracies: list[float]

    def words(self, one: Routing, router: LearnedRouter) -> str:
        """On the frontier of these places, or who is as accurate for less."""
        index = self.names.index(_router_name(one, router))
        if on_frontier(self.costs, self.accuracies)[index]:
            return "on the frontier"
        cheaper = [
            (self.costs[at], name)
            for at, name in enumerate(self.names)
            if at != index
            and self.costs[at] <= self.costs[index]
            and self.accuracies[at] >= self.accuracies[index]
        ]
        return f"behind {min(cheaper)[1]}"


def _router_name(one: Routing, router: LearnedRouter) -> str:
    return f"{_name(one)}, router by {router.reads}"


def _dominating(every: Sequence[Routing]) -> _Places:
    found = _Places([], [], [])
    for one in every:
        if one.plain is None or one.thinking is None:
            continue
        places = [
            (f"{one.student} {one.ift_arm}", one.plain.cost, one.plain.accuracy),
            (f"{one.student} {one.arm}", one.thinking.cost, one.thinking.accuracy),
            *(
                (_router_name(one, router), router.half.cost, router.half.accuracy)
                for router in one.routers
            ),
        ]
        for name, cost, accuracy in places:
            found.names.append(name)
            found.costs.append(cost)
            found.accuracies.append(accuracy)
    return found
