"""Tables of samples taken together: pass@k and maj@k, and votes against one reasoning answer."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from breakeven.findings.accuracies import task_accuracies
from breakeven.findings.groups import Group
from breakeven.findings.votes import (
    NO_SAMPLES,
    VOTE_WORDS,
    VoteComparison,
    VoteCurve,
    unvoted_words,
)
from breakeven.report.figures.spec import CsvRow
from breakeven.report.interval_scope import scope_clause, scope_sentence
from breakeven.report.table import Table, absent_table
from breakeven.report.view import StudyView
from breakeven.results.cell_results import CellResult
from breakeven.statistics.estimates import Estimate
from breakeven.words import fixed, p_word, percent, percent_interval, points_interval, scientific


class _Line(NamedTuple):
    """So many samples of one group, and what is known of them."""

    curve: VoteCurve
    samples: int
    vote: Estimate | None
    any_right: Estimate | None

    @property
    def taken(self) -> Group:
        """The group that the samples' cost is that of."""
        found = self.curve.votes.get(self.samples) or self.curve.passes.get(self.samples)
        assert found is not None  # lines are made of what there is
        return found


def vote_table(view: StudyView) -> Table:
    """maj@k and pass@k of every student and arm, by family."""
    name, title = "votes", "Votes of samples (maj@k), and whether any sample is right (pass@k)"
    lines = list(_lines(view))
    if not lines:
        return absent_table(name, title, NO_SAMPLES)
    several = len({one.curve.decoding for one in lines}) > 1
    decoding = ("decoding",) if several else ()
    return Table(
        name,
        title,
        "Expected over all choices of k of an item's samples, ties broken at random. A sample "
        "without an answer does not vote and costs what it took; k samples cost k answers, each "
        "with its prompt. pass@k is what somebody could reach who knows which sample is right. "
        f"Intervals at 95%. {scope_sentence(view)}{unvoted_words(view.results)}",
        ("family", "student", "arm", *decoding, "samples", "FLOPs a query", "maj@k", "pass@k"),
        tuple(
            (
                (cell := one.curve.group.cells[0]).family,
                cell.student,
                view.arm_label(cell.arm),
                *((one.curve.decoding,) if several else ()),
                f"{one.samples}",
                scientific(one.taken.mean("inference_flops")),
                _accuracy(one.vote),
                _accuracy(one.any_right),
            )
            for one in lines
        ),
        tuple(map(_row, lines)),
        about=_asked(one.curve.decoding for one in lines),
    )


def vote_by_task_table(view: StudyView) -> Table:
    """Each task with one answer, the vote of all samples, and whether any of them is right."""
    name, title = "votes-by-task", "One sample, the vote of all, and any of them right, by task"
    rows = [row for curve in view.vote_curves for row in _task_rows(view, curve)]
    if not rows:
        return absent_table(name, title, NO_SAMPLES)
    decoding = ("decoding",) if len({row.decoding for row in rows}) > 1 else ()
    return Table(
        name,
        title,
        "Of as many samples as every task of the family that is sampled has. "
        f"Intervals at 95%. {scope_sentence(view)}{unvoted_words(view.results)}",
        ("task", "student", "arm", *decoding, "samples", "one", "maj", "pass"),
        tuple(
            (
                row.task,
                row.cell.student,
                view.arm_label(row.cell.arm),
                *((row.decoding,) if decoding else ()),
                f"{row.samples}",
                *map(_accuracy, (row.one, row.vote, row.any_right)),
            )
            for row in rows
        ),
        tuple(
            {
                "corpus": row.cell.corpus,
                "family": row.cell.family,
                "task": row.task,
                "student": row.cell.student,
                "arm": row.cell.arm,
                "decoding": row.decoding,
                "samples": row.samples,
                **_ends("one", row.one),
                **_ends("maj", row.vote),
                **_ends("pass", row.any_right),
            }
            for row in rows
        ),
        about=_asked(row.decoding for row in rows),
    )


def _asked(decodings: Iterable[str]) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """The decoding of all rows, where it is one and no row names it."""
    every = tuple(dict.fromkeys(decodings))
    return {"": {"decoding": every}} if len(every) == 1 else {}


class _TaskRow(NamedTuple):
    task: str
    cell: CellResult
    decoding: str
    samples: int
    one: Estimate
    vote: Estimate | None
    any_right: Estimate


def _task_rows(view: StudyView, curve: VoteCurve) -> Iterator[_TaskRow]:
    samples = max(curve.passes)
    one, passed = _by_task(view, curve.passes[1]), _by_task(view, curve.passes[samples])
    # Where a task cannot be voted on, the others may have more samples.
    votes = _by_task(view, curve.votes[samples]) if samples in curve.votes else {}
    for task, estimate in passed.items():
        yield _TaskRow(
            task,
            curve.group.cells[0],
            curve.decoding,
            samples,
            one[task],
            votes.get(task),
            estimate,
        )


def _by_task(view: StudyView, group: Group) -> dict[str, Estimate]:
    return {one.task: one.estimate for one in task_accuracies(view.scored, group)}


def _lines(view: StudyView) -> Iterator[_Line]:
    for curve in view.vote_curves:
        for samples in sorted({*curve.shown, *curve.passes}):
            vote, passed = curve.shown.get(samples), curve.passes.get(samples)
            yield _Line(
                curve,
                samples,
                None if vote is None else view.vote_accuracies[vote],
                None if passed is None else view.vote_accuracies[passed],
            )


def _accuracy(estimate: Estimate | None) -> str:
    if estimate is None:
        return "–"
    return percent_interval(estimate.value, estimate.low, estimate.high)


def _row(one: _Line) -> CsvRow:
    cell, taken = one.curve.group.cells[0], one.taken
    return {
        "corpus": cell.corpus,
        "family": cell.family,
        "student": cell.student,
        "arm": cell.arm,
        "decoding": one.curve.decoding,
        "samples": one.samples,
        "inference_flops": taken.mean("inference_flops"),
        "output_tokens": taken.mean("output_tokens"),
        "device_seconds": taken.mean("device_seconds"),
        **_ends("maj", one.vote),
        **_ends("pass", one.any_right),
    }


def _ends(name: str, estimate: Estimate | None) -> CsvRow:
    return {
        name: None if estimate is None else estimate.value,
        f"{name}_low": None if estimate is None else estimate.low,
        f"{name}_high": None if estimate is None else estimate.high,
    }


def vote_comparison_table(view: StudyView) -> Table:
    """Votes of plain answers against one reasoning answer at equal FLOPs."""
    name = "votes-at-equal-flops"
    title = "Votes of plain answers against one reasoning answer, at equal FLOPs"
    found = view.findings.votes
    if not found:
        return absent_table(
            name, title, "no student has several plain samples, a reasoning answer, and FLOPs"
        )
    decoding = ("decoding",) if len({one.decoding for one in found}) > 1 else ()
    return Table(
        name,
        title,
        "As many votes as cost what one reasoning answer of the same student does; between two "
        "whole numbers, a share of the queries has one vote more. Votes read their prompt each "
        "time, as FLOPs of answers are counted, or once, as a server that keeps it. Reasoning "
        f"answers once ({view.decoding}). Difference in points on the same items, {_scope(view)}; "
        f"p corrected by Holm over all tests of this report.{unvoted_words(view.results)}",
        (
            "family",
            "student",
            "arms",
            *decoding,
            "FLOPs",
            "prompt read",
            "votes",
            "votes' accuracy",
            "reasoning",
            "difference",
            "p, Holm",
            "stands",
        ),
        tuple(
            (
                (cell := one.reasoning.cells[0]).family,
                cell.student,
                f"{one.plain.cells[0].arm} − {cell.arm}",
                *((one.decoding,) if decoding else ()),
                scientific(one.spent),
                one.prompt,
                fixed(one.size),
                percent(one.accuracy),
                percent(_reasoning(one)),
                _difference(one),
                p_word(one.adjusted_p_value),
                one.stands,
            )
            for one in found
        ),
        tuple(_comparison_row(one) for one in found),
        about={
            **_asked(one.decoding for one in found),
            "reasoning": {"decoding": (view.decoding,)},
        },
    )


def _scope(view: StudyView) -> str:
    return f"with interval, {scope_clause(view)}"


def _reasoning(one: VoteComparison) -> float | None:
    """Reasoning's accuracy on the items that both answered."""
    if one.lead is None or one.accuracy is None:
        return None
    return one.accuracy - one.lead.value


def _difference(one: VoteComparison) -> str:
    if one.lead is None:
        return "–"
    return points_interval(one.lead.value, one.lead.low, one.lead.high)


def _comparison_row(one: VoteComparison) -> CsvRow:
    cell, lead = one.reasoning.cells[0], one.lead
    return {
        "corpus": cell.corpus,
        "family": cell.family,
        "student": cell.student,
        "ift_arm": one.plain.cells[0].arm,
        "arm": cell.arm,
        "decoding": one.decoding,
        "tasks": " ".join(one.tasks),
        "samples": one.samples,
        "flops": one.spent,
        "prompt_read": one.prompt,
        "votes": one.size,
        "accuracy": one.accuracy,
        "reasoning": _reasoning(one),
        "difference": None if lead is None else lead.value,
        "low": None if lead is None else lead.low,
        "high": None if lead is None else lead.high,
        "p_value": one.p_value,
        "holm_p_value": one.adjusted_p_value,
        "stands": VOTE_WORDS[one.direction],
        "reason": one.reason,
    }
