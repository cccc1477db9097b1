"""Every arm in every way that it was asked: accuracy, tokens and cost beside the first decoding."""

from breakeven.findings.decodings import DecodingChange, OtherDecoding
from breakeven.findings.groups import Group
from breakeven.report.control_tables import sized_points
from breakeven.report.figures.decodings import (
    CHANGE_WORDS,
    NO_OTHER,
    decoding_words,
    ratio_word,
)
from breakeven.report.figures.spec import CsvRow
from breakeven.report.interval_scope import scope_sentence
from breakeven.report.table import Table, absent_table
from breakeven.report.view import StudyView
from breakeven.words import (
    human,
    p_word,
    percent_interval,
    points_interval,
    scientific,
)


def change_verdict(one: DecodingChange) -> str:
    """What was decided of a decoding, or why it was not tested."""
    if one.adjusted_p_value is None:
        return f"not tested: {one.change.mean.reason or 'no sampling error can be had'}"
    turned = " on average, not at every size" if one.change.turns else ""
    return CHANGE_WORDS[one.direction] + (turned if one.direction != "undecided" else "")


def decoding_change_table(view: StudyView) -> Table:
    """The verdict on each decoding: what it changes for an arm, over its sizes and families."""
    name, title = "decoding-changes", "What another decoding changes"
    if not view.decoding_changes:
        return absent_table(name, title, NO_OTHER)
    return Table(
        name,
        title,
        f"The same students and questions asked in another way than {view.decoding}: the change "
        "of accuracy in points over the mean of the families that the arm was taught and then of "
        "its sizes, paired by question with its 95% interval; behind it the mean at each size; and "
        "the FLOPs of a query over those of the first. Where a decoding takes several samples of "
        "an item, all of it is of their vote. Verdicts are on the mean, at "
        f"5% {view.findings.together_beside}; where a size lies on the other side, they say so. "
        f"{scope_sentence(view)}",
        ("decoding", "arm", "verdict", "change", "FLOPs, times the first", "p, Holm"),
        tuple(
            (
                decoding_words(one),
                view.arm_label(one.arm),
                change_verdict(one),
                sized_points(one.change),
                ratio_word(one.cost_ratio),
                p_word(one.adjusted_p_value),
            )
            for one in view.decoding_changes
        ),
        tuple(
            {
                "decoding": one.decoding,
                "samples": one.samples,
                "arm": one.arm,
                "students": " ".join(one.students),
                "families": " ".join(one.families),
                "change": one.change.mean.value,
                "change_low": one.change.mean.low,
                "change_high": one.change.mean.high,
                "lowest_size": min(value for _, value in one.change.by_student),
                "highest_size": max(value for _, value in one.change.by_student),
                "cost_ratio": one.cost_ratio,
                "p": one.change.mean.two_sided_p,
                "p_holm": one.adjusted_p_value,
                "verdict": change_verdict(one),
            }
            for one in view.decoding_changes
        ),
    )


def decoding_table(view: StudyView) -> Table:
    """A line a student, arm, family and decoding, the first one above its others."""
    name, title = "decodings", "Accuracy, tokens and cost by decoding"
    if not view.other_decodings:
        return absent_table(name, title, NO_OTHER)
    lines: list[tuple[Group, OtherDecoding | None]] = []
    for one in view.other_decodings:
        if (one.first, None) not in lines:
            lines.append((one.first, None))
        lines.append((one.group, one))
    return Table(
        name,
        title,
        f"The same students and questions; the change is against {view.decoding}, in points, "
        "paired by question. Tokens are means of an answer; FLOPs a query are of one answer with "
        "its prompt, also where several samples are taken: their vote is in the table of votes. "
        "Intervals are held at 95% each: this says what a decoding does to an arm, and "
        f"is no finding about styles. {scope_sentence(view)}",
        (
            "family",
            "student",
            "arm",
            "decoding",
            "accuracy",
            "change",
            "thinking tokens",
            "answer tokens",
            "FLOPs a query",
            "times the first",
        ),
        tuple(_words(view, group, other) for group, other in lines),
        tuple(_row(view, group, other) for group, other in lines),
    )


def _words(view: StudyView, group: Group, other: OtherDecoding | None) -> tuple[str, ...]:
    cell, accuracy = group.cells[0], view.decoded_accuracies[group]
    ratio = None if other is None else other.cost_ratio
    return (
        cell.family,
        cell.student,
        view.arm_label(cell.arm),
        cell.decoding,
        percent_interval(accuracy.value, accuracy.low, accuracy.high),
        "–"
        if other is None
        else points_interval(other.change.value, other.change.low, other.change.high),
        human(group.mean("thinking_tokens")),
        human(group.mean("answer_tokens")),
        scientific(group.mean("inference_flops")),
        ratio_word(ratio),
    )


def _row(view: StudyView, group: Group, other: OtherDecoding | None) -> CsvRow:
    cell, accuracy = group.cells[0], view.decoded_accuracies[group]
    return {
        "corpus": cell.corpus,
        "family": cell.family,
        "student": cell.student,
        "arm": cell.arm,
        "decoding": cell.decoding,
        "accuracy": accuracy.value,
        "accuracy_low": accuracy.low,
        "accuracy_high": accuracy.high,
        "change": None if other is None else other.change.value,
        "change_low": None if other is None else other.change.low,
        "change_high": None if other is None else other.change.high,
        "thinking_tokens": group.mean("thinking_tokens"),
        "answer_tokens": group.mean("answer_tokens"),
        "inference_flops": group.mean("inference_flops"),
        "cost_ratio": None if other is None else other.cost_ratio,
    }
