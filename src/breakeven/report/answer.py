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
    "ahead": "more accurate in",
    "behind": "less accurate in",
    "ahead alone": "more accurate by its own interval, undecided among all tests, in",
    "behind alone": "less accurate by its own interval, undecided among all tests, in",
    "undecided": "not shown to differ in",
}
# Of more pairs of arms the first sentence gives one range.
_MOST_NAMED = 2


class Answer(NamedTuple):
    """The answer in one sentence, and what it is made of, a line each."""

    text: str
    lines: tuple[str, ...]


def answer(view: StudyView) -> Answer:
    """How thinking stands at equal FLOPs, by how much it gains at equal size, at what cost."""
    at_cost = view.findings.direction_counts("inference_flops")
    rows = largest_pairs(view)
    if not at_cost.total and not rows:
        return Answer(NO_PAIR, ())
    stands = "At equal FLOPs nothing could be compared"
    if at_cost.total:
        stands = f"{answer_word(at_cost)} at equal FLOPs{_outside(view)}"
    return Answer(
        f"{stands}: {_gains(view, rows)}." if rows else f"{stands}.",
        (
            *_at_equal_flops(view, at_cost),
            *_by_pair(view, rows),
            *_by_size(view),
            *_serial(view),
            f"This rests on {_questions(view)}; intervals are {scope_clause(view)}. What is not "
            "counted as decided is not decided.",
        ),
    )


def _outside(view: StudyView) -> str:
    """How many of the comparisons at equal FLOPs are with an extrapolation."""
    matched = view.findings.matched["inference_flops"]
    outside = sum(one.at.extrapolated for one in matched)
    if outside == len(matched):
        return " (extrapolated)"
    return f" ({outside} of {len(matched)} extrapolated)" if outside else ""


def _gains(view: StudyView, rows: Sequence[Difference]) -> str:
    """What the largest student gains over each plain arm, or over all, and at what cost."""
    pairs = _pairs(rows)
    alike = len(pairs) <= _MOST_NAMED and len({arm for arm, _ in pairs}) == 1
    if alike:
        parts = [
            f"{_range(own, again=place > 0)} over {plain}"
            for place, ((_, plain), own) in enumerate(pairs.items())
        ]
    else:
        parts = [f"{_range(rows)} over {len({plain for _, plain in pairs})} plain arms"]
    where = f"at {view.with_size(rows[0].student)} thinking gains"
    return f"{where} {' and '.join(parts)}{_cost(view, rows)}"


def _range(rows: Sequence[Difference], *, again: bool = False) -> str:
    """Gains from the least to the most, and how far their intervals reach; words but once."""
    gains = sorted(row.value for row in rows)
    ends = [(row.low, row.high) for row in rows if row.low is not None and row.high is not None]
    text = span(points(gains[0]), points(gains[-1])) + ("" if again else " points")
    if len(ends) < len(rows):
        return text
    reach = span(points(min(low for low, _ in ends)), points(max(high for _, high in ends)))
    word = "" if again else "interval " if len(rows) == 1 else "intervals "
    return f"{text} ({word}{reach})"


def _pairs(rows: Sequence[Difference]) -> dict[tuple[str, str], list[Difference]]:
    pairs: dict[tuple[str, str], list[Difference]] = {}
    for row in rows:
        pairs.setdefault((row.arm, row.ift_arm), []).append(row)
    return pairs


def _at_equal_flops(view: StudyView, at_cost: DirectionCounts) -> Iterator[str]:
    if at_cost.total:
        beside = matched_leads(view.findings.matched["inference_flops"])
        yield (
            f"At the FLOPs that thinking takes, it is ahead of plain answers in {at_cost.ahead} "
            f"and behind in {at_cost.behind} of {at_cost.total} "
            f"comparison{'s' if at_cost.total > 1 else ''}{f' ({beside})' if beside else ''}."
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
    pairs = list(_pairs(rows).items())
    for (arm, plain), own in pairs[:MOST_LISTED]:
        yield f"{arm} over {plain}{_tokens(view, own)}: {_standings(own)}{_cost(view, own)}."
    others = [row for _, own in pairs[MOST_LISTED:] for row in own]
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
            apart = span(points(gains[0]), points(gains[-1]))
            parts.append(f"{_STANDS[stands]} {where} ({apart} points)")
    return ", ".join(parts)


def _tokens(view: StudyView, rows: Sequence[Difference]) -> str:
    """The tokens of both arms' answers, which tell bare plain answers from worked ones."""
    words = []
    for arm in (rows[0].arm, rows[0].ift_arm):
        tokens = [_of_arm(view, row, arm, "output_tokens") for row in rows]
        known = sorted(one for one in tokens if one is not None)
        if not known or len(known) < len(tokens):
            return ""
        words.append(span(whole(known[0]), whole(known[-1])))
    return f" ({words[0]} against {words[1]} tokens an answer)"


def _cost(view: StudyView, rows: Sequence[Difference]) -> str:
    ratios = sorted(ratio for row in rows if (ratio := _ratio(view, row)) is not None)
    if not ratios:
        return ""
    return f", for {span(fixed(ratios[0], 1), fixed(ratios[-1], 1))} times the FLOPs"


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
    text = f"Over all sizes: ahead in {total.ahead}, behind in {total.behind} of {total.total}"
    if len(students) <= MOST_LISTED:
        parts = [
            f"{student} {found.ahead}, {found.behind} of {found.total}"
            for student in students
            for found in (count_directions(r.direction for r in every if r.student == student),)
        ]
        text += f" ({'; '.join(parts)})"
    alone = [len(standing_so(every, stands)) for stands in ("ahead alone", "behind alone")]
    if any(alone):
        text += f"; by its own interval alone ahead in {alone[0]} more, behind in {alone[1]}"
    yield f"{text}."


def _serial(view: StudyView) -> Iterator[str]:
    every = largest_serial(view)
    larger = [one for one in every if one.gap.direction == "ahead"]
    if larger:
        leads = leads_over([one.of.plain for one in larger], [one.of.plain for one in every])
        yield (
            "The gain is larger where a task takes several steps in a row in "
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
