"""The page's first words: does it pay to let the model think, by how much, at what cost.

What is decided is read from `view.findings`; what is not counted here is not decided.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from breakeven.findings.differences import Difference
from breakeven.findings.direction import DirectionCounts, count_directions
from breakeven.report.headline import (
    MOST_LISTED,
    finding,
    largest_pairs,
    largest_serial,
    thinking_pairs,
)
from breakeven.report.interval_scope import scope_clause
from breakeven.report.leads import leads_over, matched_leads
from breakeven.report.standings import STANDINGS, Standing, standing_so
from breakeven.report.view import StudyView
from breakeven.words import fixed, points, span, whole

NO_PAIR = "These results compare no thinking student with a plain one."
_ANSWERS = {
    "supported": "Yes",
    "supported in part": "Yes, where that could be decided",
    "depends on the task": "It depends",
    "contradicted in part": "No, where that could be decided",
    "contradicted": "No",
}
_STANDS: dict[Standing, str] = {
    "ahead": "more accurate",
    "behind": "less accurate",
    "ahead alone": "more accurate by its own interval, undecided among all tests,",
    "behind alone": "less accurate by its own interval, undecided among all tests,",
    "undecided": "not shown to differ",
}


class Answer(NamedTuple):
    """The answer at equal cost in one sentence, and what it is made of, a line each."""

    text: str
    lines: tuple[str, ...]


def answer(view: StudyView) -> Answer:
    """At the FLOPs that thinking takes, then at equal size against each plain arm."""
    at_cost = view.findings.direction_counts("inference_flops")
    rows = largest_pairs(view)
    if not at_cost.total and not rows:
        return Answer(NO_PAIR, ())
    lines = (
        *_by_pair(view, rows),
        *_by_size(view),
        *_serial(view),
        f"This rests on {_questions(view)}; intervals are {scope_clause(view)}. What is not "
        "counted as decided is not decided.",
    )
    if not at_cost.total:
        return Answer("At equal FLOPs nothing could be compared.", lines)
    beside = matched_leads(view.findings.matched["inference_flops"])
    return Answer(
        f"{answer_word(at_cost)}: for the inference FLOPs that thinking takes, it is ahead of "
        f"plain answers in {at_cost.ahead} and behind in {at_cost.behind} of {at_cost.total} "
        f"comparison{'s' if at_cost.total > 1 else ''}{f' ({beside})' if beside else ''}.",
        lines,
    )


def answer_word(counts: DirectionCounts) -> str:
    """What the counts come to, in a word or a few."""
    # One comparison in ten that is decided is no answer of the study.
    decided = counts.ahead + counts.behind
    if counts.undecided > decided:
        return "Mostly undecided" if decided else "Not shown either way"
    return _ANSWERS[finding(counts)]


def _by_pair(view: StudyView, rows: Sequence[Difference]) -> Iterator[str]:
    """A line a pair of arms of the largest student: how far apart they are, and at what cost."""
    pairs = list(dict.fromkeys((row.arm, row.ift_arm) for row in rows))
    for arm, plain in pairs[:MOST_LISTED]:
        own = [row for row in rows if (row.arm, row.ift_arm) == (arm, plain)]
        yield (
            f"At equal size, {view.with_size(own[0].student)}, {_arm_words(view, own, arm)} "
            f"over {_arm_words(view, own, plain)}: "
            f"{_standings(own)}{_cost(view, own)}."
        )
    others = [row for row in rows if (row.arm, row.ift_arm) in pairs[MOST_LISTED:]]
    if others:
        counts = count_directions(row.direction for row in others)
        yield (
            f"Of {counts.total} comparisons of {len(pairs) - MOST_LISTED} further pairs of arms "
            f"thinking is ahead in {counts.ahead} and behind in {counts.behind}."
        )


def _standings(rows: Sequence[Difference]) -> str:
    parts = []
    for stands in STANDINGS:
        gains = sorted(row.value for row in standing_so(rows, stands))
        if gains:
            where = f"{len(gains)} of {len(rows)} families" if len(rows) > 1 else rows[0].family
            by = "by " if stands != "undecided" else ""
            apart = span(points(gains[0]), points(gains[-1]))
            parts.append(f"{_STANDS[stands]} in {where} ({by}{apart} points)")
    return ", ".join(parts)


def _arm_words(view: StudyView, rows: Sequence[Difference], arm: str) -> str:
    """An arm and the tokens of its answers, which tell bare plain answers from worked ones."""
    tokens = [_of_arm(view, row, arm, "output_tokens") for row in rows]
    known = sorted(one for one in tokens if one is not None)
    if not known or len(known) < len(tokens):
        return arm
    return f"{arm} ({span(whole(known[0]), whole(known[-1]))} tokens an answer)"


def _cost(view: StudyView, rows: Sequence[Difference]) -> str:
    ratios = sorted(ratio for row in rows if (ratio := _ratio(view, row)) is not None)
    if not ratios:
        return ""
    return f", for {span(fixed(ratios[0], 1), fixed(ratios[-1], 1))} times the FLOPs of an answer"


def _ratio(view: StudyView, row: Difference) -> float | None:
    """FLOPs of an answer of the arm over those of the plain one; None where either is unknown."""
    own, plain = (_of_arm(view, row, arm, "inference_flops") for arm in (row.arm, row.ift_arm))
    return own / plain if own is not None and plain else None


def _of_arm(view: StudyView, row: Difference, arm: str, field: str) -> float | None:
    found = [
        group
        for group in view.family_groups(row.family)
        if (group.cells[0].student, group.cells[0].arm) == (row.student, arm)
    ]
    return found[0].mean(field) if len(found) == 1 else None


def _by_size(view: StudyView) -> Iterator[str]:
    """What is decided at every size: the largest alone would hide what smaller ones lose."""
    every = thinking_pairs(view)
    students = [name for name in view.results.students() if any(r.student == name for r in every)]
    if len(students) < 2:
        return
    total = count_directions(row.direction for row in every)
    text = f"Over all sizes {total.ahead} of {total.total} comparisons are decided for thinking"
    text += f" and {total.behind} against it"
    if len(students) <= MOST_LISTED:
        parts = [
            f"{student} {found.ahead} for, {found.behind} against of {found.total}"
            for student in students
            for found in (count_directions(r.direction for r in every if r.student == student),)
        ]
        text += f": {'; '.join(parts)}"
    alone = [len(standing_so(every, stands)) for stands in ("ahead alone", "behind alone")]
    if any(alone):
        text += f". By its own interval alone thinking is ahead in {alone[0]} more"
        text += f" and behind in {alone[1]}"
    yield f"{text}."


def _serial(view: StudyView) -> Iterator[str]:
    every = largest_serial(view)
    larger = [one for one in every if one.gap.direction == "ahead"]
    if larger:
        leads = leads_over([one.of.plain for one in larger], [one.of.plain for one in every])
        yield (
            "What thinking gains is more where a task takes several steps in a row, in "
            f"{len(larger)} of {len(every)} pairs of arms{f' ({leads})' if leads else ''}."
        )


def _questions(view: StudyView) -> str:
    """How many questions of how many families, by the cell that was asked most of each."""
    families = view.results.families()
    known = [
        max(items)
        for family in families
        if (
            items := [
                cell.items
                for group in view.family_groups(family)
                for cell in group.cells
                if cell.items is not None
            ]
        )
    ]
    where = f"{len(families)} families" if len(families) > 1 else families[0]
    if len(known) < len(families):
        return f"an unknown number of questions of {where}"
    return f"{whole(sum(known))} questions of {where}"
